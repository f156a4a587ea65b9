/**
 * Claims about confounding.
 *
 * @module
 */
import type { Claim } from "../../lib/run/experiment.ts";
import type { View } from "../../lib/run/view.ts";
import { above, below, type Evidence, type Rule } from "../../lib/statistics/claims.ts";
import { meanInterval, pairedDifference } from "../../lib/statistics/intervals.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { rankCorrelation } from "../../lib/statistics/ranks.ts";
import { mean } from "../../lib/statistics/summary.ts";
import {
  BOUNDS,
  confounded,
  controlAndConfounded,
  CORE,
  full,
  learners,
  losses,
  NOISE_ONLY,
  unlinked,
} from "./collection.ts";
import type { CompareOptions } from "./options.ts";

type Told = Pick<Claim<CompareOptions>, "kind" | "id" | "statement" | "source" | "paper" | "rule" | "note">;

const LIN = "Lin et al., UAI 2024, abstract";
const OURS = "our question, in no paper";
const NONE = "not reported";

const label = (arm: string): string => methodStyle(arm).label;

/** About what one method loses to confounding. */
const losing = (arm: string, told: Told): Claim<CompareOptions> => ({
  ...told,
  quantity: `value of ${label(arm)}, noise only − full confounding`,
  unit: "paired seeds",
  arms: [arm],
  needs: full,
  evidence: (view, o) => meanInterval(losses(view, arm, o)),
});

/** Of what is lost, what goes once taste has nothing to do with what is shown: the rest is noise and overlap. */
const linkCosts = (arm: string, how: string, rule: Rule): Claim<CompareOptions> => ({
  kind: "control",
  id: `${arm}-link`,
  statement: `${label(arm)} loses ${how} to the link between what is shown and what is liked`,
  source: "control: confounding, or poor overlap?",
  paper: NONE,
  quantity: `value of ${label(arm)}, unlinked − full confounding`,
  rule,
  unit: "paired seeds",
  arms: [arm],
  needs: full,
  evidence: (view, o) => meanInterval(losses(view, arm, o, unlinked(o))),
});

/** Whether a method is better than none. */
const beatsStart = (arm: string): Claim<CompareOptions> => ({
  kind: "question",
  id: `${arm}-beats-start`,
  statement: `At full confounding ${label(arm)} beats the untrained policy`,
  source: OURS,
  paper: NONE,
  quantity: `value of ${label(arm)} − value of π0, full confounding`,
  rule: above(0),
  unit: "paired seeds",
  arms: [arm, "reference"],
  needs: full,
  evidence: (view, o) => view.paired(arm, "reference", "value", confounded(o)),
});

/** About how much more one method loses than another. */
const losingMore = ([arm, other]: readonly [string, string], told: Told): Claim<CompareOptions> => ({
  ...told,
  quantity: `value, noise only − full confounding: ${label(arm)} − ${label(other)}`,
  unit: "paired seeds",
  arms: [arm, other],
  needs: full,
  evidence: (view, o) => pairedDifference(losses(view, arm, o), losses(view, other, o)),
});

/** About how far one method is ahead of another. */
const ahead = (
  [arm, other]: readonly [string, string],
  where: "least" | "most",
  told: Told,
  metric = "value",
): Claim<CompareOptions> => ({
  ...told,
  quantity:
    `${metric === "value" ? "value" : "value for the worse-off reader type"}, ${label(arm)} − ${label(other)}, ` +
    `${where === "least" ? "noise only" : "full confounding"}`,
  unit: "paired seeds",
  arms: [arm, other],
  needs: where === "least" ? undefined : full,
  evidence: (view, o) => view.paired(arm, other, metric, where === "least" ? NOISE_ONLY : confounded(o)),
});

/** Rank correlation of all methods' mean values without and with confounding. */
function orderKept(view: View, o: CompareOptions): Evidence {
  const arms = learners(view);
  const series = controlAndConfounded(o).flatMap((condition) =>
    arms.map((arm) => view.series(arm, "value", condition))
  );
  return view.statistic(series, (values) => {
    const means = values.map(mean);
    return rankCorrelation(means.slice(0, arms.length), means.slice(arms.length));
  }, "rough");
}

/** The claims, with one for each method. */
export const confoundingClaims = (methods: readonly string[]): readonly Claim<CompareOptions>[] => [
  losing("dpo", {
    kind: "question",
    id: "dpo-loses",
    statement: "DPO loses a tenth of a standard deviation or more to confounding",
    source: OURS,
    paper: NONE,
    rule: above(0.1),
  }),
  losing("rlhf-fixed", {
    kind: "question",
    id: "rlhf-loses",
    statement: "RLHF loses a tenth of a standard deviation or more to confounding",
    source: OURS,
    paper: NONE,
    rule: above(0.1),
  }),
  losing("kto", {
    kind: "question",
    id: "kto-loses",
    statement: "KTO loses a tenth of a standard deviation or more to confounding",
    source: OURS,
    paper: NONE,
    rule: above(0.1),
  }),
  losing("apo-zero", {
    kind: "question",
    id: "apo-zero-loses",
    statement: "APO-zero on revisions loses a tenth of a standard deviation or more to confounding",
    source: OURS,
    paper: NONE,
    rule: above(0.1),
  }),
  losing("outcome-only", {
    id: "outcome-only-loses",
    statement: "Outcome-only learning loses a tenth of a standard deviation or more to confounding",
    source: LIN,
    paper: "DR-CPO beats outcome-only learning and is robust under confounding",
    rule: above(0.1),
  }),
  losingMore(["dpo", "dr-cpo"], {
    id: "dr-loses-less-than-dpo",
    statement: "DPO loses more to confounding than DR-CPO",
    source: LIN,
    paper: "DR-CPO robust under difficult confounding",
    rule: above(0),
  }),
  losingMore(["outcome-only", "dr-cpo"], {
    id: "dr-loses-less-than-outcome-only",
    statement: "Outcome-only learning loses more to confounding than DR-CPO",
    source: LIN,
    paper: "DR-CPO robust under difficult confounding",
    rule: above(0),
  }),
  losing("dr-cpo", {
    id: "dr-robust",
    statement: "DR-CPO loses less than a tenth of a standard deviation to confounding",
    source: LIN,
    paper: "robust",
    rule: below(0.1),
  }),
  ...["cpo", "dr-cpo", "dpo-weighted"].map((arm) => linkCosts(arm, "less than 0.05", below(0.05))),
  linkCosts("dpo", "a tenth or more", above(0.1)),
  ahead(["dr-cpo", "dpo"], "most", {
    id: "dr-beats-dpo",
    statement: "At full confounding DR-CPO beats DPO",
    source: LIN,
    paper: "DR-CPO often has the highest expected reward",
    rule: above(0),
  }),
  ahead(["dr-cpo", "cpo"], "most", {
    id: "dr-beats-cpo",
    statement: "At full confounding DR-CPO beats CPO",
    source: LIN,
    paper: "DR-CPO often has the highest expected reward",
    rule: above(0),
    note: "CPO has no outcome model that could be confounded.",
  }),
  ahead(["dr-cpo", "cpo"], "least", {
    id: "dr-beats-cpo-unconfounded",
    statement: "Without confounding DR-CPO beats CPO",
    source: "motivation of DR-CPO: lower variance",
    paper: "lower variance",
    rule: above(0),
  }),
  ahead(["dr-cpo", "rlhf-fixed"], "least", {
    id: "dr-beats-rlhf-unconfounded",
    statement: "Without confounding, at equal numbers of labels, DR-CPO beats RLHF",
    source: LIN,
    paper: "DR-CPO often has the highest expected reward",
    rule: above(0),
    note: "An outcome says more than a comparison, but importance weights cost variance.",
  }),
  losingMore(["cpo-marginal", "cpo"], {
    kind: "control",
    id: "propensities-matter",
    statement: "CPO with propensities averaged over types loses more than with recorded ones, by 0.05 or more",
    source: "control: what identifies the value is the recorded propensity",
    paper: NONE,
    rule: above(0.05),
  }),
  losingMore(["dpo", "dpo-weighted"], {
    kind: "control",
    id: "weights-help-dpo",
    statement: "DPO loses more to confounding than DPO with the same inverse propensities, by 0.05 or more",
    source: "control: is it the estimator, or the propensities?",
    paper: NONE,
    rule: above(0.05),
  }),
  ahead(["dr-cpo", "dpo-weighted"], "most", {
    kind: "control",
    id: "dr-beats-weighted-dpo",
    statement: "At full confounding DR-CPO beats DPO with the same inverse propensities",
    source: "control: is it the estimator, or the propensities?",
    paper: NONE,
    rule: above(0),
  }),
  ahead(["dr-cpo", "dpo"], "most", {
    kind: "question",
    id: "worse-type",
    statement: "At full confounding DR-CPO serves the worse-off reader type better than DPO",
    source: OURS,
    paper: NONE,
    rule: above(0),
  }, "worst-type"),
  {
    kind: "question",
    id: "order-changes",
    statement: "Which method is better depends on confounding: the rank correlation is below 0.8",
    source: OURS,
    paper: NONE,
    quantity: "rank correlation of mean values of all methods, noise only against full confounding",
    rule: below(0.8),
    unit: "seeds",
    arms: CORE,
    needs: full,
    evidence: orderKept,
  },
  ahead(["distill-fresh", "dpo"], "least", {
    id: "distillation-beats-dpo",
    statement: "Preference distillation beats DPO",
    source: "Yun et al., 2506.01523, summaries",
    paper: "win rates 73.8 against 47.3 (2.8B), 83.9 against 55.6 (6.9B)",
    rule: above(0),
  }),
  ahead(["pmle", "dpo"], "least", {
    id: "pmle-beats-dpo",
    statement: "PMLE beats DPO",
    source: "Yun et al., 2506.01523, summaries",
    paper: "win rates 49.1 against 47.3 (2.8B), 59.0 against 55.6 (6.9B)",
    rule: above(0),
    note: "PMLE has no reference in its comparison, and KL to the reference is what is held equal here.",
  }),
  ahead(["apo-zero", "dpo"], "least", {
    id: "apo-zero-beats-dpo",
    statement: "APO-zero on minimal revisions beats DPO on preferences",
    source: "D'Oosterlinck et al., 2408.06266",
    paper: "gains of about 7.65 (CLAIR and APO) against about 4.0 (DPO and judged pairs)",
    rule: above(0),
  }),
  ahead(["apo-zero", "dpo-revisions"], "least", {
    id: "apo-zero-beats-dpo-on-revisions",
    statement: "On the same revisions APO-zero beats DPO",
    source: "D'Oosterlinck et al., 2408.06266",
    paper: "APO best on every data set",
    rule: above(0),
  }),
  losingMore(["dpo", "dpo-revisions"], {
    kind: "control",
    id: "revisions-protect",
    statement: "DPO loses more to confounding on preferences than on revisions, by 0.05 or more",
    source: "control: is it the loss, or the data?",
    paper: NONE,
    rule: above(0.05),
    note: "A revision's loser is always the response that was shown.",
  }),
  ahead(["apo-zero", "apo-down"], "least", {
    id: "apo-zero-beats-down",
    statement: "On revisions, whose winners are better than the policy, APO-zero beats APO-down",
    source: "D'Oosterlinck et al., 2408.06266",
    paper: "the variant must match the data",
    rule: above(0),
  }),
  ahead(["simpo", "dpo"], "least", {
    id: "simpo-beats-dpo",
    statement: "SimPO beats DPO",
    source: "Meng et al., 2405.14734, abstract",
    paper: "ahead of DPO by up to 6.4 points on AlpacaEval 2",
    rule: above(0),
    note: "Responses are whole here: no lengths to normalise.",
  }),
  ahead(["kto", "dpo"], "least", {
    id: "kto-matches-dpo",
    statement: "KTO on thumbs is not 0.02 or more behind DPO on as many preferences",
    source: "Ethayarajh et al., 2402.01306, abstract",
    paper: "on a par or better, from 1B to 30B",
    rule: above(-0.02),
  }),
  ...methods.filter((arm) => !BOUNDS.includes(arm)).map(beatsStart),
];

/**
 * Every method on the same readers, whose reactions are confounded or are not.
 *
 * A population of readers (`samples.ts`) reacts to responses; every method (`methods/`) learns from the same reactions, each in
 * its native form (`forms.ts`), with one policy class and one optimiser (`training.ts`). Here is what a hidden type of
 * readers does to each, and which is best where. What happens where the type was not recorded, what more labels buy, and what
 * chosen prices would change, stand in files beside it.
 *
 * @module
 */
import { labelOf } from "../lib/report/methods.ts";
import { type Experiment, type Question, question } from "../lib/run/experiment.ts";
import { main } from "../lib/run/main.ts";
import { place } from "../lib/run/place.ts";
import { claim, type Told } from "../lib/run/quantity.ts";
import { above, below, type Rule } from "../lib/statistics/claims.ts";
import { CORRELATION } from "../lib/statistics/range.ts";
import { meanRankCorrelation } from "../lib/statistics/ranks.ts";
import { answer } from "./compare/answer.ts";
import { BOUNDS, type Collection, collectionOf, PROTOCOL } from "./compare/collection.ts";
import * as drawnConditions from "./compare/condition_figures.ts";
import * as drawn from "./compare/figures.ts";
import { labelsQuestion } from "./compare/labels.ts";
import { languageQuestion } from "./compare/language.ts";
import * as methods from "./compare/methods/mod.ts";
import { options, type PopulationOptions } from "./compare/options.ts";
import { departureOf, departuresOf, settingOf, worldsOf } from "./compare/settings.ts";
import * as terms from "./compare/terms.ts";
import { confounded, control, departed, lost, noiseOnly, OURS, unlinked, value } from "./compare/terms.ts";
import { recordingQuestion } from "./compare/recording.ts";
import type { Method } from "./compare/training.ts";
import { tuningQuestion } from "./compare/tuning.ts";
import { worstCaseQuestion } from "./compare/worst_case.ts";

type Pair = readonly [string, string];
const LIN = "Lin et al., UAI 2024, abstract", DISTRIBUTION = "Yun et al., 2506.01523, summaries";
const ANCHORED = "D'Oosterlinck et al., 2408.06266", REWARD = "DR-CPO often has the highest expected reward";
const ROBUST = { source: LIN, paper: "DR-CPO robust under difficult confounding" };
const ESTIMATOR = control("is it the estimator, or the propensities?");

/** One method loses a tenth of a standard deviation or more to confounding. */
const loses = (id: string, named: string, arm: string, told: Told<PopulationOptions>) =>
  claim(id, `${named} loses a tenth of a standard deviation or more to confounding`, lost(arm).above(0.1), told);

/** One method loses more to confounding than another. */
const losesMore = (id: string, statement: string, [arm, other]: Pair, rule: Rule, told: Told<PopulationOptions>) =>
  claim(id, statement, lost(arm).minus(lost(other)).by(rule), told);

/** Of what is lost, what goes once taste has nothing to do with what is shown: the rest is noise and overlap. */
const linkCosts = (arm: string, how: string, rule: Rule) =>
  claim(
    `${arm}-link`,
    `${labelOf(arm)} loses ${how} to the link between what is shown and what is liked`,
    lost(arm, unlinked).by(rule),
    control("confounding, or poor overlap?"),
  );

/** One method is ahead of another. */
const ahead = (
  id: string,
  statement: string,
  [arm, other]: Pair,
  at: typeof confounded,
  told: Told<PopulationOptions>,
) => claim(id, statement, value.of(arm, at).minus(other).above(0), told);

export const confoundingQuestion = (collection: Collection): Question<PopulationOptions> =>
  question({
    id: "confounding",
    asks: "What does a hidden reader type do to each method?",
    method:
      `${PROTOCOL} A reader's type moves what the reader likes in all conditions; confounding is how strongly it ` +
      "moves what the reader is shown. Two controls: noise only, where it moves nothing that is shown, and unlinked, where " +
      "the same is shown by a type that has nothing to do with what is liked.",
    arms: collection.ids,
    tensors: collection.tensors,
    block: 20,
    conditions: worldsOf,
    run: (context) => collection.run(context, settingOf(context.condition, context.options)),
    answer,
    claims: [
      loses("dpo-loses", "DPO", "dpo", OURS),
      loses("rlhf-loses", "RLHF", "rlhf-fixed", OURS),
      loses("kto-loses", "KTO", "kto", OURS),
      loses("apo-zero-loses", "APO-zero on revisions", "apo-zero", OURS),
      loses("outcome-only-loses", "Outcome-only learning", "outcome-only", {
        source: LIN,
        paper: "DR-CPO beats outcome-only learning and is robust under confounding",
      }),
      losesMore(
        "dr-loses-less-than-dpo",
        "DPO loses more to confounding than DR-CPO",
        ["dpo", "dr-cpo"],
        above(0),
        ROBUST,
      ),
      losesMore(
        "dr-loses-less-than-outcome-only",
        "Outcome-only learning loses more to confounding than DR-CPO",
        ["outcome-only", "dr-cpo"],
        above(0),
        ROBUST,
      ),
      claim(
        "dr-robust",
        "DR-CPO loses less than a tenth of a standard deviation to confounding",
        lost("dr-cpo").below(0.1),
        { source: LIN, paper: "robust" },
      ),
      ...["cpo", "dr-cpo", "dpo-weighted"].map((arm) => linkCosts(arm, "less than 0.05", below(0.05))),
      linkCosts("dpo", "a tenth or more", above(0.1)),
      ahead("dr-beats-dpo", "At full confounding DR-CPO beats DPO", ["dr-cpo", "dpo"], confounded, {
        source: LIN,
        paper: REWARD,
      }),
      ahead("dr-beats-cpo", "At full confounding DR-CPO beats CPO", ["dr-cpo", "cpo"], confounded, {
        source: LIN,
        paper: REWARD,
        note: "CPO has no outcome model that could be confounded.",
      }),
      ahead("dr-beats-cpo-unconfounded", "Without confounding DR-CPO beats CPO", ["dr-cpo", "cpo"], noiseOnly, {
        source: "motivation of DR-CPO: lower variance",
        paper: "lower variance",
      }),
      ahead(
        "dr-beats-rlhf-unconfounded",
        "Without confounding, at equal numbers of labels, DR-CPO beats RLHF",
        ["dr-cpo", "rlhf-fixed"],
        noiseOnly,
        {
          source: LIN,
          paper: REWARD,
          note: "An outcome says more than a comparison, but importance weights cost variance.",
        },
      ),
      losesMore(
        "propensities-matter",
        "CPO with propensities averaged over types loses more than with recorded ones, by 0.05 or more",
        ["cpo-marginal", "cpo"],
        above(0.05),
        control("what identifies the value is the recorded propensity"),
      ),
      losesMore(
        "weights-help-dpo",
        "DPO loses more to confounding than DPO with the same inverse propensities, by 0.05 or more",
        ["dpo", "dpo-weighted"],
        above(0.05),
        ESTIMATOR,
      ),
      ahead(
        "dr-beats-weighted-dpo",
        "At full confounding DR-CPO beats DPO with the same inverse propensities",
        ["dr-cpo", "dpo-weighted"],
        confounded,
        ESTIMATOR,
      ),
      claim(
        "worse-type",
        "At full confounding DR-CPO serves the worse-off reader type better than DPO",
        terms.worstType.of("dr-cpo", confounded).minus("dpo").above(0),
        OURS,
      ),
      claim(
        "order-changes",
        "Which method is better depends on confounding: the rank correlation is below 0.8",
        terms.orderKept.below(0.8),
        OURS,
      ),
      ahead("distillation-beats-dpo", "Preference distillation beats DPO", ["distill-fresh", "dpo"], noiseOnly, {
        source: DISTRIBUTION,
        paper: "win rates 73.8 against 47.3 (2.8B), 83.9 against 55.6 (6.9B)",
      }),
      ahead("pmle-beats-dpo", "PMLE beats DPO", ["pmle", "dpo"], noiseOnly, {
        source: DISTRIBUTION,
        paper: "win rates 49.1 against 47.3 (2.8B), 59.0 against 55.6 (6.9B)",
        note: "PMLE has no reference in its comparison, and KL to the reference is what is held equal here.",
      }),
      ahead(
        "apo-zero-beats-dpo",
        "APO-zero on minimal revisions beats DPO on preferences",
        ["apo-zero", "dpo"],
        noiseOnly,
        { source: ANCHORED, paper: "gains of about 7.65 (CLAIR and APO) against about 4.0 (DPO and judged pairs)" },
      ),
      ahead(
        "apo-zero-beats-dpo-on-revisions",
        "On the same revisions APO-zero beats DPO",
        ["apo-zero", "dpo-revisions"],
        noiseOnly,
        { source: ANCHORED, paper: "APO best on every data set" },
      ),
      losesMore(
        "revisions-protect",
        "DPO loses more to confounding on preferences than on revisions, by 0.05 or more",
        ["dpo", "dpo-revisions"],
        above(0.05),
        {
          ...control("is it the loss, or the data?"),
          note: "A revision's loser is always the response that was shown.",
        },
      ),
      ahead(
        "apo-zero-beats-down",
        "On revisions, whose winners are better than the policy, APO-zero beats APO-down",
        ["apo-zero", "apo-down"],
        noiseOnly,
        { source: ANCHORED, paper: "the variant must match the data" },
      ),
      ahead("simpo-beats-dpo", "SimPO beats DPO", ["simpo", "dpo"], noiseOnly, {
        source: "Meng et al., 2405.14734, abstract",
        paper: "ahead of DPO by up to 6.4 points on AlpacaEval 2",
        note: "Responses are whole here: no lengths to normalise.",
      }),
      claim(
        "kto-matches-dpo",
        "KTO on thumbs is not 0.02 or more behind DPO on as many preferences",
        value.of("kto", noiseOnly).minus("dpo").above(-0.02),
        { source: "Ethayarajh et al., 2402.01306, abstract", paper: "on a par or better, from 1B to 30B" },
      ),
      ...collection.ids.filter((arm) => !BOUNDS.includes(arm)).map((arm) =>
        ahead(
          `${arm}-beats-start`,
          `At full confounding ${labelOf(arm)} beats the untrained policy`,
          [arm, "reference"],
          confounded,
          OURS,
        )
      ),
    ],
    ...drawn.confounding(collection),
  });

type Departure = Parameters<typeof departed>[0];

/** A departure costs one method more value than another. */
const costsMore = (
  id: string,
  statement: string,
  [arm, other]: Pair,
  setting: Departure,
  told: Told<PopulationOptions>,
) => {
  const cost = (id: string) => value.of(id, departed("plain")).minus(departed(setting));
  return claim(id, statement, cost(arm).minus(cost(other)).above(0), told);
};

const REWARD_CLASS = "Yun et al., 2506.01523: reward class against policy class";

export const conditionsQuestion = (collection: Collection): Question<PopulationOptions> =>
  question({
    id: "conditions",
    asks: "Which method is best where?",
    method: `${PROTOCOL} One knob at a time departs from the plain condition: a share of readers whose reaction is ` +
      "recorded the wrong way round, a logging law with strong tastes of its own, quality half of which lies in products " +
      "of features that reward models see, a quarter of the labels; each with readers who are shown the same whatever they like " +
      "(noise only), and with confounding.",
    arms: collection.ids,
    tensors: collection.tensors,
    block: 20,
    conditions: departuresOf,
    run: (context) => collection.run(context, departureOf(context.condition, context.options)),
    claims: [
      costsMore("ipo-noise", "Noisy labels cost DPO more than IPO", ["dpo", "ipo"], "noisy labels", {
        source: "Azar et al., 2310.12036",
        paper: "IPO does not overfit to preferences that look deterministic",
      }),
      ahead(
        "ssapo-noise",
        "With noisy labels SSAPO beats DPO",
        ["ssapo-probability", "dpo"],
        departed("noisy labels"),
        {
          source: "Chu et al., 2502.18099, label-noise study",
          paper:
            "with a quarter of seed labels flipped, win rates fall from 26.9 to 19.7 (Mistral), rise from 33.3 to 43.7 (Llama)",
          note: "Without self-annotation: the follower and the leader on the same pairs.",
        },
      ),
      costsMore("overlap-costs-cpo", "Poor overlap costs CPO more than DPO", ["cpo", "dpo"], "poor overlap", {
        kind: "question",
        source: "known limit of importance weights",
        paper: "needs overlap",
      }),
      ahead(
        "dr-poor-overlap",
        "Under poor overlap DR-CPO beats CPO",
        ["dr-cpo", "cpo"],
        departed("poor overlap"),
        { source: "motivation of DR-CPO: lower variance", paper: "lower variance" },
      ),
      ahead(
        "two-stages",
        "Where quality is beyond the policy class but not the reward model, RLHF beats DPO",
        ["rlhf-fixed", "dpo"],
        departed("quality beyond policies"),
        { source: REWARD_CLASS, paper: "methods with a reward model have the smaller class to learn" },
      ),
      ahead(
        "distillation-beats-pmle",
        "Where quality is beyond the policy class but not the reward model, distillation beats PMLE",
        ["distill-fresh", "pmle"],
        departed("quality beyond policies"),
        { source: REWARD_CLASS, paper: "win rates 73.8 against 49.1 (2.8B), 83.9 against 59.0 (6.9B)" },
      ),
      claim(
        "no-winner",
        "No one order of methods holds in all conditions: rank correlations average below 0.8",
        terms.ofAllMethods(
          "rank correlation of mean values, averaged over all pairs of conditions",
          (view) => view.conditions.map((at) => (arm) => value.of(arm, place("", () => at))),
          meanRankCorrelation,
          { range: CORRELATION },
        ).below(0.8),
        OURS,
      ),
    ],
    ...drawnConditions.conditions,
  });

/** The experiment with these methods. */
export function compareOf(all: readonly Method[]): Experiment<typeof options> {
  const collection = collectionOf(all);
  return {
    name: "compare",
    title: "Preference losses and causal estimators on confounded readers",
    paper:
      "The methods of five papers side by side: 2402.14979 (CPO, DR-CPO), 2506.01523 (PMLE, distillation, reverse KL), " +
      "2408.06266 (APO), 2404.14313 (SAMI), 2502.18099 (SSAPO); with DPO, IPO, KTO, SimPO, ORPO, REBEL, RLHF and SFT.",
    lead:
      "Readers of a hidden type are shown other responses, and like other responses. One population of such readers " +
      "gives outcomes, preferences, thumbs and revisions from the same reactions, so that every method can be trained on " +
      "its own kind of data with the same number of labels, and compared with the exact truth at the same KL. What " +
      "confounding costs is told from what noise costs by readers with the same tastes who are shown the same as others.",
    formulas: [
      {
        label: "shown",
        tex: String.raw`\mu(a\mid x,z)\propto\pi_0(a\mid x)\,e^{\,o\,l(x,a)+c\,z\,g(x,a)},\qquad z=\pm1\ \text{hidden}`,
      },
      {
        label: "reaction",
        tex: String.raw`y_a=m(x,a)+\tfrac32\,t\,g(x,a)+\varepsilon_a,\qquad t=z,\quad \varepsilon_a\sim\text{Gumbel}`,
      },
      {
        label: "read as outcome, thumb, preference",
        tex: String.raw`y_a,\qquad \mathbb 1[y_a>0],\qquad \mathbb 1[y_a>y_b]`,
      },
      {
        label: "read as a revision, among the nearest neighbours N(a)",
        tex: String.raw`a\ \to\ \operatorname*{arg\,max}_{b\in N(a)\cup\{a\}}y_b`,
      },
      { label: "controls: noise only, unlinked", tex: String.raw`c=0;\qquad t=\pm1\ \text{independent of}\ z` },
      { label: "value", tex: String.raw`V(\pi)=\mathbb E_x\sum_a\pi(a\mid x)\,m(x,a)` },
      {
        label: "equal KL",
        tex: String
          .raw`\pi_{s\theta}\propto\pi_0\,e^{\,s\,\theta\cdot\varphi},\qquad s:\ \mathrm{KL}(\pi_{s\theta}\,\|\,\pi_0)=\text{budget}`,
      },
    ],
    options,
    losses: collection.losses,
    headline: [
      "dpo-loses",
      "rlhf-loses",
      "kto-loses",
      "outcome-only-loses",
      "dr-robust",
      "dr-beats-dpo",
      "revisions-protect",
      "order-changes",
    ],
    hero: "confounding",
    questions: [
      confoundingQuestion(collection),
      conditionsQuestion(collection),
      recordingQuestion(collection),
      worstCaseQuestion(collection),
      labelsQuestion(collection),
      languageQuestion(collection),
      tuningQuestion(collection),
    ],
  };
}

const compare = compareOf(Object.values(methods));

export default compare;

if (import.meta.main) await main(compare, import.meta.url);

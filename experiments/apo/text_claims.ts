/**
 * What is claimed of learning from real revisions.
 *
 * @module
 */
import type { Claim } from "../../lib/run/experiment.ts";
import { evidenceOf, UNIT } from "../../lib/run/resamples.ts";
import type { View } from "../../lib/run/view.ts";
import { above, below, NothingToTest, type Rule } from "../../lib/statistics/claims.ts";
import type { BenchmarkOptions } from "./benchmark_options.ts";
import type { Objective } from "./objectives.ts";
import { type Pairing, pairings, type RevisionData } from "./revision_data.ts";
import { label } from "./study.ts";

/** Distance from π0 in nats at which drift is compared once more, however far training went. */
export const EQUAL_KL = 0.5;

/** The condition with this pairing. */
export const on = (pairing: Pairing) => ({ pairs: pairing });

function textClaim(
  data: RevisionData,
  id: string,
  told: Pick<Claim<BenchmarkOptions>, "kind" | "statement" | "source" | "paper" | "quantity">,
  arms: readonly Objective[],
  rule: Rule,
  of: (view: View) => Float64Array,
): Claim<BenchmarkOptions> {
  const statement = `${told.statement}: ${data.name}`;
  return {
    id: `${data.id}-${id}`,
    ...told,
    statement,
    rule,
    unit: UNIT,
    arms,
    evidence: (view) => evidenceOf(of(view)),
  };
}

/** @throws NothingToTest where a run of the arm was prolonged to the KL of the comparison: that is not where it trained */
function mustReach(view: View, arm: string, pairs: Pairing): void {
  if (Math.min(...view.series(arm, "equal-kl-reached", on(pairs)).values) === 1) return;
  throw new NothingToTest(`this needs runs that get ${EQUAL_KL} nat from π0 by themselves: some ended before`);
}

const minus = (a: Float64Array, b: Float64Array) => a.map((v, i) => v - b[i]);

/** Claims of one data set. */
export function claimsOf(data: RevisionData): Claim<BenchmarkOptions>[] {
  const both = (view: View, arm: string, metric: string, [one, other]: readonly [Pairing, Pairing]) =>
    minus(view.series(arm, metric, on(one)).values, view.series(arm, metric, on(other)).values);
  return [
    textClaim(
      data,
      "accuracy",
      {
        statement: "DPO ranks held-out pairs better after revisions than after mismatched pairs",
        source: "section 3: contrastive pairs",
        paper: "contrastive pairs teach more",
        quantity: "held-out accuracy of DPO, revisions − mismatched pairs",
      },
      ["dpo"],
      above(0),
      (view) => both(view, "dpo", "accuracy", ["matched", "mismatched"]),
    ),
    ...(["drift", "equal-kl-drift"] as const).map((metric) =>
      textClaim(
        data,
        metric,
        {
          kind: metric === "drift" ? "paper" : "question",
          statement: "Mismatched pairs make DPO drift more along what does not separate winners from losers" +
            (metric === "drift" ? "" : `, at ${EQUAL_KL} nat from π0`),
          source: "section 3: underspecification",
          paper: "uncontrastive pairs teach spurious differences",
          quantity:
            "share of the variance of log π/π0 that a held-out classifier leaves over, mismatched pairs − revisions",
        },
        ["dpo"],
        above(0),
        (view) => {
          if (metric === "equal-kl-drift") pairings.forEach((pairs) => mustReach(view, "dpo", pairs));
          return both(view, "dpo", metric, ["mismatched", "matched"]);
        },
      )
    ),
    ...(["apo-zero", "kto"] as const).map((arm) =>
      textClaim(
        data,
        `${arm}-sees-pairs`,
        {
          kind: "question",
          statement: `${label(arm)} ranks held-out pairs better after revisions than after mismatched pairs`,
          source: "eq. 7 is a sum over winners and losers, which prompts tie together",
          paper: "contrastive pairs teach more; not reported by objective",
          quantity: `held-out accuracy of ${label(arm)}, revisions − mismatched pairs`,
        },
        [arm],
        above(0),
        (view) => both(view, arm, "accuracy", ["matched", "mismatched"]),
      )
    ),
    textClaim(
      data,
      "zero-beats-dpo",
      {
        statement: "APO-zero ranks held-out pairs better than DPO",
        source: "results of the paper",
        paper: "APO best on every data set",
        quantity: "held-out accuracy after revisions, APO-zero − DPO",
      },
      ["apo-zero", "dpo"],
      above(0),
      (view) =>
        minus(
          view.series("apo-zero", "accuracy", on("matched")).values,
          view.series("dpo", "accuracy", on("matched")).values,
        ),
    ),
    textClaim(
      data,
      "zero-raises-winners",
      {
        statement: "APO-zero raises held-out winners",
        source: "section 4: gradients",
        paper: "up",
        quantity: "mean change of log π of held-out winners after revisions, APO-zero",
      },
      ["apo-zero"],
      above(0),
      (view) => view.series("apo-zero", "chosen", on("matched")).values,
    ),
    textClaim(
      data,
      "zero-lowers-losers",
      {
        statement: "APO-zero lowers held-out losers",
        source: "section 4: gradients",
        paper: "down",
        quantity: "mean change of log π of held-out losers after revisions, APO-zero",
      },
      ["apo-zero"],
      below(0),
      (view) => view.series("apo-zero", "rejected", on("matched")).values,
    ),
  ];
}

/**
 * What is claimed of learning from real revisions.
 *
 * @module
 */
import type { Claim } from "../../lib/run/experiment.ts";
import { evidenceOf, UNIT } from "../../lib/run/resamples.ts";
import type { View } from "../../lib/run/view.ts";
import { above, below, type Rule } from "../../lib/statistics/claims.ts";
import type { BenchmarkOptions } from "./benchmark_options.ts";
import type { Objective } from "./objectives.ts";
import type { Pairing, RevisionData } from "./revision_data.ts";

/** Distance from π0 in nats at which drift is compared once more, however far training went. */
export const EQUAL_KL = 1;

/** The condition with this pairing. */
export const on = (pairing: Pairing) => ({ pairs: pairing });

function textClaim(
  data: RevisionData,
  id: string,
  told: Pick<Claim<BenchmarkOptions>, "statement" | "source" | "paper" | "quantity">,
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
          statement: "Mismatched pairs make DPO drift more along what does not separate winners from losers" +
            (metric === "drift" ? "" : `, at ${EQUAL_KL} nat from π0`),
          source: "section 3: underspecification",
          paper: "uncontrastive pairs teach spurious differences",
          quantity:
            "share of the variance of log π/π0 that a held-out classifier leaves over, mismatched pairs − revisions",
        },
        ["dpo"],
        above(0),
        (view) => both(view, "dpo", metric, ["mismatched", "matched"]),
      )
    ),
    {
      ...textClaim(
        data,
        "zero-sees-no-pairs",
        {
          statement: "In one law APO-zero learns the same, whoever is paired with whom",
          source: "eq. 7 is a sum over winners and losers; our addition",
          paper: "not reported",
          quantity: "log10 of the difference in held-out margin of APO-zero between pairings, cut off at −16",
        },
        ["apo-zero"],
        below(-6),
        (view) =>
          both(view, "apo-zero", "margin", ["matched", "mismatched"]).map((d) => Math.log10(Math.abs(d) + 1e-16)),
      ),
      note: "So are KTO and SFT. With prompts, pairing matters to them through which responses a prompt gets.",
    },
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
    {
      ...textClaim(
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
      note: "Winners it was trained on take their share from all texts of the one law, held-out winners included.",
    },
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

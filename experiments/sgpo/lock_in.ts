/**
 * Bias amplification: how wrong beliefs of a biased seed fare when a policy labels its own pairs.
 *
 * @module
 */
import { type Claim, question } from "../../lib/run/experiment.ts";
import { all, some } from "../../lib/run/needs.ts";
import type { View } from "../../lib/run/view.ts";
import { above, below, NothingToTest } from "../../lib/statistics/claims.ts";
import { meanInterval } from "../../lib/statistics/intervals.ts";
import { drawPairs, featureDifferences, rewardDifferences } from "../../lib/worlds/candidates.ts";
import { marginsOf } from "./learner.ts";
import { aRadius, type Needs } from "./needs.ts";
import type { SgpoOptions } from "./options.ts";
import { sigmoid } from "./pair_losses.ts";
import {
  type Cell,
  convergedNote,
  detectable,
  differenceClaim,
  extremes,
  overRounds,
  roundsFigure,
  told,
} from "./reading.ts";
import { columns, type Outcome, outcomesOf } from "./study.ts";

const cell = (arm: string, metric: string, recheck: number): Cell => ({ arm, metric, at: { recheck } });
const none = (o: SgpoOptions) => Math.min(...o.rechecks), most = (o: SgpoOptions) => Math.max(...o.rechecks);
const unaided: Needs = some("rechecks", (share) => share === 0, "0 among --rechecks");
const aided: Needs = some("rechecks", (share) => share > 0, "a value of --rechecks above 0");
const PANEL = { panel: "recheck", panelLabel: "labelled again" } as const;

/**
 * Of held-out pairs: the share ranked wrong after each round; of those ranked wrong after the seed, the share that still is,
 * and how sure the policy is of it.
 */
function beliefs(
  { world, trajectory: { thetas, gradientNorm }, rng }: Outcome,
  { heldOut, beta, features }: SgpoOptions,
) {
  const still = { theta: new Float64Array(features), beta };
  const pairs = drawPairs(world, [0, heldOut], still, { temperature: 1 }, rng.fork("held out"));
  const differences = featureDifferences(world, pairs), truth = rewardDifferences(world, pairs);
  const wrong = thetas.map((theta) =>
    marginsOf(differences, theta).map((xi, i) => xi * truth[i] < 0 ? Math.abs(xi) : 0)
  );
  const share = (values: Float64Array) => values.filter((v) => v > 0).length / values.length;
  const seeded = wrong[0].map((v, i) => v > 0 ? i : -1).filter((i) => i >= 0);
  return {
    ...Object.fromEntries(wrong.flatMap((now, t) => {
      const kept = seeded.filter((i) => now[i] > 0);
      const sure = kept.reduce((sum, i) => sum + sigmoid(now[i]), 0) / Math.max(1, kept.length);
      // A seed without wrong beliefs has none to keep.
      const left = seeded.length > 0 ? kept.length / seeded.length : 0;
      return [[`wrong-${t}`, share(now)], [`kept-${t}`, left], [`sure-${t}`, kept.length > 0 ? sure : 0.5]];
    })),
    "gradient-norm": gradientNorm,
  } as Record<string, number>;
}

/** Places of the seeds whose labels left a wrong belief: the others have none to keep or to be sure of. */
function seedsWithBeliefs(view: View, o: SgpoOptions): number[] {
  const { values } = view.series("self-dpo", "wrong-0", { recheck: none(o) });
  const places = [...values.keys()].filter((r) => values[r] > 0);
  if (places.length < 2) throw new NothingToTest("this needs two seeds or more that left a wrong belief");
  return places;
}

/** A claim on the difference of two cells over the seeds that left wrong beliefs. */
function beliefClaim(
  told: Parameters<typeof differenceClaim>[0],
  cells: (o: SgpoOptions) => readonly [Cell, Cell],
  arms: readonly string[],
): Claim<SgpoOptions> {
  return {
    ...differenceClaim(told, cells, arms),
    evidence(view, o) {
      const [a, b] = cells(o).map(({ arm, metric, at }) => view.series(arm, metric, at).values);
      return meanInterval(seedsWithBeliefs(view, o).map((r) => a[r] - b[r]));
    },
  };
}

export const lockIn = question({
  id: "lock-in",
  asks: "How fast do wrong beliefs of a biased seed lock in?",
  part: "synthetic",
  method:
    "The loop of the rounds above. Seed annotators add a bias for one feature to the log-odds. The rounds are of equal size, and a " +
    "faultless human labels a share of their pairs again. A wrong belief is a held-out pair in the wrong order; it is kept " +
    "when it was wrong after the seed and still is.",
  arms: ["self-dpo", "ssapo-margin", "ssapo-probability", "robust-dpo", "pair-ranker"],
  conditions: ({ rechecks }: SgpoOptions) => rechecks.map((recheck) => ({ recheck })),
  seeds: ({ seeds }) => seeds,
  run(context) {
    const { options: o, condition } = context, pools = Array(o.biasRounds).fill(1);
    const setting = {
      seedShare: o.seedShare,
      epsilon: o.epsilon,
      bias: o.bias,
      recheck: Number(condition.recheck),
      pools,
    };
    return columns(Array.from(outcomesOf(context, setting), (outcome) => beliefs(outcome, o)));
  },
  claims: [
    {
      kind: "question",
      id: "lock-in-kept",
      statement: "Self-annotation keeps 90% or more of the seed's wrong beliefs",
      source: "our addition: labels that follow from a belief cannot refute it",
      paper: "not reported",
      quantity: "share of wrong beliefs kept after the last round, self-DPO, no human labels",
      rule: above(0.9),
      needs: unaided,
      unit: "seeds",
      arms: ["self-dpo"],
      evidence: (view, o) => {
        const kept = view.series("self-dpo", `kept-${o.biasRounds}`, { recheck: none(o) }).values;
        return meanInterval(seedsWithBeliefs(view, o).map((r) => kept[r]));
      },
    },
    beliefClaim(
      {
        kind: "question",
        id: "lock-in-surer",
        statement: "And becomes surer of those it keeps, by 0.05 or more",
        source: "our addition",
        paper: "not reported",
        quantity:
          "mean σ(|margin|) of kept wrong beliefs after the last round − after the seed, self-DPO, no human labels",
        rule: above(0.05),
        needs: unaided,
      },
      (o) => [cell("self-dpo", `sure-${o.biasRounds}`, none(o)), cell("self-dpo", "sure-0", none(o))],
      ["self-dpo"],
    ),
    ...(["ssapo-probability", "ssapo-margin"] as const).map((arm) =>
      beliefClaim(
        {
          kind: "question",
          id: `lock-in-${arm}`,
          statement:
            `The follower unlocks wrong beliefs in ${arm === "ssapo-margin" ? "margin" : "probability"} space, ` +
            "0.02 or more of them",
          source: "our addition",
          paper: "not reported",
          quantity: "share of wrong beliefs kept after the last round, SSAPO − self-DPO, no human labels",
          rule: below(-0.02),
          needs: all(unaided, aRadius),
        },
        (o) => [cell(arm, `kept-${o.biasRounds}`, none(o)), cell("self-dpo", `kept-${o.biasRounds}`, none(o))],
        [arm, "self-dpo"],
      )
    ),
    beliefClaim(
      {
        kind: "question",
        id: "lock-in-recheck",
        statement: "Human labels on some of the pairs unlock a tenth of them or more",
        source: "our addition",
        paper: "not reported",
        quantity: "share of wrong beliefs kept after the last round, most human labels − fewest, self-DPO",
        rule: below(-0.1),
        needs: all(unaided, aided),
      },
      (o) => [cell("self-dpo", `kept-${o.biasRounds}`, most(o)), cell("self-dpo", `kept-${o.biasRounds}`, none(o))],
      ["self-dpo"],
    ),
  ],
  figures: (view, o) => [
    roundsFigure(view, "kept", o.biasRounds, {
      id: "lock-in-kept",
      ...PANEL,
      yLabel: "wrong beliefs of the seed that are kept",
      caption: told(
        view,
        `Labelling ${most(o)} of the pairs again instead of ${none(o)} changes the share that self-DPO keeps by`,
        cell("self-dpo", `kept-${o.biasRounds}`, most(o)),
        cell("self-dpo", `kept-${o.biasRounds}`, none(o)),
      ) + told(
        view,
        `With ${none(o)}, ε = ${o.epsilon} in probability space changes the share by`,
        cell("ssapo-probability", `kept-${o.biasRounds}`, none(o)),
        cell("self-dpo", `kept-${o.biasRounds}`, none(o)),
      ) + `With ${none(o)} labelled again, ${extremes(view, `kept-${o.biasRounds}`, { recheck: none(o) })}.`,
      alt:
        "Share of the seed's wrong beliefs kept against rounds, one line per arm, one panel per share of human labels.",
    }),
    roundsFigure(view, "sure", o.biasRounds, {
      id: "lock-in-sure",
      ...PANEL,
      yLabel: "mean σ(|margin|) of kept wrong beliefs",
      caption: told(
        view,
        "From the seed to the last round self-DPO's confidence in the wrong beliefs it keeps changes by",
        cell("self-dpo", `sure-${o.biasRounds}`, none(o)),
        cell("self-dpo", "sure-0", none(o)),
        ` with ${none(o)} labelled again`,
      ) + (most(o) === none(o) ? "" : told(
        view,
        `With ${most(o)}, by`,
        cell("self-dpo", `sure-${o.biasRounds}`, most(o)),
        cell("self-dpo", "sure-0", most(o)),
      )) + `With ${most(o)} labelled again, ${extremes(view, `sure-${o.biasRounds}`, { recheck: most(o) })}.`,
      alt: "Confidence in kept wrong beliefs against rounds, one line per arm, one panel per share of human labels.",
    }),
  ],
  tables: (view, o) => [{
    id: "lock-in",
    caption: "Wrong beliefs after each round.",
    columns: [
      { key: "recheck", label: "labelled again" },
      { key: "round", label: "round", digits: 0 },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "kept", digits: 3, lower: "lower", upper: "upper" },
      { key: "sure", label: "confidence in kept", digits: 3 },
      { key: "wrong", label: "wrong of all", digits: 3 },
    ],
    rows: overRounds(view, "kept", o.biasRounds).map((row) => ({
      ...row,
      sure: view.mean(row.arm, `sure-${row.round}`, { recheck: row.recheck }).estimate,
      wrong: view.mean(row.arm, `wrong-${row.round}`, { recheck: row.recheck }).estimate,
    })),
  }],
  notes: (view, o) => [
    convergedNote(view),
    ...detectable(
      view,
      "a difference in the share kept between SSAPO in probability space and self-DPO",
      cell("ssapo-probability", `kept-${o.biasRounds}`, none(o)),
      cell("self-dpo", `kept-${o.biasRounds}`, none(o)),
    ),
  ],
});

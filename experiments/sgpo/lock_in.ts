/**
 * Bias amplification: how wrong beliefs of a biased seed fare when a policy labels its own pairs.
 *
 * @module
 */
import { scoresOf } from "../../lib/exact/scores.ts";
import { sigmoid } from "../../lib/exact/logistic.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { type CandidateWorld, drawPairs, featureDifferences, rewardDifferences } from "../../lib/worlds/candidates.ts";
import * as drawn from "./figures.ts";
import { nothingKept } from "./kept.ts";
import type { SgpoOptions } from "./options.ts";
import { aided, aRadius, kept, keptMore, sure, sureAtFirst, unaided } from "./terms.ts";
import { outcomesOf, type Sample } from "./world.ts";

/**
 * Of held-out pairs: the share ranked wrong after each round; of those ranked wrong after the seed, the share that still is,
 * and how sure the policy is of it.
 */
function beliefs(
  { world, trajectory: { thetas, gradientNorm }, rng }: Sample,
  { heldOut, beta, features }: SgpoOptions,
) {
  const still = { theta: new Float64Array(features), beta };
  const pairs = drawPairs(world, [0, heldOut], still, { temperature: 1 }, rng.fork("held out"));
  const differences = featureDifferences(world, pairs), truth = rewardDifferences(world, pairs);
  const wrong = thetas.map((theta) =>
    scoresOf(differences, theta).map((xi, i) => xi * truth[i] < 0 ? Math.abs(xi) : 0)
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

const OURS = { kind: "question", source: "not in the paper" } as const;

export const lockIn = question({
  id: "lock-in",
  asks: "How fast do wrong beliefs of a biased seed lock in?",
  method:
    "The loop of the rounds above. Seed annotators add a bias for one feature to the log-odds. The rounds are of equal size, and a " +
    "faultless human labels a share of their pairs again. A wrong belief is a held-out pair in the wrong order; it is kept " +
    "when it was wrong after the seed and still is.",
  arms: ["self-dpo", "ssapo-margin", "ssapo-probability", "robust-dpo", "pair-ranker"],
  conditions: ({ rechecks }: SgpoOptions) => rechecks.map((recheck) => ({ recheck })),
  prepare: nothingKept<CandidateWorld>,
  run(context) {
    const { options: o, condition: { recheck } } = context, pools = Array(o.biasRounds).fill(1);
    const setting = { seedShare: o.seedShare, epsilon: o.epsilon, bias: o.bias, recheck, pools };
    return Array.from(outcomesOf(context, setting), (outcome) => beliefs(outcome, o));
  },
  claims: [
    claim(
      "lock-in-kept",
      "Self-annotation keeps 90% or more of the seed's wrong beliefs",
      kept("self-dpo", unaided).above(0.9),
      { ...OURS, source: "labels that follow from a belief cannot refute it" },
    ),
    claim(
      "lock-in-surer",
      "And becomes surer of those it keeps, by 0.05 or more",
      sure("self-dpo", unaided).minus(sureAtFirst("self-dpo", unaided)).called(
        "confidence in kept wrong beliefs, last round − seed, self-DPO, no human labels",
      ).above(0.05),
      OURS,
    ),
    ...(["ssapo-probability", "ssapo-margin"] as const).map((arm) =>
      claim(
        `lock-in-${arm}`,
        `The follower unlocks wrong beliefs in ${arm === "ssapo-margin" ? "margin" : "probability"} space, ` +
          "0.02 or more of them",
        keptMore(arm, unaided).below(-0.02),
        { ...OURS, needs: aRadius },
      )
    ),
    claim(
      "lock-in-recheck",
      "Human labels on some of the pairs unlock a tenth of them or more",
      kept("self-dpo", aided).minus(kept("self-dpo", unaided)).called(
        "share of wrong beliefs kept after the last round, most human labels − none, self-DPO",
      ).below(-0.1),
      OURS,
    ),
  ],
  ...drawn.lockIn,
});

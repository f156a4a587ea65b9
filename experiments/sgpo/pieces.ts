/**
 * The follower alone: pieces, groups, printed weights and an unrestricted support.
 *
 * @module
 */
import { scoresOf } from "../../lib/exact/scores.ts";
import { sigmoid, softplus } from "../../lib/exact/logistic.ts";
import type { MarginLoss } from "../../lib/exact/loss_forms.ts";
import { follower, groupingGap, meanLoss, printedWeights, solvePieces, tangents } from "../../lib/losses/mod.ts";
import type { Rng } from "../../lib/random.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import * as drawn from "./game_figures.ts";
import { keptOf, nothingKept } from "./kept.ts";
import { fitPairs, type LabelledPairs } from "./learner.ts";
import type { SgpoOptions } from "./options.ts";
import { dpoLoss } from "./pair_losses.ts";
import { gap, grouped, lost, mostPieces } from "./terms.ts";
import { type Context, drawWorld, supplyOf } from "./world.ts";

const SPACES = ["ssapo-margin", "ssapo-probability"] as const;
/** Low enough that the support is unrestricted in effect. */
const UNRESTRICTED = -1e6;

/** What a follower sees: points of one space, the loss there with its slope, and the window. */
interface Sample {
  readonly points: Float64Array;
  readonly loss: (point: number) => number;
  readonly slope: (point: number) => number;
  readonly lo: number;
  readonly hi: number;
  readonly radius: number;
  readonly pairs: LabelledPairs;
  /** θ that the margins are those of. */
  readonly theta: Float64Array;
}

/** Every pair of a world, with the θ of DPO on them. */
interface Trained {
  readonly pairs: LabelledPairs;
  readonly theta: Float64Array;
}

/** The margins of DPO trained on every pair of a world, whose labels are noisy. */
function* samplesOf({ options: o, arm, seeds, streams, prepared }: Context<Trained>): Generator<Sample> {
  const trainedOn = (rng: Rng): Trained => {
    const pairs = supplyOf(drawWorld(o, rng), o, { seedShare: o.seedShare, epsilon: o.epsilon }, rng).all();
    const start = new Float64Array(o.features);
    return { pairs, ...fitPairs({ differences: pairs.differences }, dpoLoss, { start, proximal: o.proximal }) };
  };
  for (const [r, rng] of streams("world").entries()) {
    const { pairs, theta } = keptOf(prepared, seeds[r], 8 * o.prompts * o.features, () => trainedOn(rng));
    const margins = scoresOf(pairs.differences, theta), [low, high] = [Math.min(...margins), Math.max(...margins)];
    const shared = { radius: o.epsilon, pairs: { differences: pairs.differences }, theta };
    yield arm === "ssapo-margin"
      ? {
        ...shared,
        points: margins,
        loss: (xi) => softplus(-xi),
        slope: (xi) => -sigmoid(-xi),
        lo: low - o.tau,
        hi: high + o.tau,
      }
      : {
        ...shared,
        points: margins.map((xi) => Math.max(sigmoid(xi), o.floor)),
        loss: (v) => -Math.log(v),
        slope: (v) => -1 / v,
        lo: o.floor,
        hi: 1,
      };
  }
}

/** Largest distance between θ of DPO's step and of the step with the weights that algorithm 1, line 7 prints. */
function printedDistance({ pairs, theta }: Sample, weights: Float64Array, proximal: number): number {
  const weighted: MarginLoss = (margin, i, out) => {
    dpoLoss(margin, i, out);
    for (let k = 0; k < 3; k++) out[k] *= weights[i];
  };
  const [plain, printed] = [dpoLoss, weighted].map((loss) => fitPairs(pairs, loss, { start: theta, proximal }).theta);
  return plain.reduce((top, v, k) => Math.max(top, Math.abs(v - printed[k])), 0);
}

/** log10 of how far lemma 3.1 is off where the window reaches far down. */
function freeExcess({ points, loss, radius }: Sample, still: number): number {
  const worst = meanLoss(points, follower(points, { radius, lo: UNRESTRICTED }), loss);
  return Math.log10(Math.max(1e-16, Math.abs(worst - still - radius)));
}

export const pieces = question({
  id: "pieces",
  asks: "What do the follower's pieces and the printed weights do?",
  method:
    "Margins of DPO trained on every pair of a world; the follower's program over K tangents is solved exactly. Knots are " +
    "even over the window in margin space, so that those of K = 2^j + 1 nest; in probability space they are k/K as in the " +
    "released code. v_K is the mean of log σ in the worst case that the tangents see, v* with the loss itself.",
  arms: SPACES,
  conditions: ({ pieces }: SgpoOptions) => pieces.map((pieces) => ({ pieces })),
  prepare: nothingKept<Trained>,
  run(context) {
    const { options: o, condition: { pieces: K } } = context;
    return Array.from(samplesOf(context), (sample) => {
      const { points, loss, slope, lo, hi, radius } = sample, ball = { radius, lo };
      const knots = Array.from(
        { length: K },
        (_, k) => context.arm === "ssapo-margin" ? lo + (hi - lo) * k / (K - 1) : (k + 1) / K,
      );
      const { weights, displacements, value } = solvePieces(points, tangents(loss, slope, knots), ball);
      const exact = meanLoss(points, follower(points, ball), loss),
        still = meanLoss(points, follower(points, { ...ball, radius: 0 }), loss);
      const printed = printedWeights(weights, K);
      return {
        value: -value,
        "exact-value": -exact,
        gap: exact - value,
        "worst-drop": exact - still,
        moved: displacements.reduce((a, b) => a + b, 0) / points.length,
        "printed-off": printed.reduce((top, w) => Math.max(top, Math.abs(w - 1)), 0),
        "printed-distance": printedDistance(sample, printed, o.proximal),
        // In probability space there is no unrestricted support: −log is infinite at 0.
        ...context.arm === "ssapo-margin" && { "free-excess": freeExcess(sample, still) },
      };
    });
  },
  claims: [
    claim(
      "pieces-limit",
      "With the most pieces v_K is v* but for 0.005",
      gap.of("ssapo-margin", mostPieces).below(0.005),
      { kind: "question", source: "proposition 3.2", paper: "exact in the limit" },
    ),
  ],
  ...drawn.pieces,
});

export const grouping = question({
  id: "grouping",
  asks: "What does it cost to solve the follower in groups?",
  method:
    "The same margins; each group of G pairs, in random order, has the whole ε for its own mean distance. Shown is the share " +
    "of the adversary's gain that is lost against all pairs at once, which take O(N log N).",
  arms: SPACES,
  conditions: ({ groups }: SgpoOptions) => groups.map((group) => ({ group })),
  prepare: nothingKept<Trained>,
  run: (context) => ({
    lost: Array.from(
      samplesOf(context),
      ({ points, loss, radius, lo }) => groupingGap(points, loss, { radius, lo, group: context.condition.group }),
    ),
  }),
  claims: SPACES.map((arm) =>
    claim(
      `grouping-${arm}`,
      `In ${arm === "ssapo-margin" ? "margin" : "probability"} space the largest groups cost the adversary less ` +
        "than 5% of its gain",
      lost.of(arm, grouped).below(0.05),
      {
        kind: "question",
        source: "section 3.3 and appendix G: groups of 100 to 300",
        paper: "length-controlled win rate 13.70, 14.81, 16.95 with G = 100, 200, 300",
      },
    )
  ),
  ...drawn.grouping,
});

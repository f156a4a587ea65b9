/**
 * Algorithm 1 of the paper with everything that varies between arms: who labels the pairs of a round, and what the leader
 * minimises. The same loop serves the made world and the real pairs.
 *
 * @module
 */
import { scoresOf } from "../../lib/exact/scores.ts";
import {
  fitPairs,
  type Fitted,
  isGame,
  type LabelledPairs,
  type LeaderLoss,
  lossAt,
  type LossSettings,
} from "./learner.ts";

/** Where the labels behind the seed come from: there are none, all are human, the policy's own, or a ranker's. */
type Annotator = "none" | "human" | "self" | "ranker";

/** One method. */
interface Method {
  readonly loss: LeaderLoss;
  readonly annotator: Annotator;
  /** Seed pairs count by inverse propensities of their annotators. */
  readonly weighted?: boolean;
}

/** Every arm by id. */
export const methods: Readonly<Record<string, Method>> = {
  "dpo-all": { loss: "dpo", annotator: "human" },
  "dpo-seed": { loss: "dpo", annotator: "none" },
  /** SSAPO with ε = 0. */
  "self-dpo": { loss: "dpo", annotator: "self" },
  "self-dpo-weighted": { loss: "dpo", annotator: "self", weighted: true },
  "ssapo-margin": { loss: "margin", annotator: "self" },
  "ssapo-probability": { loss: "probability", annotator: "self" },
  /** The released form. */
  "ssapo-clamp": { loss: "clamp", annotator: "self" },
  /** Self-annotation with refined labels and no follower. */
  "spa": { loss: "refined", annotator: "self" },
  "robust-dpo": { loss: "robust", annotator: "self" },
  "ipo": { loss: "ipo", annotator: "self" },
  "pair-ranker": { loss: "dpo", annotator: "ranker" },
};

/** Ids of the arms that most questions compare. */
export const mainArms = [
  "dpo-all",
  "dpo-seed",
  "self-dpo",
  "ssapo-margin",
  "ssapo-probability",
  "ssapo-clamp",
  "spa",
  "robust-dpo",
  "ipo",
  "pair-ranker",
] as const;

/** What one replicate of an arm gets. */
export interface Supply {
  /** D. */
  readonly dimensions: number;
  /** Pairs with human labels; weights are read by weighted methods alone. */
  readonly seed: LabelledPairs;
  /** All pairs of the pool with human labels, for {@linkcode Annotator} "human". */
  readonly all: () => LabelledPairs;
  /** T. */
  readonly rounds: number;
  /** The pairs of round t = 1 .. T, first − second `[N, D]`, where θ is the policy that draws them. */
  readonly pool: (round: number, theta: Float64Array) => Pool;
  /** θ of the outside ranker `[D]`. */
  readonly ranker: () => Float64Array;
}

/** Pairs of a round. */
export interface Pool {
  /** `[N, D]`, row-major. */
  readonly differences: Float64Array;
  /** What a human says where one is asked again: 1 first, 0 second, −1 not asked `[N]`. */
  readonly rechecked?: Int8Array;
}

/** The policy after the seed and after each round, with the largest gradient left in any fit. */
export interface Trajectory {
  /** `[T + 1][D]`. */
  readonly thetas: readonly Float64Array[];
  readonly gradientNorm: number;
}

/** Rows turned so that the chosen response comes first. */
export function oriented({ differences, rechecked }: Pool, judge: Float64Array): Float64Array {
  const margins = scoresOf(differences, judge), d = judge.length, out = new Float64Array(differences.length);
  for (let i = 0, at = 0; i < margins.length; i++) {
    const asked = rechecked ? rechecked[i] : -1, firstWon = asked < 0 ? margins[i] >= 0 : asked === 1;
    for (const end = at + d; at < end; at++) out[at] = firstWon ? differences[at] : -differences[at];
  }
  return out;
}

/**
 * Runs an arm: DPO (or its rival) on the seed; then, round by round, pairs from the policy, labels, the follower's answer to
 * the margins as they are, and one proximal leader's step on all pairs so far. Arms without rounds stand still.
 */
export function selfAnnotate(
  { loss, annotator, weighted }: Method,
  supply: Supply,
  settings: LossSettings & { readonly proximal: number },
): Trajectory {
  const { dimensions, rounds } = supply, { proximal } = settings;
  const zero = new Float64Array(dimensions);
  const first: LabelledPairs = annotator === "human" ? supply.all() : supply.seed;
  // Games and refined labels begin behind the seed: θ_0 is DPO.
  const game = isGame(loss) || loss === "refined";
  const pairs: LabelledPairs = weighted ? first : { differences: first.differences };
  let fitted: Fitted = fitPairs(pairs, lossAt(game ? "dpo" : loss, zero, settings), { start: zero, proximal });
  const thetas = [fitted.theta];
  let { differences } = pairs, gradientNorm = fitted.gradientNorm;
  const ranker = annotator === "ranker" ? supply.ranker() : undefined;
  for (let t = 1; t <= rounds; t++) {
    if (annotator === "self" || ranker) {
      const theta = fitted.theta, chosen = oriented(supply.pool(t, theta), ranker ?? theta);
      differences = joined(differences, chosen);
      const weights = pairs.weights &&
        joined(pairs.weights, new Float64Array(differences.length / dimensions - pairs.weights.length).fill(1));
      const step = lossAt(loss, scoresOf(differences, theta), settings);
      fitted = fitPairs({ differences, weights }, step, { start: theta, proximal });
      gradientNorm = Math.max(gradientNorm, fitted.gradientNorm);
    }
    thetas.push(fitted.theta);
  }
  return { thetas, gradientNorm };
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

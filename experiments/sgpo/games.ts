/**
 * The game on a law of preferences without sampling: leader and follower take turns until neither moves.
 *
 * @module
 */
import { follower, meanLoss } from "../../lib/losses/follower.ts";
import type { PreferenceLaw } from "../../lib/worlds/preference_shifts.ts";
import { fitPairs, type LeaderLoss, lossAt, type LossSettings, marginsOf } from "./learner.ts";
import { dpoLoss, softplus } from "./pair_losses.ts";

/** An arm of the question on shifts. */
export interface Game {
  readonly loss: LeaderLoss;
  /** Where the margin window ends, for games whose support is all but unrestricted. */
  readonly window?: number;
}

/** Low enough that the support is unrestricted in effect: a mass of ε/10⁶ moves. */
const UNRESTRICTED = -1e6;

/** Every arm by id. */
export const games: Readonly<Record<string, Game>> = {
  "dpo": { loss: "dpo" },
  "sgpo-free": { loss: "margin", window: UNRESTRICTED },
  "ssapo-margin": { loss: "margin" },
  "ssapo-probability": { loss: "probability" },
  "robust-dpo": { loss: "robust" },
  "ipo": { loss: "ipo" },
};

/** The class of policies: margins θ·x of each pair's first over its second response. */
export interface MarginClass {
  /** x `[N, D]`: the identity where every pair has a margin of its own. */
  readonly differences: Float64Array;
  readonly dimensions: number;
}

/** Every pair has a margin of its own. */
export function freeMargins(pairs: number): MarginClass {
  const differences = new Float64Array(pairs * pairs);
  for (let i = 0; i < pairs; i++) differences[i * pairs + i] = 1;
  return { differences, dimensions: pairs };
}

/** Keeps optima finite where a law leaves no doubt; far below every difference that is reported. */
const RIDGE = 1e-9;

/** Both orders of every pair, with their masses: what the law is on. */
export function ordersOf({ differences }: MarginClass, { chance }: PreferenceLaw): {
  readonly differences: Float64Array;
  readonly weights: Float64Array;
} {
  const both = new Float64Array(2 * differences.length);
  both.set(differences);
  both.set(differences.map((v) => -v), differences.length);
  const weights = new Float64Array(2 * chance.length);
  weights.set(chance);
  weights.set(chance.map((p) => 1 - p), chance.length);
  return { differences: both, weights };
}

/** Where the turns ended. */
export interface Equilibrium {
  /** Margins of the pairs, first over second `[N]`. */
  readonly margins: Float64Array;
  /** Largest change of a margin in the last turn. */
  readonly movement: number;
}

/**
 * The policy that an arm learns from a law: an optimum for those without a follower; for games, after so many turns of
 * follower and proximal leader.
 */
export function play(
  { loss, window }: Game,
  policies: MarginClass,
  law: PreferenceLaw,
  settings: LossSettings & { readonly proximal: number; readonly alternations: number },
): Equilibrium {
  const { differences, weights } = ordersOf(policies, law), start = new Float64Array(policies.dimensions);
  let theta = fitPairs({ differences, weights }, dpoLoss, { start, proximal: RIDGE }).theta;
  if (loss === "dpo") return { margins: marginsOf(policies.differences, theta), movement: 0 };
  const game = loss === "margin" || loss === "probability";
  let margins = marginsOf(policies.differences, theta), movement = 0;
  for (let turn = 0; turn < (game ? settings.alternations : 1); turn++) {
    const seen = marginsOf(differences, theta);
    const step = lossAt(loss, seen, settings, { masses: weights, window });
    // Turns that grow shorter settle where turns of one length would circle.
    const proximal = game ? settings.proximal * (1 + turn) : RIDGE;
    theta = fitPairs({ differences, weights }, step, { start: game ? theta : start, proximal }).theta;
    const moved = marginsOf(policies.differences, theta);
    movement = moved.reduce((top, xi, i) => Math.max(top, Math.abs(xi - margins[i])), 0);
    margins = moved;
  }
  return { margins, movement: game ? movement : 0 };
}

/** E[log σ(margin)] under a law. */
export function value(margins: Float64Array, { chance }: PreferenceLaw): number {
  let sum = 0;
  for (let i = 0; i < margins.length; i++) {
    sum -= chance[i] * softplus(-margins[i]) + (1 - chance[i]) * softplus(margins[i]);
  }
  return sum / margins.length;
}

/** How much more the best policy of the class gets under a law than this one. */
export function regret(margins: Float64Array, policies: MarginClass, law: PreferenceLaw): number {
  const { differences, weights } = ordersOf(policies, law), start = new Float64Array(policies.dimensions);
  const { theta } = fitPairs({ differences, weights }, dpoLoss, { start, proximal: RIDGE });
  return value(marginsOf(policies.differences, theta), law) - value(margins, law);
}

/** min E[log σ] over laws of margins within ε of the policy's own, on a window; at ε = 0 its value. */
export function worstValue(
  margins: Float64Array,
  { chance }: PreferenceLaw,
  { radius, lo }: { readonly radius: number; readonly lo: number },
): number {
  const points = Float64Array.from([...margins, ...margins.map((xi) => -xi)]);
  const masses = Float64Array.from([...chance, ...chance.map((p) => 1 - p)]);
  return -meanLoss(points, follower(points, { radius, lo, masses }), (xi) => softplus(-xi));
}

/** W1 between the laws of a policy's margins under two laws of preferences: the area between distribution functions. */
export function gapDistance(margins: Float64Array, law: PreferenceLaw, other: PreferenceLaw): number {
  const size = margins.length, points = [...margins, ...margins.map((xi) => -xi)];
  const difference = points.map((_, k) => {
    const i = k % size, change = (law.chance[i] - other.chance[i]) / size;
    return k < size ? change : -change;
  });
  const order = points.map((_, k) => k).sort((a, b) => points[a] - points[b]);
  let area = 0, height = 0;
  for (let k = 0; k + 1 < order.length; k++) {
    height += difference[order[k]];
    area += Math.abs(height) * (points[order[k + 1]] - points[order[k]]);
  }
  return area;
}

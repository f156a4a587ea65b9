/**
 * The paper's finite program for the adversary, solved exactly: K affine pieces of the loss, weights s_ik and displacements
 * q_ik, for all pairs at once or in groups. Plain TypeScript in float64.
 *
 * Chu, Zhang, Jia and Jin, "SGPO / SSAPO", arXiv 2502.18099v3 (NeurIPS 2025), theorem 3.3 and appendix G.
 *
 * @module
 */
import type { BestResponse } from "./best_response.ts";
import { checkOptions } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { follower, type FollowerOptions, meanLoss, type Tangents } from "./follower.ts";

/** A solution of the program over `N` pairs and `K` pieces, row-major. */
export interface ProgramSolution {
  /** s_ik, the share of pair i's mass on piece k, >= 0, summing to 1 over pieces `[N, K]`. */
  readonly weights: Float64Array;
  /** q_ik = s_ik times how far down that share has moved, >= 0 `[N, K]`. */
  readonly displacements: Float64Array;
  /** (1/N) Σ_ik s_ik (a_k ξ_i + b_k) − a_k q_ik, the largest mean of the pieces' maximum: −v_K. */
  readonly value: number;
}

/**
 * The program's solution over the tangents of a loss, from the exact best response.
 *
 *   maximise (1/N) Σ_ik s_ik (a_k ξ_i + b_k) − a_k q_ik
 *   subject to s_ik >= 0,  Σ_k s_ik = 1,  (1/N) Σ_ik |q_ik| <= ε,  lo s_ik <= s_ik ξ_i − q_ik
 *
 * The maximum of decreasing pieces is convex and decreasing, so the best response of {@linkcode follower} is the worst law
 * for it too; each of its two shares of a pair goes to the piece that is highest where that share sits. Since Σ_k s_ik = 1
 * is a constraint, the weights w_i = Σ_k s_ik of algorithm 1, line 7 are 1 for every pair, whatever K and ε.
 *
 * The released solver (SLSQP, 50 iterations, penalties) approximates this.
 *
 * @param points margins or probabilities ξ `[N]`
 * @param pieces at least one, all with slopes <= 0
 * @param options radius and window as for {@linkcode follower}; pairs have equal masses
 * @returns weights and displacements `[N, K]`, and the program's value
 * @throws RangeError as {@linkcode follower}, and for a piece that rises
 * @example The whole of the first pair moves to the window's end, where the steeper piece is higher
 * ```ts
 * import { tangents } from "./follower.ts";
 * import assert from "node:assert/strict";
 * const pieces = tangents((x) => x * x, (x) => 2 * x, [-2, -1]);
 * const { weights, displacements } = solvePieces([-1, 0], pieces, { radius: 1, lo: -3 });
 * assert.deepEqual([...weights], [1, 0, 0, 1]);
 * assert.deepEqual([...displacements], [2, 0, 0, 0]);
 * ```
 */
export function solvePieces(
  points: ArrayLike<number>,
  pieces: Tangents,
  options: Omit<FollowerOptions, "masses">,
): ProgramSolution {
  const { slopes, intercepts } = pieces, count = slopes.length, size = points.length;
  slopes.forEach((slope, k) => {
    if (slope > 0) throw new RangeError(`pieces: expected slopes <= 0, slope ${k} is ${slope}`);
  });
  const response = follower(points, options);
  const weights = new Float64Array(size * count), displacements = new Float64Array(size * count);
  const highest = (point: number) => {
    let best = 0;
    for (let k = 1; k < count; k++) {
      if (slopes[k] * point + intercepts[k] > slopes[best] * point + intercepts[best]) best = k;
    }
    return best;
  };
  const bottom = highest(response.lo);
  let value = 0;
  for (let i = 0; i < size; i++) {
    const moved = response.moved[i], stays = i * count + highest(points[i]), goes = i * count + bottom;
    weights[goes] += moved;
    weights[stays] += 1 - moved;
    displacements[goes] += moved * response.distance[i];
    for (let k = 0; k < count; k++) {
      const cell = i * count + k;
      value += weights[cell] * (slopes[k] * points[i] + intercepts[k]) - slopes[k] * displacements[cell];
    }
  }
  return { weights, displacements, value: value / size };
}

/**
 * The weights that algorithm 1, line 7 of the paper prints: w_i = Σ_k s_ik.
 *
 * @param weights s_ik `[N, K]`, row-major
 * @param pieces K
 * @returns `[N]`; 1 for every pair of a feasible solution, so that the printed leader's step is DPO's
 * @throws TypeError when the weights do not split into rows of K
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...printedWeights(Float64Array.of(0.25, 0.75, 1, 0), 2)], [1, 1]);
 * ```
 */
export function printedWeights(weights: Float64Array, pieces: number): Float64Array {
  if (!(pieces >= 1) || weights.length % pieces !== 0) {
    throw new TypeError(`weights: expected rows of ${pieces}, got ${weights.length} numbers`);
  }
  const out = new Float64Array(weights.length / pieces);
  for (let i = 0; i < weights.length; i++) out[Math.floor(i / pieces)] += weights[i];
  return out;
}

/** Options of {@linkcode groupedFollower}. */
export interface GroupedFollowerOptions extends Omit<FollowerOptions, "masses"> {
  /** G, pairs of a group, a whole number >= 1; the last group may be smaller. */
  readonly group: number;
}

/**
 * The paper's grouping: the best response of every group of G consecutive pairs on its own, each with the radius ε for its
 * own mean distance. It lies in the ball of {@linkcode follower} and can be no worse than it for the leader.
 *
 * The paper groups because its solver's time grows quickly; the exact one needs no groups.
 *
 * @param points as for {@linkcode follower} `[N]`
 * @returns one entry a point, as {@linkcode follower}
 * @throws RangeError as {@linkcode follower}, and when `group` is not a whole number >= 1
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { moved } = groupedFollower([1, 2, 4, 8], { radius: 1, lo: 0, group: 2 });
 * assert.deepEqual([...moved], [1, 0.5, 0.5, 0]); // all pairs at once: 1, 1, 0.25, 0
 * ```
 */
export function groupedFollower(points: ArrayLike<number>, options: GroupedFollowerOptions): BestResponse {
  checkOptions("groupedFollower", options, ["radius", "lo", "group"]);
  const { radius, lo, group } = options, all = Float64Array.from(points);
  checkNumber("group", group, { min: 1 });
  if (!Number.isInteger(group)) throw new RangeError(`group: expected a whole number, got ${group}`);
  if (all.length <= group) return follower(all, { radius, lo });
  const moved = new Float64Array(all.length), distance = new Float64Array(all.length);
  for (let start = 0; start < all.length; start += group) {
    const part = follower(all.subarray(start, start + group), { radius, lo });
    moved.set(part.moved, start);
    distance.set(part.distance, start);
  }
  return { moved, distance, lo };
}

/**
 * How much lower the leader's worst case is in groups than for all pairs at once, over what the adversary gains at all.
 *
 * @param loss convex and decreasing, of one point
 * @returns in [0, 1]; 0 where grouping changes nothing or the adversary gains nothing
 * @throws RangeError as {@linkcode groupedFollower}
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const gap = groupingGap([1, 2, 4, 8], (x) => Math.exp(-x), { radius: 1, lo: 0, group: 2 });
 * assert.ok(gap > 0 && gap < 1);
 * ```
 */
export function groupingGap(
  points: ArrayLike<number>,
  loss: (point: number) => number,
  options: GroupedFollowerOptions,
): number {
  const { radius, lo } = options;
  const still = meanLoss(points, follower(points, { radius: 0, lo }), loss);
  const global = meanLoss(points, follower(points, { radius, lo }), loss) - still;
  const grouped = meanLoss(points, groupedFollower(points, options), loss) - still;
  return global > 0 ? 1 - grouped / global : 0;
}

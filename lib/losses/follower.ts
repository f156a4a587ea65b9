/**
 * The adversary of Stackelberg preference optimisation: the law of margins, within a Wasserstein ball around the
 * observed one, under which a convex decreasing loss is worst. Plain TypeScript in float64.
 *
 * Chu, Zhang, Jia and Jin, "SGPO / SSAPO", arXiv 2502.18099v3 (NeurIPS 2025).
 *
 * Why a greedy pass is exact. Moving mass from a point ξ down to t gains l(t) − l(ξ) at cost ξ − t. By convexity the gain
 * per unit of cost is largest for the lowest t, the end of the window, and among points for the lowest ξ. So the budget is
 * spent on whole points in ascending order, and on a fraction of the last. The solution does not depend on l: it is the
 * same for −log σ(ξ), for −log v, and for any maximum of their tangents.
 *
 * Without a window (lo → −∞) the worst case is the mean loss plus ε for a loss of slope −1 at −∞ (lemma 3.1): a constant
 * shift, so that the leader's optimum is DPO's. It is the window that makes the game another problem.
 *
 * @module
 */
import type { BestResponse } from "./best_response.ts";
import { checkOptions } from "./check.ts";
import { checkNumber } from "./check_number.ts";

/** Options of {@linkcode follower}. */
export interface FollowerOptions {
  /** ε, the radius in 1-Wasserstein distance: mean distance moved, in the points' own unit, >= 0. */
  readonly radius: number;
  /** Lower end of the window that the law must stay in, at most the smallest point. */
  readonly lo: number;
  /** Mass of each point, >= 0, in proportion `[N]`; equal unless given. */
  readonly masses?: ArrayLike<number>;
}

/**
 * The worst law of the points within a Wasserstein ball, exactly, in O(N log N).
 *
 *   maximise (1/N) Σ_i (1 − m_i) l(ξ_i) + m_i l(lo)   subject to   (1/N) Σ_i m_i (ξ_i − lo) <= ε,   0 <= m_i <= 1
 *
 * With masses w_i, both averages are weighted by them.
 *
 * Pairs that are level share what is left for them equally, so that no order of the pairs is preferred.
 *
 * The released solver (SLSQP on groups of 100 pairs) solves the same program over tangents, approximately.
 *
 * @param points margins β(lr_w − lr_l), or probabilities σ of them, `[N]`; constants to the leader
 * @returns one entry a point
 * @throws RangeError when there are no points, one is not finite or lies below `lo`, the radius is negative, or masses are
 * negative or all zero; TypeError when there is not one mass a point
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { moved } = follower([3, 1, 2], { radius: 0.5, lo: 0 }); // budget 1.5: all of 1, then a quarter of 2
 * assert.deepEqual([...moved], [0, 1, 0.25]);
 * ```
 */
export function follower(points: ArrayLike<number>, options: FollowerOptions): BestResponse {
  checkOptions("follower", options, ["radius", "lo", "masses"]);
  const { radius, lo, masses } = options, size = points.length;
  checkNumber("radius", radius, { min: 0 });
  checkNumber("lo", lo, {});
  if (size === 0) throw new RangeError("points: expected at least one");
  for (let i = 0; i < size; i++) {
    if (!Number.isFinite(points[i])) throw new RangeError(`points[${i}] is ${points[i]}: expected a finite number`);
    if (points[i] < lo) throw new RangeError(`points[${i}] is ${points[i]}, below the window's end lo = ${lo}`);
  }
  const total = totalMass(masses, size);
  // Sorting numbers is several times as fast as sorting places: only masses need these.
  const order = masses && Array.from({ length: size }, (_, i) => i).sort((i, j) => points[i] - points[j]);
  const ascending = order ? Float64Array.from(order, (i) => points[i]) : Float64Array.from(points).sort();
  const massAt = (place: number) => order ? masses[order[place]] : 1;
  let budget = radius * total;
  // Everything below `level` moves; of the pairs at `level`, the fraction `share`.
  let level = Infinity, share = 0;
  for (let start = 0; start < size;) {
    let end = start + 1, mass = massAt(start);
    for (; end < size && ascending[end] === ascending[start]; end++) mass += massAt(end);
    const cost = mass * (ascending[start] - lo);
    if (cost > budget) {
      [level, share] = [ascending[start], budget / cost];
      break;
    }
    budget -= cost;
    start = end;
  }
  const moved = new Float64Array(size), distance = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    distance[i] = points[i] - lo;
    // What stands at the window's end has nowhere to go: not even a radius of 0 may change its loss.
    moved[i] = distance[i] === 0 ? 0 : points[i] < level ? 1 : points[i] === level ? share : 0;
  }
  return masses ? { moved, distance, lo, masses } : { moved, distance, lo };
}

/**
 * The mean loss under a best response: for the loss it was worst for, the inner maximum of the game.
 *
 * @param points that the follower saw `[N]`
 * @param loss convex and decreasing, of one point
 * @throws TypeError when the sizes disagree
 * @example With radius 0 it is the mean loss
 * ```ts
 * import assert from "node:assert/strict";
 * const points = [0, 1];
 * const response = follower(points, { radius: 0, lo: -4 });
 * assert.equal(meanLoss(points, response, (x) => -x), -0.5);
 * ```
 */
export function meanLoss(points: ArrayLike<number>, response: BestResponse, loss: (point: number) => number): number {
  const { moved, lo, masses } = response, worst = loss(lo);
  if (points.length !== moved.length) {
    throw new TypeError(`points: expected the ${moved.length} points of the response, got ${points.length}`);
  }
  let sum = 0;
  for (let i = 0; i < moved.length; i++) {
    sum += (masses ? masses[i] : 1) * ((1 - moved[i]) * loss(points[i]) + moved[i] * worst);
  }
  return sum / totalMass(masses, moved.length);
}

/** Sum of the masses, which count 1 each where none are given. */
function totalMass(masses: ArrayLike<number> | undefined, size: number): number {
  if (!masses) return size;
  if (masses.length !== size) throw new TypeError(`masses: expected one a point, ${size}, got ${masses.length}`);
  let total = 0;
  for (let i = 0; i < size; i++) {
    if (!(masses[i] >= 0 && masses[i] < Infinity)) {
      throw new RangeError(`masses[${i}] is ${masses[i]}: expected a finite number >= 0`);
    }
    total += masses[i];
  }
  if (!(total > 0)) throw new RangeError("masses: expected one above 0");
  return total;
}

/** Tangents of a loss, K of them, and their maximum. */
export interface Tangents {
  /** a_k `[K]`. */
  readonly slopes: Float64Array;
  /** b_k `[K]`. */
  readonly intercepts: Float64Array;
  /** max_k a_k ξ + b_k. */
  readonly bound: (point: number) => number;
}

/**
 * The convex piecewise-linear lower bound made of a loss's tangents: max_k a_k ξ + b_k.
 *
 * The paper's finite program is over such pieces. In margin space the loss is softplus(−ξ); in the released code's
 * probability space it is −log v with knots k/K, k = 1 .. K.
 *
 * @param loss convex, of one point
 * @param slope its derivative
 * @param knots where the tangents touch, at least one
 * @returns the slopes and intercepts of the tangents, and the bound itself; it rises with every knot added
 * @throws RangeError when there are no knots or a tangent is not finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { bound } = tangents((v) => -Math.log(v), (v) => -1 / v, [0.5, 1]);
 * assert.equal(bound(1), 0);
 * assert.ok(bound(0.75) < -Math.log(0.75));
 * ```
 */
export function tangents(
  loss: (point: number) => number,
  slope: (point: number) => number,
  knots: ArrayLike<number>,
): Tangents {
  if (knots.length === 0) throw new RangeError("knots: expected at least one");
  const slopes = Float64Array.from(knots, slope);
  const intercepts = Float64Array.from(knots, (knot, k) => loss(knot) - slopes[k] * knot);
  for (let k = 0; k < knots.length; k++) {
    if (!Number.isFinite(slopes[k]) || !Number.isFinite(intercepts[k])) {
      throw new RangeError(`knots[${k}] is ${knots[k]}: the loss has no finite tangent there`);
    }
  }
  const bound = (point: number) => {
    let highest = -Infinity;
    for (let k = 0; k < slopes.length; k++) highest = Math.max(highest, slopes[k] * point + intercepts[k]);
    return highest;
  };
  return { slopes, intercepts, bound };
}

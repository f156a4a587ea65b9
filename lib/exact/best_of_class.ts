/**
 * The best log-linear law at a budget of KL, in float64.
 *
 * @module
 */
import { solveDamped } from "./cholesky.ts";
import { scaledTo } from "./kl_budget.ts";
import { dimensionsOf, lawAt, type LawClass } from "./laws.ts";

/** Added to the variance of every feature, over their mean variance. */
const RIDGE = 1e-10;

/** F = E_x Cov_π(φ, φ) and E_x Cov_π(φ, v). */
function covariances(space: LawClass, logp: Float64Array, table: Float64Array) {
  const { features, responses } = space, d = dimensionsOf(space), prompts = logp.length / responses;
  const fisher = new Float64Array(d * d), cross = new Float64Array(d), mean = new Float64Array(d);
  for (let start = 0; start < logp.length; start += responses) {
    mean.fill(0);
    let average = 0;
    for (let i = start; i < start + responses; i++) {
      const p = Math.exp(logp[i]);
      average += p * table[i];
      for (let k = 0; k < d; k++) mean[k] += p * features[i * d + k];
    }
    for (let i = start; i < start + responses; i++) {
      const p = Math.exp(logp[i]) / prompts;
      for (let k = 0; k < d; k++) {
        const off = p * (features[i * d + k] - mean[k]);
        cross[k] += off * (table[i] - average);
        for (let l = 0; l < d; l++) fisher[k * d + l] += off * (features[i * d + l] - mean[l]);
      }
    }
  }
  return { fisher, cross };
}

/**
 * The natural gradient of E_π[v] at π_θ: least squares of v on φ within prompts, under π_θ. At θ = 0 it is the direction in
 * which the first nats are spent best.
 *
 * @param theta `[D]`
 * @param table v `[X, A]`
 * @returns `[D]`
 * @throws RangeError when features, table or θ are not finite
 * @example A table that is linear in the features has its own weights for gradient
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * assert.ok(Math.abs(naturalGradient(even, Float64Array.of(0.3), Float64Array.of(5, 3))[0] - 2) < 1e-6);
 * ```
 */
export function naturalGradient(space: LawClass, theta: Float64Array, table: Float64Array): Float64Array {
  const { fisher, cross } = covariances(space, lawAt(space, theta), table), d = cross.length;
  let trace = 0;
  for (let k = 0; k < d; k++) trace += fisher[k * d + k];
  const room = { factor: new Float64Array(d * d), solution: new Float64Array(d) };
  // Far above what rounding leaves of directions in which nothing varies, so that the matrix is positive definite.
  if (!solveDamped(fisher, cross, RIDGE * (trace || 1) / d, room)) {
    throw new RangeError("features, table and theta must be finite: the covariance of the features is not");
  }
  return room.solution;
}

/**
 * The policy of the class with the largest E_π[v] among those that spend a budget of KL(π ‖ π0).
 *
 * At the optimum of E_π[v] − τ KL(π ‖ π0), Cov_π(φ, v − τ θ·φ) = 0: τθ is the natural gradient there. The direction is
 * iterated to this fixed point and scaled to the budget.
 *
 * @param table v `[X, A]`
 * @param budget nats, > 0
 * @returns θ `[D]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * assert.ok(bestOfClass(even, Float64Array.of(0, 1), 0.1)[0] < 0);
 * ```
 */
export function bestOfClass(space: LawClass, table: Float64Array, budget: number): Float64Array {
  let theta = new Float64Array(dimensionsOf(space)), last = Infinity, share = 1;
  for (let step = 0; step < 200; step++) {
    const towards = naturalGradient(space, theta, table), { scale } = scaledTo(space, towards, budget);
    const next = theta.map((v, k) => v + share * (scale * towards[k] - v));
    const moved = Math.hypot(...next.map((v, k) => v - theta[k]));
    if (moved > last) share /= 2; // it circles the fixed point
    [theta, last] = [next, moved];
    if (moved < 1e-9 * (1 + Math.hypot(...theta))) break;
  }
  const { scale } = scaledTo(space, theta, budget);
  return theta.map((v) => scale * v);
}

/**
 * Log-linear laws over the responses of prompts in float64: exact values, budgets of KL, and the best policy of the class.
 *
 *   π_θ(a|x) ∝ π0(a|x) exp(θ·φ(x,a))
 *
 * Tables are row-major `[X, A]`; prompts are equally likely.
 *
 * @module
 */
import { logSoftmaxRows } from "./log_space.ts";

/** A class of log-linear laws. */
export interface LawClass {
  /** log π0 in nats `[X, A]`. */
  readonly logStart: Float64Array;
  /** φ `[X, A, D]`. */
  readonly features: Float64Array;
  /** A. */
  readonly responses: number;
}

const width = ({ logStart, features }: LawClass): number => features.length / logStart.length;

/**
 * log π_θ in nats `[X, A]`.
 *
 * @param theta `[D]`
 * @param scale multiplies θ; 1 unless given
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * assert.ok(Math.abs(lawAt(even, [Math.log(3)])[0] - Math.log(0.75)) < 1e-12);
 * ```
 */
export function lawAt(space: LawClass, theta: ArrayLike<number>, scale = 1): Float64Array {
  return logSoftmaxRows(logitsOf(space, theta, scale), space.responses);
}

/** log π0 + scale·θ·φ `[X, A]`. */
function logitsOf(space: LawClass, theta: ArrayLike<number>, scale = 1): Float64Array {
  const { logStart, features } = space, d = width(space);
  return logStart.map((value, i) => {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += features[i * d + k] * theta[k];
    return value + scale * sum;
  });
}

/**
 * E_x Σ_a π(a|x) v(x,a), in the unit of the table.
 *
 * @param logp log π `[X, A]`
 * @param table v `[X, A]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(expectation(Float64Array.of(-Math.LN2, -Math.LN2), Float64Array.of(1, 3), 2), 2);
 * ```
 */
export function expectation(logp: Float64Array, table: ArrayLike<number>, responses: number): number {
  let sum = 0;
  for (let i = 0; i < logp.length; i++) sum += Math.exp(logp[i]) * table[i];
  return sum * responses / logp.length;
}

/**
 * E_x KL(p ‖ q) in nats.
 *
 * @param logp log-probs `[X, A]`, finite
 * @param logq log-probs `[X, A]`, finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [p, q] = [[0.5, 0.5], [0.25, 0.75]].map((law) => Float64Array.from(law, Math.log));
 * assert.ok(Math.abs(meanKl(p, q, 2) - 0.5 * Math.log(4 / 3)) < 1e-12);
 * ```
 */
export function meanKl(logp: Float64Array, logq: Float64Array, responses: number): number {
  return expectation(logp, logp.map((v, i) => v - logq[i]), responses);
}

/** A policy scaled to a budget. */
interface Scaled {
  /** What θ was multiplied by, >= 0. */
  readonly scale: number;
  /** log π `[X, A]`. */
  readonly logp: Float64Array;
}

/** Largest scale tried: beyond it a ray that has not spent the budget never will. */
const FARTHEST = 2 ** 20;

/**
 * The policy on the ray s·θ, s >= 0, that spends a budget of KL(π ‖ π0). KL rises along a ray, so bisection finds it. A ray
 * that ends before the budget is spent is followed to its end; θ = 0 stays at π0.
 *
 * @param theta direction `[D]`
 * @param budget nats, > 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const { logp } = scaledTo(even, [0.01], 0.2);
 * assert.ok(Math.abs(meanKl(logp, even.logStart, 2) - 0.2) < 1e-9);
 * ```
 * @throws RangeError when the budget is not above 0 or θ is not finite
 */
export function scaledTo(space: LawClass, theta: ArrayLike<number>, budget: number): Scaled {
  if (!(budget > 0 && budget < Infinity)) throw new RangeError(`budget must be a number > 0, got ${budget}`);
  const size = Math.hypot(...Array.from(theta));
  if (!Number.isFinite(size)) throw new RangeError(`theta must be finite, got ${Array.from(theta).join(", ")}`);
  if (size === 0) return { scale: 0, logp: space.logStart.slice() };
  // The direction's logits once; along it KL(s) has slope s·E_x Var_π(θ·φ), so that Newton's steps reach it in a few.
  const zero = { ...space, logStart: new Float64Array(space.logStart.length) };
  const along = logitsOf(zero, theta), { responses } = space, prompts = along.length / responses;
  const at = (scale: number) => {
    const logp = logSoftmaxRows(space.logStart.map((value, i) => value + scale * along[i]), responses);
    let spent = 0, variance = 0;
    for (let start = 0; start < logp.length; start += responses) {
      let mean = 0, square = 0;
      for (let i = start; i < start + responses; i++) {
        const p = Math.exp(logp[i]);
        spent += p * (logp[i] - space.logStart[i]);
        mean += p * along[i];
        square += p * along[i] * along[i];
      }
      variance += square - mean * mean;
    }
    return { scale, logp, over: spent / prompts - budget, slope: scale * variance / prompts };
  };
  let low = 0, high = at(1 / size);
  while (high.over < 0 && high.scale * size < FARTHEST) [low, high] = [high.scale, at(2 * high.scale)];
  if (high.over < 0) return high;
  // From above, where KL is convex or not: a step out of the bracket gives way to its middle.
  for (let i = 0; i < 100 && high.over > 1e-13 && high.scale - low > 1e-15 * high.scale; i++) {
    const newton = high.scale - high.over / high.slope;
    const next = at(newton > low && newton < high.scale ? newton : (low + high.scale) / 2);
    if (next.over < 0) {
      low = next.scale;
      const middle = at((low + high.scale) / 2);
      if (middle.over < 0) low = middle.scale;
      else high = middle;
    } else high = next;
  }
  return high;
}

/** F = E_x Cov_π(φ, φ) and E_x Cov_π(φ, v). */
function covariances(space: LawClass, logp: Float64Array, table: Float64Array) {
  const { features, responses } = space, d = width(space), prompts = logp.length / responses;
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

/** Solves (M + ridge·tr(M)/d·I) s = v for a symmetric M >= 0 by Cholesky. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const d = right.length, low = matrix.slice(), s = right.slice();
  let trace = 0;
  for (let i = 0; i < d; i++) trace += matrix[i * d + i];
  const ridge = 1e-10 * (trace || 1) / d;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = low[i * d + j] + (i === j ? ridge : 0);
      for (let k = 0; k < j; k++) sum -= low[i * d + k] * low[j * d + k];
      low[i * d + j] = i === j ? Math.sqrt(Math.max(sum, ridge)) : sum / low[j * d + j];
    }
  }
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < i; k++) s[i] -= low[i * d + k] * s[k];
    s[i] /= low[i * d + i];
  }
  for (let i = d - 1; i >= 0; i--) {
    for (let k = i + 1; k < d; k++) s[i] -= low[k * d + i] * s[k];
    s[i] /= low[i * d + i];
  }
  return s;
}

/**
 * The natural gradient of E_π[v] at π_θ: least squares of v on φ within prompts, under π_θ. At θ = 0 it is the direction in
 * which the first nats are spent best.
 *
 * @param theta `[D]`
 * @param table v `[X, A]`
 * @returns `[D]`
 * @example A table that is linear in the features has its own weights for gradient
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * assert.ok(Math.abs(naturalGradient(even, [0.3], Float64Array.of(5, 3))[0] - 2) < 1e-6);
 * ```
 */
export function naturalGradient(space: LawClass, theta: ArrayLike<number>, table: Float64Array): Float64Array {
  const { fisher, cross } = covariances(space, lawAt(space, theta), table);
  return solve(fisher, cross);
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
  let theta: Float64Array = new Float64Array(width(space)), last = Infinity, share = 1;
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

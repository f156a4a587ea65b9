/**
 * Ways to tame large importance weights. Each maps a weight >= 0 to a weight >= 0, with lambda = Infinity (0 for
 * {@link subGaussian}) leaving it as it is to the bit.
 *
 * @module
 */

import { checkFinite } from "../statistics/summary.ts";

/** What clipping, switching and shrinking take. */
export interface LambdaOptions {
  /** See the estimator. */
  readonly lambda?: number;
}

/**
 * min(w, lambda).
 *
 * @param weight `[n]`, >= 0
 * @throws RangeError when lambda is not in [0, Infinity], or naming a weight that is not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...clip(Float64Array.of(1, 5), 2)], [1, 2]);
 * ```
 */
export function clip(weight: Float64Array, lambda: number): Float64Array {
  checkInRange(lambda, "lambda", 0, Infinity);
  checkFinite(weight, "weight");
  return weight.map((w) => Math.min(w, lambda));
}

/**
 * w where w <= lambda, else 0.
 *
 * @param weight `[n]`, >= 0
 * @throws RangeError when lambda is not in [0, Infinity], or naming a weight that is not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...switchOff(Float64Array.of(1, 5), 2)], [1, 0]);
 * ```
 */
export function switchOff(weight: Float64Array, lambda: number): Float64Array {
  checkInRange(lambda, "lambda", 0, Infinity);
  checkFinite(weight, "weight");
  return weight.map((w) => w <= lambda ? w : 0);
}

/**
 * lambda w / (w^2 + lambda); its limit 0 at lambda = 0.
 *
 * @param weight `[n]`, >= 0
 * @throws RangeError when lambda is not in [0, Infinity], or naming a weight that is not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...shrinkOptimistically(Float64Array.of(0, 2), 4)], [0, 1]);
 * ```
 */
export function shrinkOptimistically(weight: Float64Array, lambda: number): Float64Array {
  checkInRange(lambda, "lambda", 0, Infinity);
  checkFinite(weight, "weight");
  // Written with w / lambda so that lambda = Infinity divides by exactly 1.
  return weight.map((w) => lambda === 0 ? 0 : w / (1 + w * (w / lambda)));
}

/**
 * w / (1 - lambda + lambda w); its limit 0 at w = 0.
 *
 * @param weight `[n]`, >= 0
 * @throws RangeError when lambda is not in [0, 1], or naming a weight that is not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...subGaussian(Float64Array.of(1, 3), 0.5)], [1, 1.5]);
 * ```
 */
export function subGaussian(weight: Float64Array, lambda: number): Float64Array {
  checkInRange(lambda, "lambda", 0, 1);
  checkFinite(weight, "weight");
  return weight.map((w) => w === 0 ? 0 : w / (1 - lambda + lambda * w));
}

function checkInRange(value: number, name: string, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw new RangeError(`${name} must be in [${low}, ${high}], got ${value}`);
}

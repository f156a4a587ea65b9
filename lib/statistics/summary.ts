/**
 * Summaries of a list of numbers. All throw on a number that is not finite, naming its index: a NaN among results must
 * stop a run, not vanish in an average.
 *
 * @module
 */
import { float64 } from "../float64.ts";

/**
 * Checks numbers before they are summed up.
 *
 * @param name what to call them in the error
 * @throws RangeError when there are fewer than `least` values or one is not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkFinite([1, NaN], "reward"), /reward\[1\] must be a finite number, got NaN/);
 * ```
 */
export function checkFinite(values: ArrayLike<number>, name = "values", least = 1): void {
  if (values.length < least) {
    throw new RangeError(`${name} must have at least ${least} element${least === 1 ? "" : "s"}, got ${values.length}`);
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError(`${name}[${i}] must be a finite number, got ${values[i]}`);
  }
}

/**
 * Arithmetic mean, in the unit of the values. Exact for constant input: it sums the differences from the first value.
 *
 * @throws RangeError when empty or not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(mean([0.1, 0.1, 0.1]), 0.1);
 * assert.throws(() => mean([1, NaN]), /values\[1\] must be a finite number, got NaN/);
 * ```
 */
export function mean(values: ArrayLike<number>): number {
  checkFinite(values);
  const first = values[0];
  let sum = 0;
  for (let i = 1; i < values.length; i++) sum += values[i] - first;
  return first + sum / values.length;
}

/**
 * Unbiased variance (divisor n - 1), in the unit of the values squared.
 *
 * @throws RangeError when there are fewer than 2 values or one is not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(variance([1, 2, 3, 4]), 5 / 3);
 * ```
 */
export function variance(values: ArrayLike<number>): number {
  checkFinite(values, "values", 2);
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - centre) ** 2;
  return squares / (values.length - 1);
}

/**
 * Euclidean length, in the unit of the values: squares are taken relative to the largest value, so that they neither
 * vanish nor overflow.
 *
 * @throws RangeError when empty or not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(euclideanNorm([3e-200, 4e-200]) / 5e-200 - 1) < 1e-15);
 * ```
 */
export function euclideanNorm(values: ArrayLike<number>): number {
  checkFinite(values);
  let largest = 0, squares = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  if (largest === 0) return 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] / largest) ** 2;
  return largest * Math.sqrt(squares);
}

/**
 * Square root of {@link variance}, in the unit of the values; it does not vanish where the variance underflows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(standardDeviation([2, 4]), Math.SQRT2);
 * ```
 */
export function standardDeviation(values: ArrayLike<number>): number {
  checkFinite(values, "values", 2);
  const centre = mean(values);
  return euclideanNorm(float64(values.length, (i) => values[i] - centre)) / Math.sqrt(values.length - 1);
}

/**
 * Root of the mean square, in the unit of the values: of errors against a known truth, the RMSE.
 *
 * @throws RangeError when empty or not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(rootMeanSquare([3, -4, 0, 0]), 2.5);
 * ```
 */
export function rootMeanSquare(values: ArrayLike<number>): number {
  return euclideanNorm(values) / Math.sqrt(values.length);
}

/**
 * Quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, the default of R and numpy).
 *
 * @param values in any order
 * @param p share in [0, 1]
 * @throws RangeError when empty, not finite, or `p` is outside [0, 1]
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
 * ```
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  checkFinite(values);
  return quantileOfSorted(Float64Array.from(values).sort(), p);
}

/**
 * The {@link quantile} at one half.
 *
 * @throws RangeError when empty or not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(median([4, 1, 3, 2]), 2.5);
 * ```
 */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/**
 * {@link quantile} of values that are finite and in ascending order already: several quantiles for one sort.
 *
 * @throws RangeError when `p` is outside [0, 1]
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(quantileOfSorted([1, 2, 3, 4], 0.5), 2.5);
 * ```
 */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`p must be in [0, 1], got ${p}`);
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const share = position - below;
  return share === 0 ? sorted[below] : sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

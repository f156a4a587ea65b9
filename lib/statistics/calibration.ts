/**
 * Calibration of predicted probabilities against true ones that are known.
 *
 * @module
 */

/**
 * Expected calibration error with equal-width bins (Naeini, Cooper & Hauskrecht, AAAI 2015): the mean over bins, by their
 * weight, of |mean prediction − mean truth|.
 *
 * @param predicted probabilities in [0, 1], `[n]`
 * @param truth what they should be, in [0, 1], `[n]`
 * @param weight of each, >= 0, not all zero, `[n]`
 * @param bins number of bins, >= 1; 10 unless given
 * @throws TypeError when lengths disagree; RangeError when a number is out of range
 * @example Predictions that are too sure by 0.1 on both sides
 * ```ts
 * import assert from "node:assert/strict";
 * const error = calibrationError([0.95, 0.05], [0.85, 0.15], [1, 1]);
 * assert.ok(Math.abs(error - 0.1) < 1e-12);
 * ```
 */
export function calibrationError(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  weight: ArrayLike<number>,
  bins = 10,
): number {
  const n = predicted.length;
  if (truth.length !== n || weight.length !== n) {
    throw new TypeError(`truth and weight must have ${n} entries, got ${truth.length} and ${weight.length}`);
  }
  if (!(Number.isInteger(bins) && bins >= 1)) throw new RangeError(`bins must be a whole number >= 1, got ${bins}`);
  const gaps = new Float64Array(bins);
  let total = 0;
  for (let i = 0; i < n; i++) {
    for (const [name, p] of [["predicted", predicted[i]], ["truth", truth[i]]] as const) {
      if (!(p >= 0 && p <= 1)) throw new RangeError(`${name}[${i}] must be in [0, 1], got ${p}`);
    }
    if (!(weight[i] >= 0 && weight[i] < Infinity)) throw new RangeError(`weight[${i}] must be >= 0, got ${weight[i]}`);
    gaps[Math.min(bins - 1, Math.floor(predicted[i] * bins))] += weight[i] * (predicted[i] - truth[i]);
    total += weight[i];
  }
  if (!(total > 0)) throw new RangeError("weight: at least one must be above 0");
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / total;
}

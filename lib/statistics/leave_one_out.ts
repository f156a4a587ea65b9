/**
 * A number of a list without one of its values, for each of them: what the jackknife is made of.
 *
 * @module
 */
import { medianAt, mediansWithout } from "./medians.ts";
import { checkFinite, mean, median, rootMeanSquare, standardDeviation } from "./summary.ts";

/** A number made of a list, such as its mean. */
export type Summary = (values: Float64Array) => number;

/**
 * The summary of all values but one, for each of them.
 *
 * The mean, the root mean square, the standard deviation and the median take time in n: what is before a value and what is behind it are
 * added up once each, and nothing is subtracted that could cancel. They are what the summary of the values that are left is,
 * but for rounding. Others are computed as often as there are values.
 *
 * @param values `[n]`, finite, at least 2; the one that is left of two stands twice, so that a spread is 0 then, not undefined
 * @returns `[n]`, the k-th is that without the k-th value
 * @throws RangeError when a value is not finite or there are too few
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mean } from "./summary.ts";
 * assert.deepEqual([...leaveOneOut(mean, Float64Array.of(1, 2, 6))], [4, 3.5, 1.5]);
 * ```
 */
export function leaveOneOut(summary: Summary, values: Float64Array): Float64Array {
  checkFinite(values, "values", 2);
  if (values.length > 2) {
    if (summary === mean) return meansWithout(values);
    if (summary === rootMeanSquare) return rootMeanSquaresWithout(values);
    if (summary === standardDeviation) return deviationsWithout(values);
    if (summary === median) return mediansWithout(values);
  }
  return values.map((_, k) => summary(without(values, k)));
}

/** The values that are left; the one of two stands twice. */
function without(values: Float64Array, k: number): Float64Array {
  if (values.length === 2) return Float64Array.of(values[1 - k], values[1 - k]);
  const left = new Float64Array(values.length - 1);
  left.set(values.subarray(0, k));
  left.set(values.subarray(k + 1), k);
  return left;
}

/** The sum of all terms but one, for each of them: what is before it, and what is behind it. */
function sumsWithout(terms: Float64Array): Float64Array {
  const n = terms.length, sums = new Float64Array(n);
  for (let k = n - 2; k >= 0; k--) sums[k] = sums[k + 1] + terms[k + 1];
  for (let k = 1, before = terms[0]; k < n; before += terms[k++]) sums[k] += before;
  return sums;
}

/** {@linkcode mean} takes differences from the first value, which is another one only without the first. */
function meansWithout(values: Float64Array): Float64Array {
  const first = values[0], left = values.length - 1;
  const sums = sumsWithout(values.subarray(1).map((value) => value - first));
  const means = new Float64Array(values.length);
  means[0] = mean(values.subarray(1));
  for (let k = 1; k < values.length; k++) means[k] = first + sums[k - 1] / left;
  return means;
}

/** {@linkcode rootMeanSquare} takes squares relative to the largest value, which is another one only without the largest. */
function rootMeanSquaresWithout(values: Float64Array): Float64Array {
  let largest = 0, second = 0, at = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > largest) [largest, second, at] = [size, largest, i];
    else if (size > second) second = size;
  }
  if (largest === 0) return new Float64Array(values.length);
  const sums = sumsWithout(values.map((value) => (value / largest) ** 2)), left = Math.sqrt(values.length - 1);
  const all = sums.map((sum) => largest * Math.sqrt(sum) / left);
  if (second < largest) all[at] = rootMeanSquare(without(values, at));
  return all;
}

/** Share of all squares below which what is left of them is added up anew: differences of sums have lost digits there. */
const LITTLE_LEFT = 0.01;

/** Squares about the mean of what is left, from sums about the mean of all, which is nearly that. */
function deviationsWithout(values: Float64Array): Float64Array {
  const n = values.length, anew = (_: number, k: number) => standardDeviation(without(values, k));
  const centre = mean(values), largest = values.reduce((most, value) => Math.max(most, Math.abs(value - centre)), 0);
  if (largest === 0) return new Float64Array(n);
  if (largest === Infinity) return values.map(anew); // which says that it is not finite
  const distances = values.map((value) => (value - centre) / largest), squares = distances.map((d) => d * d);
  const sums = sumsWithout(distances), rest = sumsWithout(squares), all = rest[0] + squares[0];
  return values.map((value, k) => {
    const left = rest[k] - sums[k] ** 2 / (n - 1);
    return left < LITTLE_LEFT * all ? anew(value, k) : largest * Math.sqrt(left) / Math.sqrt(n - 2);
  });
}

/**
 * The summary of the values at these indices, to the last bit as if they stood in a list of their own.
 *
 * @param values finite, `[n]`
 * @param indices each below n, at least one
 * @throws RangeError when the summary does
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mean } from "./summary.ts";
 * assert.equal(summaryAt(mean, Float64Array.of(1, 2, 6), Uint32Array.of(2, 2, 0)), 13 / 3);
 * ```
 */
export function summaryAt(summary: Summary, values: Float64Array, indices: Uint32Array): number {
  if (summary === mean) {
    const first = values[indices[0]];
    let sum = 0;
    for (let i = 1; i < indices.length; i++) sum += values[indices[i]] - first;
    if (Number.isFinite(sum)) return first + sum / indices.length;
  }
  const picked = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) picked[i] = values[indices[i]];
  return summary(picked);
}

/**
 * {@linkcode summaryAt} for many sets of indices: what the values alone decide is done once.
 *
 * @param values finite, `[n]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { median } from "./summary.ts";
 * const at = summaryOf(median, Float64Array.of(1, 2, 6));
 * assert.deepEqual([at(Uint32Array.of(0, 2, 1)), at(Uint32Array.of(0, 2))], [2, 3.5]);
 * ```
 */
export function summaryOf(summary: Summary, values: Float64Array): (indices: Uint32Array) => number {
  return summary === median ? medianAt(values) : (indices) => summaryAt(summary, values, indices);
}

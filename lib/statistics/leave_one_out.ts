/**
 * A number of a list without one of its values, for each of them: what the jackknife is made of.
 *
 * @module
 */
import { checkFinite, mean, rootMeanSquare, standardDeviation } from "./summary.ts";

/** A number made of a list, such as its mean. */
export type Summary = (values: Float64Array) => number;

/**
 * The summary of all values but one, for each of them: to the last bit what it is of the values that are left.
 *
 * The mean, the root mean square and the standard deviation share what their sums have in common; others are computed as
 * often as there are values.
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

/**
 * The sum of all terms but one, for each of them, each added up from the first to the last as a loop would. Four go at once:
 * an addition waits for the one before it, and not for those of other sums.
 */
function sumsWithout(terms: Float64Array): Float64Array {
  const n = terms.length, sums = new Float64Array(n);
  let before = 0, k = 0;
  for (; k + 4 <= n; k += 4) {
    const t0 = terms[k], t1 = terms[k + 1], t2 = terms[k + 2], t3 = terms[k + 3];
    let s0 = before + t1 + t2 + t3, s1 = before + t0 + t2 + t3, s2 = before + t0 + t1 + t3, s3 = before + t0 + t1 + t2;
    before = s3 + t3;
    for (let i = k + 4; i < n; i++) {
      const term = terms[i];
      s0 += term;
      s1 += term;
      s2 += term;
      s3 += term;
    }
    sums[k] = s0;
    sums[k + 1] = s1;
    sums[k + 2] = s2;
    sums[k + 3] = s3;
  }
  for (; k < n; k++) {
    sums[k] = before;
    for (let i = k + 1; i < n; i++) sums[k] += terms[i];
    before += terms[k];
  }
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

/** {@linkcode standardDeviation} takes squares about the mean of what is left, which is another one each time. */
function deviationsWithout(values: Float64Array): Float64Array {
  const n = values.length, centres = meansWithout(values);
  return centres.map((centre, k) => {
    let largest = 0, squares = 0;
    for (let i = 0; i < n; i++) {
      const size = Math.abs(values[i] - centre);
      if (size > largest && i !== k) largest = size;
    }
    if (largest === 0) return 0;
    if (largest === Infinity) return standardDeviation(without(values, k)); // which says that it is not finite
    for (let i = 0; i < k; i++) squares += ((values[i] - centre) / largest) ** 2;
    for (let i = k + 1; i < n; i++) squares += ((values[i] - centre) / largest) ** 2;
    return largest * Math.sqrt(squares) / Math.sqrt(n - 2);
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

/**
 * Medians of resamples of one list, which is sorted once for all of them.
 *
 * @module
 */
import { checkFinite, quantileOfSorted } from "./summary.ts";

/** The values in ascending order, and the place of each among them. */
function sortedWithRanks(values: Float64Array): { readonly sorted: Float64Array; readonly rank: Uint32Array } {
  const order = new Uint32Array(values.length), sorted = new Float64Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort((a, b) => values[a] - values[b]);
  const rank = new Uint32Array(values.length);
  for (let r = 0; r < order.length; r++) {
    rank[order[r]] = r;
    sorted[r] = values[order[r]];
  }
  return { sorted, rank };
}

/**
 * The median of the values at some indices, by counting how often each is taken, smallest first: in time n, without a sort.
 *
 * @param values finite, `[n]`
 * @returns a function of indices below n, at least one
 * @throws RangeError when a value is not finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(medianAt(Float64Array.of(5, 1, 3))(Uint32Array.of(0, 0, 1, 2)), 4);
 * ```
 */
export function medianAt(values: Float64Array): (indices: Uint32Array) => number {
  checkFinite(values);
  const { sorted, rank } = sortedWithRanks(values), counts = new Uint32Array(values.length);
  return (indices) => {
    counts.fill(0);
    for (let i = 0; i < indices.length; i++) counts[rank[indices[i]]]++;
    const lower = (indices.length - 1) >> 1;
    let at = 0, taken = counts[0];
    while (taken <= lower) taken += counts[++at];
    if (indices.length % 2 === 1 || taken > lower + 1) return sorted[at];
    const below = sorted[at];
    do at++; while (counts[at] === 0);
    return below + 0.5 * (sorted[at] - below);
  };
}

/**
 * The median of all values but one, for each of them.
 *
 * @param values finite, `[n]`, at least 2
 * @returns `[n]`, the k-th is that without the k-th value
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...mediansWithout(Float64Array.of(5, 1, 3))], [2, 4, 3]);
 * ```
 */
export function mediansWithout(values: Float64Array): Float64Array {
  const { sorted, rank } = sortedWithRanks(values), n = values.length, half = n >> 1;
  // Only whether the value is below, in or above the middle matters.
  const left = (r: number) => quantileOfSorted([...sorted.subarray(0, r), ...sorted.subarray(r + 1)], 0.5);
  const below = left(0), middle = left(half), above = left(n - 1), middleIsOne = n % 2 === 1;
  return values.map((_, k) => rank[k] < half ? below : middleIsOne && rank[k] === half ? middle : above);
}

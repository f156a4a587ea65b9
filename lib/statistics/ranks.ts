/**
 * Ranks of several methods over the same replicates: who is ahead, how surely, and whether the order stays.
 *
 * @module
 */
import type { Evidence } from "./claims.ts";
import { checkFinite, mean } from "./summary.ts";

/**
 * Ranks from 1 for the largest value; equal values share the mean of their ranks.
 *
 * @returns `[n]`, summing to n(n + 1)/2
 * @throws RangeError when a value is not finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...ranks([0.2, 0.9, 0.2])], [2.5, 1, 2.5]);
 * ```
 */
export function ranks(values: ArrayLike<number>): Float64Array {
  checkFinite(values);
  if (values.length <= FEW) return ranksOfFew(values);
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[b] - values[a]);
  const out = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) out[order[i]] = (start + 1 + end) / 2;
    start = end;
  }
  return out;
}

/** Up to so many, counting those ahead takes less time than sorting: bootstraps rank methods 10,000 times. */
const FEW = 64;

function ranksOfFew(values: ArrayLike<number>): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    let ahead = 0, equal = 0;
    for (let j = 0; j < values.length; j++) {
      if (values[j] > values[i]) ahead++;
      else if (values[j] === values[i]) equal++;
    }
    out[i] = ahead + (equal + 1) / 2;
  }
  return out;
}

/**
 * Each method's rank on every replicate. Their means over replicates are what Friedman's test compares (Demšar, JMLR 2006);
 * a bootstrap of replicates gives these means intervals.
 *
 * @param values one row a method, one column a replicate, `[K][R]`
 * @returns `[K][R]`, from 1 to K in each column
 * @throws TypeError when rows differ in length, RangeError when one is empty or not finite
 * @example Second, first; then first, second
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(seedRanks([[1, 5], [2, 4]]).map((row) => [...row]), [[2, 1], [1, 2]]);
 * ```
 */
export function seedRanks(values: readonly ArrayLike<number>[]): Float64Array[] {
  const replicates = values[0]?.length ?? 0, out = values.map(() => new Float64Array(replicates));
  if (replicates === 0) throw new RangeError("values must have at least one method with one replicate");
  values.forEach((row, k) => {
    if (row.length !== replicates) {
      throw new TypeError(`values[${k}]: expected ${replicates} values, got ${row.length}`);
    }
  });
  for (let r = 0; r < replicates; r++) ranks(values.map((row) => row[r])).forEach((rank, k) => out[k][r] = rank);
  return out;
}

/**
 * Rank correlation of Spearman: 1 for the same order, −1 for the opposite one. Correlation of the ranks, so that ties are
 * allowed; 0 when all values of one side are equal.
 *
 * @throws TypeError when lengths differ, RangeError when a value is not finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(rankCorrelation([1, 2, 3], [10, 20, 90]), 1);
 * ```
 */
export function rankCorrelation(first: ArrayLike<number>, second: ArrayLike<number>): number {
  if (first.length !== second.length) {
    throw new TypeError(`first and second must be pairs, got ${first.length} and ${second.length} values`);
  }
  return correlationOfRanks(ranks(first), ranks(second));
}

/**
 * Rank correlation of Spearman averaged over all pairs of rows, each of which is ranked once.
 *
 * @param rows at least two, of one length
 * @throws RangeError when a value is not finite or there is no pair
 * @example The same order twice, and its opposite
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(meanRankCorrelation([[1, 2, 3], [1, 4, 9], [3, 2, 1]]) + 1 / 3) < 1e-15);
 * ```
 */
export function meanRankCorrelation(rows: readonly ArrayLike<number>[]): number {
  const ranked = rows.map(ranks);
  return mean(ranked.flatMap((a, i) => ranked.slice(0, i).map((b) => correlationOfRanks(a, b))));
}

function correlationOfRanks(a: Float64Array, b: Float64Array): number {
  const middle = (a.length + 1) / 2;
  let ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - middle) * (b[i] - middle);
    aa += (a[i] - middle) ** 2;
    bb += (b[i] - middle) ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/**
 * Methods that nothing separates from the one with the largest mean: those whose paired difference to it has an interval
 * that reaches 0, and itself.
 *
 * @param values one row a method, one column a replicate, `[K][R]`
 * @param difference interval of the mean of a − b over replicates
 * @returns indices, the best one first, the others by their means
 * @example
 * ```ts
 * import { pairedDifference } from "./intervals.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(leaders([[0, 0, 0], [9, 8, 9], [9, 9, 8]], pairedDifference), [1, 2]);
 * ```
 */
export function leaders(
  values: readonly ArrayLike<number>[],
  difference: (a: ArrayLike<number>, b: ArrayLike<number>) => Evidence,
): number[] {
  const means = values.map(mean);
  const order = means.map((_, k) => k).sort((a, b) => means[b] - means[a]);
  return order.filter((k) => k === order[0] || difference(values[order[0]], values[k]).lower <= 0);
}

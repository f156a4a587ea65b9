/**
 * Intervals of quantiles.
 *
 * @module
 */
import type { Evidence } from "./claims.ts";
import { checkLevel, type IntervalOptions } from "./intervals.ts";
import { checkFinite, quantileOfSorted } from "./summary.ts";

/**
 * A quantile of independent replicates between two order statistics, which cover it with at least the level's probability
 * whatever the law (the sign test inverted). Where n is too small for that, both ends are the extremes, and the evidence
 * gives no verdict.
 *
 * @param p share in (0, 1); 0.5 is the median
 * @throws RangeError when there are fewer than 2 values, one is not finite, or `p` or `level` is not in (0, 1)
 *
 * @example Six values are the fewest that hold a median with 95 %
 * ```ts
 * import assert from "node:assert/strict";
 * const { estimate, lower, upper, short } = quantileInterval([6, 1, 5, 2, 4, 3], 0.5);
 * assert.deepEqual([estimate, lower, upper, short], [3.5, 1, 6, undefined]);
 * assert.match(quantileInterval([1, 2, 3], 0.5).short!, /too few/);
 * ```
 */
export function quantileInterval(
  values: ArrayLike<number>,
  p: number,
  { level = 0.95 }: IntervalOptions = {},
): Evidence {
  checkFinite(values, "values", 2);
  checkLevel(level);
  if (!(p > 0 && p < 1)) throw new RangeError(`p must be in (0, 1), got ${p}`);
  const n = values.length, sorted = Float64Array.from(values).sort(), tail = (1 - level) / 2;
  // Of n values, the count below the quantile is binomial; each end leaves out at most one tail of it.
  const rank = (share: number) => {
    let term = (1 - share) ** n, below = term, k = 0;
    while (below <= tail) {
      term *= (n - k) / (k + 1) * share / (1 - share);
      k++;
      below += term;
    }
    return k;
  };
  const low = rank(p), high = rank(1 - p);
  const ends = {
    estimate: quantileOfSorted(sorted, p),
    lower: sorted[Math.max(0, low - 1)],
    upper: sorted[n - Math.max(1, high)],
    n,
  };
  if (low > 0 && high > 0) return ends;
  return { ...ends, short: `${n} replicates are too few for a verdict: their extremes may miss the quantile` };
}

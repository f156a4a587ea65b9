/**
 * How many replicates a verdict needs: the least n from which the interval's measured coverage is within 3 points of 95 %.
 * The table is in docs/statistics.md, the simulation in coverage_slow_test.ts.
 *
 * @module
 */
import type { Evidence } from "./claims.ts";

/** What an interval is of, as far as its coverage goes. */
export type Shape = keyof typeof LEAST;

/**
 * Least replicates by shape: means and their differences (Student), smooth functions of means (jackknife), spreads and
 * their ratios (jackknife on the log scale), all that jumps, such as ranks (bootstrap), and a number on one data set whose
 * spread comes from bootstrap draws (Student over the draws, which are near normal).
 */
export const LEAST = { mean: 10, smooth: 10, spread: 10, rough: 10, draws: 3 } as const;

/** Of fewer equal values, all lie on one side of the median by chance in more than 5 % of the cases: 2 · 0.5ⁿ. */
const LEAST_EQUAL = 6;

/**
 * The evidence, with the reason why it gives no verdict where its replicates are too few: fewer than its shape needs, or
 * an interval of zero width because a handful of replicates happens to be equal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const wide = { estimate: 2, lower: 1, upper: 3 };
 * assert.equal(enough({ ...wide, n: 10 }, "mean").short, undefined);
 * assert.match(enough({ ...wide, n: 2 }, "mean").short!, /^2 replicates are too few for a verdict: .* 10 or more$/);
 * assert.match(enough({ estimate: 1, lower: 1, upper: 1, n: 5 }, "draws").short!, /^5 equal replicates/);
 * ```
 */
export function enough(evidence: Evidence, shape: Shape): Evidence {
  const { lower, upper, n } = evidence, least = LEAST[shape];
  if (n < least) {
    return { ...evidence, short: `${n} replicates are too few for a verdict: it takes ${least} or more` };
  }
  if (lower === upper && n < LEAST_EQUAL) {
    return { ...evidence, short: `${n} equal replicates are too few for a verdict: it takes ${LEAST_EQUAL} or more` };
  }
  return evidence;
}

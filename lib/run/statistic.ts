/**
 * Statistics of several series over the same replicates.
 *
 * @module
 */
import type { Summary } from "../statistics/leave_one_out.ts";

/** A number made of several series, one array each. */
export type Statistic = ((values: readonly Float64Array[]) => number) | StatisticOfEach;

/**
 * One that looks at each series through one number, such as its mean: of a series without one replicate or another that
 * number need not be computed from the start, nor twice for two statistics.
 */
export interface StatisticOfEach {
  /** The same from the series themselves. */
  (values: readonly Float64Array[]): number;
  /** The number of a series. */
  readonly summary: Summary;
  /** The statistic, from one number a series. */
  readonly combine: (numbers: readonly number[]) => number;
}

/**
 * A statistic that looks at each series through one number.
 *
 * @param summary a function that is the same one each time, so that its numbers are found again
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mean } from "../statistics/summary.ts";
 * const ratio = ofEach(mean, ([clicks, views]) => clicks / views);
 * assert.equal(ratio([Float64Array.of(1, 3), Float64Array.of(4, 4)]), 0.5);
 * ```
 */
export function ofEach(summary: Summary, combine: (numbers: readonly number[]) => number): StatisticOfEach {
  return Object.assign((values: readonly Float64Array[]) => combine(values.map((own) => summary(own))), {
    summary,
    combine,
  });
}

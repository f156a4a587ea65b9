/**
 * What the replicates of a question are, which decides the interval of everything that is read from them.
 *
 * @module
 */
import type { Evidence } from "../statistics/claims.ts";
import { meanInterval, standardErrorInterval } from "../statistics/intervals.ts";
import { overSplits } from "../statistics/splits.ts";
import { checkFinite, mean } from "../statistics/summary.ts";

/**
 * - "seeds": worlds or runs that share nothing, so that Student's interval of their mean holds;
 * - "resamples": replicate 0 is one real data set, every other a bootstrap resample of it;
 * - splits: random splits of one real data set, whose training parts overlap; `training` is the share of units a split
 *   learns from, in (0, 1).
 */
export type Replicates = "seeds" | "resamples" | { readonly training: number; readonly of: string };

/** What one replicate is called, in the plural. */
export function unitOf(replicates: Replicates): string {
  return typeof replicates === "string" ? replicates : "splits";
}

/**
 * The interval of a number of which each replicate has one.
 *
 * @param values one a replicate, `[R]`
 * @throws RangeError when a number is not finite or there are too few
 * @example Resamples give the spread, the data themselves the number
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(evidenceOf(Float64Array.of(5, 4, 7, 7), "resamples").estimate, 5);
 * assert.equal(evidenceOf(Float64Array.of(5, 4, 7, 8), "seeds").estimate, 6);
 * ```
 */
export function evidenceOf(values: Float64Array, replicates: Replicates): Evidence {
  if (replicates === "resamples") return onData(values);
  const evidence = meanInterval(values);
  return replicates === "seeds" ? evidence : overSplits(evidence, replicates.training);
}

/** The number on the data with its bootstrap interval; fewer than two resamples have none and give no verdict. */
function onData(values: Float64Array): Evidence {
  const [estimate] = values, n = values.length - 1;
  if (n < 2) {
    checkFinite(values);
    return { estimate, lower: estimate, upper: estimate, n, short: "fewer than two resamples have no interval" };
  }
  return standardErrorInterval(estimate, values.subarray(1));
}

/** One number for all replicates: that of the data where they are resampled, the mean elsewhere. */
export function centreOf(values: Float64Array, replicates: Replicates): number {
  return replicates === "resamples" ? values[0] : mean(values);
}

/**
 * What the intervals of a figure are, in a sentence for its caption.
 *
 * @param n replicates behind them; of resamples the first is the data
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(intervalsTold("seeds", 20), "Intervals are 95% over 20 seeds.");
 * assert.equal(
 *   intervalsTold({ training: 0.8, of: "pairs" }, 20),
 *   "Intervals are 95% over 20 splits, corrected for the pairs that splits share.",
 * );
 * ```
 */
export function intervalsTold(replicates: Replicates, n: number): string {
  const over = `Intervals are 95% over ${replicates === "resamples" ? n - 1 : n} ${unitOf(replicates)}`;
  if (replicates === "seeds") return `${over}.`;
  if (replicates === "resamples") return `${over} of the data.`;
  return `${over}, corrected for the ${replicates.of} that splits share.`;
}

/**
 * What stands beside figures and tables: what could have been seen, and whether fits have ended.
 *
 * @module
 */
import { methodStyle } from "../report/methods.ts";
import { formatNumber } from "../report/numbers.ts";
import { NothingToTest } from "../statistics/claims.ts";
import { minimumDetectableEffect } from "../statistics/power.ts";
import { standardDeviation } from "../statistics/summary.ts";
import type { Metric, Reading } from "./quantity.ts";
import { centreOf, type Replicates, unitOf } from "./replicates.ts";
import type { View } from "./view.ts";

/** Standard error of a number of which each replicate has one. */
function standardErrorOf(values: Float64Array, replicates: Replicates): number {
  if (replicates === "resamples") return standardDeviation(values.subarray(1));
  const shared = replicates === "seeds" ? 0 : (1 - replicates.training) / replicates.training;
  return standardDeviation(values) * Math.sqrt(1 / values.length + shared);
}

/** One number a replicate; none where the rows leave nothing to test. */
function valuesOf<O>(view: View, options: O, reading: Reading<O>): Float64Array {
  try {
    return reading.series(view, options).values;
  } catch (error) {
    if (error instanceof NothingToTest) return new Float64Array();
    throw error;
  }
}

/**
 * The smallest difference that these replicates could have shown, in a sentence; none where an arm was not run, where the
 * options leave nothing to compare, or where resamples are too few.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Metric } from "./quantity.ts";
 * import { blocksOf } from "./rows_test_helpers.ts";
 * import { viewOf } from "./view.ts";
 * const row = { part: "synthetic", question: "q", condition: {}, metric: "gain" };
 * const rows = ["dpo", "pmle"].flatMap((arm, i) => [0, 1, 2].map((seed) => ({ ...row, arm, seed, value: i * seed })));
 * const difference = new Metric("gain", "gain", 3).of("pmle").minus("dpo");
 * const view = viewOf(blocksOf(rows), "q", ["dpo", "pmle"], [{}]);
 * assert.match(detectable(view, {}, difference)[0], /^Over 3 seeds .* in the gain of PMLE − DPO; seen: 1\.$/);
 * assert.deepEqual(detectable(viewOf(blocksOf(rows), "q", ["dpo"], [{}]), {}, difference), []);
 * ```
 */
export function detectable<O>(view: View, options: O, difference: Reading<O>): string[] {
  const { replicates } = view, { arms, needs, words } = difference;
  if (!arms.every((arm) => view.arms.includes(arm)) || needs(options) !== undefined) return [];
  const values = valuesOf(view, options, difference),
    n = replicates === "resamples" ? values.length - 1 : values.length;
  if (n < 2) return [];
  const smallest = minimumDetectableEffect(standardErrorOf(values, replicates));
  // Replicates that all agree say nothing about their spread.
  if (smallest === 0) return [];
  return [
    `Over ${n} ${unitOf(replicates)} a difference of ${
      formatNumber(smallest)
    } would be found with a power of 80% in the ` +
    `${words}; seen: ${formatNumber(centreOf(values, replicates))}.`,
  ];
}

/**
 * How far the worst fit of a question is from its optimum, in a sentence.
 *
 * @param what that says of them, such as "Fits end at their optima"
 * @param gradient the largest gradient left in a fit
 */
export function converged(view: View, what: string, gradient: Metric): string {
  const worst = view.arms.map((arm) => ({
    arm,
    norm: Math.max(...view.conditions.flatMap((at) => [...view.series(arm, gradient.name, at).values])),
  })).toSorted((a, b) => b.norm - a.norm)[0];
  return `${what}: the largest gradient left over all arms, conditions and ${unitOf(view.replicates)} is ` +
    `${formatNumber(worst.norm)} (${methodStyle(worst.arm).label}).`;
}

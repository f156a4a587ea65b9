/**
 * Whether the rows can tell two arms apart at all.
 *
 * @module
 */
import { methodStyle } from "../report/methods.ts";
import { formatNumber } from "../report/numbers.ts";
import { normalQuantile, studentQuantile } from "../statistics/distributions.ts";
import { minimumDetectableEffect } from "../statistics/power.ts";
import type { Condition } from "./experiment.ts";
import { unitOf } from "./replicates.ts";
import type { View } from "./view.ts";

/**
 * The smallest difference between two arms that would have been found, beside the one that was seen.
 *
 * @param unit of the metric, in words
 * @example
 * ```ts
 * import { viewOf } from "./view.ts";
 * import assert from "node:assert/strict";
 * const row = { part: "benchmark", question: "q", condition: {}, metric: "uplift" };
 * const rows = ["dr", "ipw"].flatMap((arm, k) =>
 *   Array.from({ length: 13 }, (_, seed) => ({ ...row, arm, seed, value: 2 - k + k * Math.sin(seed) }))
 * );
 * const view = viewOf(rows, "q", ["dr", "ipw"], [{}], { replicates: "resamples" });
 * assert.match(powerNote(view, ["dr", "ipw"], "uplift", "clicks"), /between DR and IPW .* clicks; seen: 1/);
 * ```
 */
export function powerNote(
  view: View,
  [arm, other]: readonly [string, string],
  metric: string,
  unit: string,
  condition?: Condition,
): string {
  const names = `${methodStyle(arm).label} and ${methodStyle(other).label}`;
  const { lower, upper, df, short, estimate } = view.paired(arm, other, metric, condition);
  // However far from 0 their interval lies, so few replicates separate nothing, and say nothing of power either.
  if (short !== undefined) return `There are too few ${unitOf(view.replicates)} to say what could separate ${names}.`;
  // The half-width of the interval stands for the standard error.
  const quantile = df === undefined ? normalQuantile(0.975) : studentQuantile(0.975, df);
  const smallest = minimumDetectableEffect((upper - lower) / 2 / quantile), seen = Math.abs(estimate);
  return `Minimum detectable difference between ${names} (80% power, 5% level): ` +
    `${formatNumber(smallest)} ${unit}; seen: ${formatNumber(seen)}. ${separates(lower * upper > 0, seen < smallest)}`;
}

/** The interval decides what the data separate; power says only what they could have found. */
function separates(apart: boolean, small: boolean): string {
  if (apart) {
    return small
      ? "These data separate the two, though a difference as small as this is found in fewer than 80% of such data sets."
      : "These data separate the two.";
  }
  return small ? "These data have no power to separate the two." : "These data do not separate the two.";
}

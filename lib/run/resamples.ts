/**
 * Real data: seed 0 is the data themselves, every other seed a bootstrap resample of them.
 *
 * @module
 */
import { methodStyle } from "../report/methods.ts";
import { formatNumber } from "../report/numbers.ts";
import type { Condition } from "./experiment.ts";
import type { View } from "./view.ts";
import type { Evidence } from "../statistics/claims.ts";
import { standardErrorInterval } from "../statistics/intervals.ts";
import { minimumDetectableEffect } from "../statistics/power.ts";
import { checkFinite, standardDeviation } from "../statistics/summary.ts";
import type { Rng } from "../random.ts";

/** A row of {@linkcode summaryOnData}: condition columns beside the arm and its number. */
export type ResampledRow = Condition & {
  /** Id of the arm. */
  readonly arm: string;
  /** The number on the data themselves, in the unit of the metric. */
  readonly value: number;
  /** Lower end of its 95 % interval. */
  readonly lower: number;
  /** Upper end of its 95 % interval. */
  readonly upper: number;
  /** Resamples behind the interval. */
  readonly resamples: number;
};

/** What one replicate of such evidence is. */
export const UNIT = "resamples";

/**
 * Row numbers of replicate `seed`: all rows in order for seed 0, draws with replacement otherwise.
 *
 * @param n number of rows
 * @returns `[n]`, each below n
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual([...resampleRows(3, 0, Rng.seed(1))], [0, 1, 2]);
 * assert.ok(resampleRows(3, 1, Rng.seed(1)).every((row) => row < 3));
 * ```
 */
export function resampleRows(n: number, seed: number, rng: Rng): Uint32Array {
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = seed === 0 ? i : rng.integer(n);
  return rows;
}

/**
 * A number on the data, with a bootstrap interval.
 *
 * @param values on the data themselves, then on each resample; fewer than two resamples have no interval and give no verdict
 * @throws RangeError when a number is not finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(evidenceOf(Float64Array.of(5, 4, 6)).estimate, 5);
 * assert.equal(evidenceOf(Float64Array.of(5, 4)).short, "fewer than two resamples have no interval");
 * ```
 */
export function evidenceOf(values: Float64Array): Evidence {
  const [estimate] = values, n = values.length - 1;
  if (n < 2) {
    checkFinite(values);
    return { estimate, lower: estimate, upper: estimate, n, short: "fewer than two resamples have no interval" };
  }
  return standardErrorInterval(estimate, values.subarray(1));
}

/**
 * A metric on the data, with a bootstrap interval.
 *
 * @throws RangeError when there are no such rows
 * @example
 * ```ts
 * import { viewOf } from "./view.ts";
 * import assert from "node:assert/strict";
 * const row = { part: "benchmark", question: "q", condition: {}, metric: "uplift" };
 * const rows = ["dr", "ipw"].flatMap((arm, k) =>
 *   [0, 1, 2].map((seed) => ({ ...row, arm, seed, value: seed === 0 ? 2 - k : 3 - k + (seed - 1) * k }))
 * );
 * const view = viewOf(rows, "q", ["dr", "ipw"], [{}]);
 * assert.equal(onData(view, "dr", "uplift").estimate, 2);
 * ```
 */
export function onData(view: View, arm: string, metric: string, condition?: Condition): Evidence {
  return evidenceOf(view.series(arm, metric, condition).values);
}

/**
 * Difference of a metric between two arms on the same data and resamples.
 *
 * @throws RangeError when there are no such rows
 * @example
 * ```ts
 * import { viewOf } from "./view.ts";
 * import assert from "node:assert/strict";
 * const row = { part: "benchmark", question: "q", condition: {}, metric: "uplift" };
 * const rows = ["dr", "ipw"].flatMap((arm, k) =>
 *   [0, 1, 2].map((seed) => ({ ...row, arm, seed, value: seed === 0 ? 2 - k : 3 - k + (seed - 1) * k }))
 * );
 * const view = viewOf(rows, "q", ["dr", "ipw"], [{}]);
 * assert.equal(differenceOnData(view, "dr", "ipw", "uplift").estimate, 1);
 * ```
 */
export function differenceOnData(
  view: View,
  arm: string,
  other: string,
  metric: string,
  condition?: Condition,
): Evidence {
  const b = view.series(other, metric, condition).values;
  return evidenceOf(view.series(arm, metric, condition).values.map((v, i) => v - b[i]));
}

/**
 * One row per condition and arm, as `View.summary`, with bootstrap intervals and the number of resamples.
 *
 * @example
 * ```ts
 * import { viewOf } from "./view.ts";
 * import assert from "node:assert/strict";
 * const row = { part: "benchmark", question: "q", condition: {}, metric: "uplift" };
 * const rows = ["dr", "ipw"].flatMap((arm, k) =>
 *   [0, 1, 2].map((seed) => ({ ...row, arm, seed, value: seed === 0 ? 2 - k : 3 - k + (seed - 1) * k }))
 * );
 * const view = viewOf(rows, "q", ["dr", "ipw"], [{}]);
 * assert.deepEqual(summaryOnData(view, "uplift").map(({ arm, value }) => [arm, value]), [["dr", 2], ["ipw", 1]]);
 * ```
 */
export function summaryOnData(view: View, metric: string, arms: readonly string[] = view.arms): ResampledRow[] {
  return view.conditions.flatMap((condition) =>
    arms.filter((arm) => view.arms.includes(arm)).map((arm) => {
      const { estimate: value, lower, upper, n: resamples } = onData(view, arm, metric, condition);
      return { ...condition, arm, value, lower, upper, resamples };
    })
  );
}

/**
 * Says whether the data can tell two arms apart at all.
 *
 * @param unit of the metric, in words
 * @example
 * ```ts
 * import { viewOf } from "./view.ts";
 * import assert from "node:assert/strict";
 * const row = { part: "benchmark", question: "q", condition: {}, metric: "uplift" };
 * const rows = ["dr", "ipw"].flatMap((arm, k) =>
 *   [0, 1, 2, 3].map((seed) => ({ ...row, arm, seed, value: seed === 0 ? 2 - k : 3 - k + (seed - 1) * k }))
 * );
 * const view = viewOf(rows, "q", ["dr", "ipw"], [{}]);
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
  const b = view.series(other, metric, condition).values;
  const differences = view.series(arm, metric, condition).values.map((v, i) => v - b[i]);
  const names = `${methodStyle(arm).label} and ${methodStyle(other).label}`;
  const { lower, upper, short, estimate } = evidenceOf(differences);
  // However far from 0 their interval lies, so few draws separate nothing, and say nothing of power either.
  if (short !== undefined) return `These data were not resampled often enough to say what could separate ${names}.`;
  const smallest = minimumDetectableEffect(standardDeviation(differences.subarray(1))), seen = Math.abs(estimate);
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

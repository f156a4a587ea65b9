/**
 * Real data: seed 0 is the data themselves, every other seed a bootstrap resample of them.
 *
 * @module
 */
import { methodStyle } from "../../lib/report/methods.ts";
import { formatNumber } from "../../lib/report/numbers.ts";
import type { Condition } from "../../lib/run/experiment.ts";
import type { SummaryRow, View } from "../../lib/run/view.ts";
import type { Evidence } from "../../lib/statistics/claims.ts";
import { standardErrorInterval } from "../../lib/statistics/intervals.ts";
import { minimumDetectableEffect } from "../../lib/statistics/power.ts";
import { standardDeviation } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/tensor/random.ts";

/** What one replicate of such evidence is. */
export const UNIT = "resamples";

/** Row numbers of replicate `seed`: all rows in order for seed 0, draws with replacement otherwise. */
export function resampleRows(n: number, seed: number, rng: Rng): Uint32Array {
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = seed === 0 ? i : rng.integer(n);
  return rows;
}

function evidenceOf(values: Float64Array): Evidence {
  return standardErrorInterval(values[0], values.subarray(1));
}

/** A metric on the data, with a bootstrap interval. */
export function onData(view: View, arm: string, metric: string, condition?: Condition): Evidence {
  return evidenceOf(view.series(arm, metric, condition).values);
}

/** Difference of a metric between two arms on the same data and resamples. */
export function differenceOnData(view: View, arm: string, other: string, metric: string, condition?: Condition) {
  const b = view.series(other, metric, condition).values;
  return evidenceOf(view.series(arm, metric, condition).values.map((v, i) => v - b[i]));
}

/** One row per condition and arm, as `View.summary`, with bootstrap intervals. */
export function summaryOnData(view: View, metric: string, arms: readonly string[] = view.arms): SummaryRow[] {
  return view.conditions.flatMap((condition) =>
    arms.filter((arm) => view.arms.includes(arm)).map((arm) => {
      const { estimate: value, lower, upper, n: seeds } = onData(view, arm, metric, condition);
      return { ...condition, arm, value, lower, upper, seeds };
    })
  );
}

/** Says whether the data can tell two arms apart at all. */
export function powerNote(
  view: View,
  [arm, other]: readonly [string, string],
  metric: string,
  unit: string,
  condition?: Condition,
): string {
  const b = view.series(other, metric, condition).values;
  const differences = view.series(arm, metric, condition).values.map((v, i) => v - b[i]);
  const smallest = minimumDetectableEffect(standardDeviation(differences.subarray(1)));
  const seen = Math.abs(differences[0]);
  return `Minimum detectable difference between ${methodStyle(arm).label} and ${
    methodStyle(other).label
  } (80% power, 5% level): ` +
    `${formatNumber(smallest)} ${unit}; seen: ${formatNumber(seen)}. ` +
    (seen < smallest ? "These data have no power to separate the two." : "These data can separate the two.");
}

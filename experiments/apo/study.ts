/**
 * How the questions name, compare and tell what they found.
 *
 * @module
 */
import { methodStyle } from "../../lib/report/methods.ts";
import { formatNumber } from "../../lib/report/numbers.ts";
import type { Condition } from "../../lib/run/experiment.ts";
import type { View } from "../../lib/run/view.ts";
import type { Evidence } from "../../lib/statistics/claims.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { minimumDetectableEffect } from "../../lib/statistics/power.ts";
import { standardDeviation } from "../../lib/statistics/summary.ts";
import { pairSources } from "../../lib/worlds/revisions.ts";

/** Differences of gains below this, a hundredth of what training gains, are too small to claim. */
export const LEAST_GAIN = 0.01;

/** Name of an arm or a kind of data. */
export const label = (id: string): string => methodStyle(id).label;
/** Name of a kind of data. */
export const dataLabel = label;

/** An arm at a condition. */
export type Cell = readonly [arm: string, condition: Condition];

/** Difference of a metric between two cells, paired by seed: whatever their arms and conditions, seeds share worlds. */
export function differenceBetween(view: View, metric: string, [arm, here]: Cell, [other, there]: Cell): Evidence {
  return pairedDifference(view.series(arm, metric, here).values, view.series(other, metric, there).values);
}

/** A condition for each kind of data and each of some others. */
export function overData(others: readonly Condition[]): Condition[] {
  return pairSources.flatMap((data) => others.map((other) => ({ data, ...other })));
}

/** The smallest paired difference between two cells that these seeds could have shown, in words. */
export function detectable(view: View, metric: string, one: Cell, other: Cell): string[] {
  if (![one[0], other[0]].every((arm) => view.arms.includes(arm))) return [];
  const b = view.series(other[0], metric, other[1]).values;
  const differences = view.series(one[0], metric, one[1]).values.map((v, i) => v - b[i]);
  const effect = minimumDetectableEffect(standardDeviation(differences) / Math.sqrt(differences.length));
  const name = ([arm, { data }]: Cell) => `${label(arm)} on ${dataLabel(String(data))}`;
  return [
    `With ${differences.length} seeds a paired difference of ${formatNumber(effect)} between ${name(one)} and ` +
    `${name(other)} would be found with a power of 80%.`,
  ];
}

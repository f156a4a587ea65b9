/**
 * From one record a replicate to one list a metric.
 *
 * @module
 */

/**
 * Turns the metrics of each replicate into those of a block of them.
 *
 * @param rows one record a replicate, all with the same keys, at least one
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(columns([{ gain: 1, kl: 2 }, { gain: 3, kl: 4 }]), { gain: [1, 3], kl: [2, 4] });
 * ```
 */
export function columns<Row extends Readonly<Record<string, number>>>(rows: readonly Row[]): Record<string, number[]> {
  return Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]));
}

/**
 * Rows of real data that a question reads and leaves out: counted where they are dropped, told beside its numbers.
 *
 * @module
 */
import { formatNumber } from "../report/numbers.ts";
import type { View } from "./view.ts";

/** Rows of a data set, and those left out. */
export interface RowCounts {
  /** Rows that the files hold. */
  readonly read: number;
  /** Rows left out, by a short name of the reason: lower-case letters and hyphens. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/**
 * The counts as metrics, the same for each replicate: a report is drawn from rows alone, so they have to stand among them.
 *
 * @param replicates of the block
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(rowCountMetrics({ read: 9, leftOut: { equal: 2 } }, 2), { "rows-read": [9, 9], "left-out-equal": [2, 2] });
 * ```
 */
export function rowCountMetrics({ read, leftOut }: RowCounts, replicates: number): Record<string, number[]> {
  const counts = { "rows-read": read, ...prefixed(leftOut) };
  return Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, new Array(replicates).fill(n)]));
}

function prefixed(leftOut: RowCounts["leftOut"]): Record<string, number> {
  return Object.fromEntries(Object.entries(leftOut).map(([reason, n]) => [`left-out-${reason}`, n]));
}

/**
 * How many rows were read and used, and why the others were not, in words.
 *
 * @param what a row is, in the plural
 * @param reasons what stands behind the number of rows left out, by the names of {@linkcode RowCounts}
 * @example
 * ```ts
 * import { blocksOf } from "./rows_test_helpers.ts";
 * import { viewOf } from "./view.ts";
 * import assert from "node:assert/strict";
 * const row = { part: "benchmark", question: "q", arm: "dpo", condition: {}, seed: 0 };
 * const counts = Object.entries(rowCountMetrics({ read: 1100, leftOut: { equal: 6 } }, 1));
 * const view = viewOf(blocksOf(counts.map(([metric, [value]]) => ({ ...row, metric, value }))), "q", ["dpo"], [{}]);
 * assert.equal(
 *   rowCountNote(view, "pairs", { equal: "whose texts are equal" }),
 *   "Of 1100 pairs read, 1094 are used. Left out: 6 whose texts are equal.",
 * );
 * ```
 * @throws RangeError when the rows have no such counts
 */
export function rowCountNote(view: View, what: string, reasons: Readonly<Record<string, string>>): string {
  const count = (metric: string) => view.series(view.arms[0], metric, view.conditions[0]).values[0];
  const read = count("rows-read");
  const left = Object.entries(reasons).map(([reason, why]) => ({ n: count(`left-out-${reason}`), why }))
    .filter(({ n }) => n > 0);
  if (left.length === 0) return `All ${formatNumber(read)} ${what} read are used.`;
  const used = read - left.reduce((sum, { n }) => sum + n, 0);
  return `Of ${formatNumber(read)} ${what} read, ${formatNumber(used)} are used. Left out: ${
    left.map(({ n, why }) => `${formatNumber(n)} ${why}`).join("; ")
  }.`;
}

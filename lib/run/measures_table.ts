/**
 * The table of a question's measures.
 *
 * @module
 */
import type { TableSpec } from "../report/types.ts";
import { centreOf } from "./replicates.ts";
import type { Measured, SummaryOptions, View } from "./view.ts";

/** A metric as a column; a `Metric` is one. */
export interface Measure extends Measured {
  /** Head of the column. */
  readonly label: string;
  /** Decimals; as many as it takes where they are not given. */
  readonly digits?: number;
  /** The largest value over seeds stands for all of them, not the mean. */
  readonly largest?: boolean;
  /** Which end is best, for print. */
  readonly better?: TableSpec["columns"][number]["better"];
}

/**
 * One row a condition and arm: the first measure as a mean with its interval, the others without.
 *
 * @param table.conditions columns of the condition, in order: every key that tells those that are kept apart
 * @example
 * ```ts
 * import { blocksOf } from "./rows_test_helpers.ts";
 * import { viewOf } from "./view.ts";
 * import assert from "node:assert/strict";
 * const cell = { part: "synthetic", question: "q", arm: "cpo", condition: { n: 64 } };
 * const rows = ["gain", "kl"].flatMap((metric) => [0, 1].map((seed) => ({ ...cell, metric, seed, value: seed + 0.5 })));
 * const { rows: [row] } = measuresTable(viewOf(blocksOf(rows), "q", ["cpo"], [{ n: 64 }]), {
 *   id: "policies",
 *   caption: "",
 *   conditions: [{ key: "n", label: "n" }],
 *   measures: [{ name: "gain", label: "gain" }, { name: "kl", label: "largest KL", largest: true }],
 * });
 * assert.deepEqual([row.value, row.kl], [1, 1.5]);
 * ```
 */
export function measuresTable(
  view: View,
  { id, caption, conditions, where, measures: [first, ...others] }: {
    readonly id: string;
    readonly caption: string;
    /** `method` where the values are ids of the method registry. */
    readonly conditions: readonly { readonly key: string; readonly label: string; readonly method?: boolean }[];
    /** Conditions to keep; all unless given. */
    readonly where?: SummaryOptions["where"];
    readonly measures: readonly Measure[];
  },
): TableSpec {
  const keys = new Set(view.conditions.flatMap(Object.keys));
  return {
    id,
    caption,
    columns: [
      ...conditions,
      { key: "arm", label: "arm", method: true },
      { key: "value", label: first.label, digits: first.digits, lower: "lower", upper: "upper", better: first.better },
      ...others.map(({ name, label, digits, better }) => ({ key: name, label, digits, better })),
    ],
    rows: view.summary(first, { where }).map((row) => {
      const condition = Object.fromEntries(Object.entries(row).filter(([key]) => keys.has(key)));
      const cells = others.map(({ name, largest }) => {
        const { values } = view.series(row.arm, name, condition);
        return [name, largest ? Math.max(...values) : centreOf(values, view.replicates)];
      });
      return { ...row, ...Object.fromEntries(cells) };
    }),
  };
}

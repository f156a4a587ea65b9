/**
 * The table of a question's measures.
 *
 * @module
 */
import type { TableSpec } from "../report/types.ts";
import { mean } from "../statistics/summary.ts";
import type { View } from "./view.ts";

/** A metric as a column. */
export interface Measure {
  /** Name of the metric. */
  readonly metric: string;
  /** Head of the column. */
  readonly label: string;
  /** Decimals; as many as it takes where they are not given. */
  readonly digits?: number;
  /** The largest value over seeds stands for all of them, not the mean. */
  readonly largest?: boolean;
}

/**
 * One row a condition and arm: the first measure as a mean with its interval, the others without.
 *
 * @param table.conditions columns of the condition, in order: every key that tells the question's conditions apart
 * @example
 * ```ts ignore
 * measuresTable(view, {
 *   id: "policies",
 *   caption: "Policies.",
 *   conditions: [{ key: "n", label: "n" }],
 *   measures: [{ metric: "gain", label: "gain", digits: 3 }, { metric: "gradient-norm", label: "largest gradient", largest: true }],
 * });
 * ```
 */
export function measuresTable(
  view: View,
  { id, caption, conditions, measures: [first, ...others] }: {
    readonly id: string;
    readonly caption: string;
    readonly conditions: readonly { readonly key: string; readonly label: string }[];
    readonly measures: readonly Measure[];
  },
): TableSpec {
  return {
    id,
    caption,
    columns: [
      ...conditions,
      { key: "arm", label: "arm", method: true },
      { key: "value", label: first.label, digits: first.digits, lower: "lower", upper: "upper" },
      ...others.map(({ metric, label, digits }) => ({ key: metric, label, digits })),
    ],
    rows: view.summary(first.metric).map((row) => {
      const condition = Object.fromEntries(conditions.map(({ key }) => [key, row[key]]));
      const cells = others.map(({ metric, largest }) => {
        const { values } = view.series(row.arm, metric, condition);
        return [metric, largest ? Math.max(...values) : mean(values)];
      });
      return { ...row, ...Object.fromEntries(cells) };
    }),
  };
}

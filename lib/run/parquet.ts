/**
 * Rows as a Parquet file, for readers that take typed columns: DuckDB, pandas, polars, R.
 *
 * @module
 */
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import type { Experiment } from "./experiment.ts";
import { conditionColumns, type ResultRow } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";

/**
 * The columns of `results.csv`, typed: seeds are 32-bit integers, values doubles, a condition column doubles where all its
 * cells are numbers and text otherwise, null where a condition is without it.
 *
 * @returns the same bytes for the same rows
 * @example
 * ```ts ignore
 * await writeWhole("reports/cpo/results.parquet", resultsParquet(experiment, config, rows));
 * ```
 */
export function resultsParquet(experiment: Experiment, { options }: RunConfig, rows: readonly ResultRow[]): Uint8Array {
  const text = (name: string, of: (row: ResultRow) => string): ColumnSource => ({
    name,
    data: rows.map(of),
    type: "STRING",
    nullable: false,
  });
  const conditions = conditionColumns(experiment.questions, options).map((name): ColumnSource => {
    const cells = rows.map(({ condition }) => condition[name] ?? null);
    return cells.every((cell) => cell === null || typeof cell === "number")
      ? { name, data: cells, type: "DOUBLE", nullable: true }
      : { name, data: cells.map((cell) => cell === null ? null : String(cell)), type: "STRING", nullable: true };
  });
  const columnData = [
    text("experiment", () => experiment.name),
    text("part", ({ part }) => part),
    text("question", ({ question }) => question),
    text("arm", ({ arm }) => arm),
    { name: "seed", data: rows.map(({ seed }) => seed), type: "INT32", nullable: false },
    ...conditions,
    text("metric", ({ metric }) => metric),
    { name: "value", data: rows.map(({ value }) => value), type: "DOUBLE", nullable: false },
  ] satisfies ColumnSource[];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

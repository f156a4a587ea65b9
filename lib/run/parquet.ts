/**
 * Rows as a Parquet file, for readers that take typed columns: DuckDB, pandas, polars, R.
 *
 * @module
 */
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import type { Experiment } from "./experiment.ts";
import { type Block, conditionColumns } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";

/**
 * The columns of `results.csv`, typed: seeds are 32-bit integers, values doubles, a condition column doubles where all its
 * cells are numbers and text otherwise, null where a condition is without it.
 *
 * @returns the same bytes for the same rows
 * @example
 * ```ts ignore
 * await writeWhole("reports/cpo/results.parquet", resultsParquet(experiment, config, blocks));
 * ```
 */
export function resultsParquet(experiment: Experiment, { options }: RunConfig, blocks: readonly Block[]): Uint8Array {
  const length = blocks.reduce((sum, { values }) => sum + values.length, 0);
  /** The same cell for all rows of a block. */
  const repeated = <T>(of: (block: Block) => T): T[] => {
    const column = new Array<T>(length);
    let at = 0;
    for (const block of blocks) column.fill(of(block), at, at += block.values.length);
    return column;
  };
  const values = new Float64Array(length), seeds = new Int32Array(length), metrics = new Array<string>(length);
  let at = 0;
  for (const block of blocks) {
    const width = block.metrics.length;
    for (let i = 0; i < block.values.length; i++, at++) {
      // 0 for -0, as in results.csv: of zeros that differ in sign the writer may give all the sign of the first.
      values[at] = block.values[i] + 0;
      seeds[at] = block.seeds[Math.floor(i / width)];
      metrics[at] = block.metrics[i % width];
    }
  }
  const text = (name: string, data: string[]): ColumnSource => ({ name, data, type: "STRING", nullable: false });
  const conditions = conditionColumns(experiment.questions, options).map((name): ColumnSource => {
    const cells = blocks.map(({ condition }) => condition[name] ?? null);
    return cells.every((cell) => cell === null || typeof cell === "number")
      ? { name, data: repeated(({ condition }) => condition[name] ?? null), type: "DOUBLE", nullable: true }
      : {
        name,
        data: repeated(({ condition }) => name in condition ? String(condition[name]) : null),
        type: "STRING",
        nullable: true,
      };
  });
  const columnData = [
    text("experiment", repeated(() => experiment.name)),
    text("part", repeated(({ part }) => part)),
    text("question", repeated(({ question }) => question)),
    text("arm", repeated(({ arm }) => arm)),
    { name: "seed", data: seeds, type: "INT32", nullable: false },
    ...conditions,
    text("metric", metrics),
    { name: "value", data: values, type: "DOUBLE", nullable: false },
  ] satisfies ColumnSource[];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/**
 * Rows as a Parquet file, for readers that take typed columns: DuckDB, pandas, polars, R.
 *
 * @module
 */
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import type { Experiment } from "./experiment.ts";
import { type Block, conditionColumns } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";

/** Rows of the first row group, which readers look at to show a file, and of each behind it. */
const FIRST = 1000, OTHERS = 100_000;

/** Numbers of a block from one on and up to another. */
interface Stretch {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
}

/**
 * The columns of `results.csv`, typed: seeds are 32-bit integers, values doubles, a condition column doubles where all its
 * cells are numbers and text otherwise, null where a condition is without it.
 *
 * @returns the file in parts, one a row group, so that it is never held whole; the same bytes for the same rows
 * @example
 * ```ts ignore
 * await writeParts("reports/cpo/results.parquet", resultsParquet(experiment, config, blocks));
 * ```
 */
export function* resultsParquet(
  experiment: Experiment,
  { options }: RunConfig,
  blocks: readonly Block[],
): Generator<Uint8Array> {
  const conditions = conditionColumns(experiment.questions, options).map((name) => ({
    name,
    isNumber: blocks.every(({ condition }) => typeof (condition[name] ?? 0) === "number"),
  }));
  const columnsOf = (stretches: readonly Stretch[]) => columnsIn(experiment.name, conditions, stretches);
  const writer = new ByteWriter();
  const file = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData: columnsOf([]) }) });
  const written = () => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  for (const stretches of rowGroups(blocks)) {
    // The writer would begin again with a first row group of its own size.
    file.write({ columnData: columnsOf(stretches), rowGroupSize: OTHERS });
    yield written();
  }
  file.finish();
  yield written();
}

/** The numbers of all blocks, row group by row group. */
function* rowGroups(blocks: readonly Block[]): Generator<Stretch[]> {
  let stretches: Stretch[] = [], room = FIRST;
  for (const block of blocks) {
    for (let from = 0; from < block.values.length;) {
      const to = Math.min(block.values.length, from + room);
      stretches.push({ block, from, to });
      room -= to - from;
      from = to;
      if (room > 0) continue;
      yield stretches;
      [stretches, room] = [[], OTHERS];
    }
  }
  if (stretches.length > 0) yield stretches;
}

function columnsIn(
  experiment: string,
  conditions: readonly { readonly name: string; readonly isNumber: boolean }[],
  stretches: readonly Stretch[],
): ColumnSource[] {
  const length = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  /** The same cell for all rows of a block. */
  const repeated = <T>(of: (block: Block) => T): T[] => {
    const column = new Array<T>(length);
    let at = 0;
    for (const { block, from, to } of stretches) column.fill(of(block), at, at += to - from);
    return column;
  };
  const values = new Float64Array(length), seeds = new Int32Array(length), metrics = new Array<string>(length);
  let at = 0;
  for (const { block, from, to } of stretches) {
    const width = block.metrics.length;
    for (let i = from; i < to; i++, at++) {
      // 0 for -0, as in results.csv: of zeros that differ in sign the writer may give all the sign of the first.
      values[at] = block.values[i] + 0;
      seeds[at] = block.seeds[Math.floor(i / width)];
      metrics[at] = block.metrics[i % width];
    }
  }
  const text = (name: string, data: string[]): ColumnSource => ({ name, data, type: "STRING", nullable: false });
  return [
    text("experiment", repeated(() => experiment)),
    text("part", repeated(({ part }) => part)),
    text("question", repeated(({ question }) => question)),
    text("arm", repeated(({ arm }) => arm)),
    { name: "seed", data: seeds, type: "INT32", nullable: false },
    ...conditions.map(({ name, isNumber }): ColumnSource =>
      isNumber
        ? { name, data: repeated(({ condition }) => condition[name] ?? null), type: "DOUBLE", nullable: true }
        : {
          name,
          data: repeated(({ condition }) => name in condition ? String(condition[name]) : null),
          type: "STRING",
          nullable: true,
        }
    ),
    text("metric", metrics),
    { name: "value", data: values, type: "DOUBLE", nullable: false },
  ];
}

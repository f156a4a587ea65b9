/**
 * Reads Parquet files, all of them: every row group, and as many values in each column as the file has rows.
 *
 * @module
 */

/** A row, by the names of its columns; 64-bit integers arrive as BigInt, values that the file leaves out as null. */
export type ParquetRow = Readonly<Record<string, unknown>>;

/**
 * The rows of a flat Parquet file.
 *
 * @param options.columns the columns the file must have, in order
 * @param options.source the file's name, for messages
 * @throws TypeError when it is no such file, when the columns differ, or when a column has not as many values as rows
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const page = new TextEncoder().encode("<html></html>");
 * await assert.rejects(readParquet(page, { columns: ["id"], source: "toy.parquet" }), /toy.parquet: no whole Parquet file/);
 * ```
 */
export async function readParquet(
  bytes: Uint8Array,
  { columns, source }: { columns: readonly string[]; source: string },
): Promise<ParquetRow[]> {
  const { parquetMetadata, parquetReadObjects } = await import("hyparquet");
  const file = new Uint8Array(bytes).buffer; // the whole buffer is read, which may be larger than the file
  let rows: ParquetRow[], count: number;
  try {
    const metadata = parquetMetadata(file);
    const found = metadata.schema.slice(1).map((column) => column.name);
    if (found.join() !== columns.join()) {
      throw new TypeError(`columns are "${found.join(",")}", expected "${columns.join(",")}"`);
    }
    count = Number(metadata.num_rows);
    rows = await parquetReadObjects({ file, metadata });
  } catch (error) {
    const { message } = error as Error;
    throw new TypeError(`${source}: ${error instanceof TypeError ? message : `no whole Parquet file (${message})`}`);
  }
  if (rows.length !== count) throw new TypeError(`${source}: ${rows.length} rows where it says ${count}`);
  // A column that ends early gives undefined behind its end; what a file leaves out is null.
  for (const [i, row] of rows.entries()) {
    const column = columns.find((name) => row[name] === undefined);
    if (column !== undefined) throw new TypeError(`${source}: row ${i}, column "${column}": no value`);
  }
  return rows;
}

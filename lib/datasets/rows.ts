/**
 * Rows of a data set's file as its schema has them, read by the reader of users' own files.
 *
 * @module
 */
import { openTable } from "./own/open.ts";
import { findDataset, findFile, manifest } from "./manifest.ts";
import { type RowSchema, valueBy } from "./schemas.ts";

/** A row, by the columns of its schema. */
export type RowOf<S> = S extends RowSchema<infer T> ? T : never;

/**
 * All rows of a table, in its order.
 *
 * @param schema of a row; columns that it does not name are not read
 * @throws TypeError where the columns are not those of the manifest in their order, and naming row and column for a cell
 * that the schema refuses; UserError for what is no table
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { object } from "valibot";
 * import { numeral, text } from "./schemas.ts";
 * const bytes = new TextEncoder().encode("id\tdocument\tcategory\tsubcategory\na\tpost-1\tblog\t\n");
 * const rows = await rowsIn(bytes, "emobank", "meta.tsv", object({ id: text, category: text }));
 * assert.deepEqual(rows, [{ id: "a", category: "blog" }]);
 * const wrong = rowsIn(bytes, "emobank", "meta.tsv", object({ id: numeral() }));
 * await assert.rejects(wrong, { message: 'meta.tsv: row 1 (line 2), column "id": expected a number, got another text' });
 * ```
 */
export async function rowsIn<T>(
  bytes: Uint8Array,
  dataset: string,
  name: string,
  schema: RowSchema<T>,
): Promise<T[]> {
  const { columns } = findFile(findDataset(manifest, dataset), name), names = Object.keys(schema.entries);
  const table = await openTable({ name, bytes });
  if (table.columns.join("\n") !== columns.join("\n")) {
    throw new TypeError(`${name}: columns are "${table.columns.join(",")}", expected "${columns.join(",")}"`);
  }
  const rows: T[] = [];
  for await (const chunk of table.chunks(names)) {
    const cells = names.map((column) => chunk.column(column));
    for (let i = 0; i < chunk.rows; i++) {
      const row: Record<string, unknown> = {};
      for (let k = 0; k < names.length; k++) row[names[k]] = cells[k][i];
      rows.push(valueBy(schema, row, () => `${name}: ${chunk.place(i)}`));
    }
  }
  return rows;
}

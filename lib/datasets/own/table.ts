/**
 * A user's own file as a table: columns by name, rows in chunks, so that no file is held whole.
 *
 * @module
 */
import { nearest } from "../../nearest.ts";
import { UserError } from "../../user_error.ts";
import type { Cell } from "./numbers.ts";

/** Cells of a column. */
type Cells = ArrayLike<Cell> & Iterable<Cell>;

/** Rows of a table that follow each other. */
export interface Chunk {
  /** Number of the first row in the file, from 1, without a header and blank lines. */
  readonly first: number;
  /** How many rows there are. */
  readonly rows: number;
  /** Where row `i` of the chunk stands, for messages, such as `row 2 (line 3)`. */
  place(i: number): string;
  /** The cells of a column, as the file has them: texts in CSV, null where there is nothing in JSON and Parquet `[rows]` */
  column(name: string): Cells;
}

/** A file that was opened as a table. */
export interface Table {
  /** Its path, for messages. */
  readonly path: string;
  /** Names of its columns, in its order. */
  readonly columns: readonly string[];
  /**
   * Its rows from the first on, with some of its columns. Each call reads the file again.
   *
   * @throws UserError for a column that is not there, and for what is damaged in the file
   */
  chunks(names: readonly string[]): AsyncIterable<Chunk>;
}

/**
 * Checks that a table has columns.
 *
 * @throws UserError naming the first that is not there or is there twice, the columns that are, and the nearest
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => requireColumns("a.csv", ["reward"], ["reword"]), {
 *   message: 'a.csv: no column "reword", did you mean "reward"? There are reward',
 * });
 * ```
 */
export function requireColumns(path: string, columns: readonly string[], names: readonly string[]): void {
  for (const name of names) {
    const count = columns.filter((column) => column === name).length;
    if (count === 1) continue;
    if (count > 1) throw new UserError(`${path}: column "${name}" is there ${count} times; give each its own name`);
    const guess = nearest(name, columns), shown = columns.slice(0, 20).join(", ");
    const more = columns.length > 20 ? ` and ${columns.length - 20} more` : "";
    const meant = guess === undefined ? "; " : `, did you mean "${guess}"? `;
    throw new UserError(
      `${path}: no column "${name}"${meant}${guess === undefined ? "there are" : "There are"} ${shown}${more}`,
    );
  }
}

/**
 * The same text in memory of its own: a cell of CSV is a part of a long text, and keeps the whole of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(copied("é😀".slice(0, 1)), "é");
 * ```
 */
export const copied = (text: string): string => JSON.parse(JSON.stringify(text)) as string;

/**
 * Tables of text whose header is known: columns by name with a type.
 *
 * @module
 */
import { strictNumber } from "./own/numbers.ts";
import { headerBy, readRecords } from "./own/records.ts";

/** A parsed table. Rows are counted from 0, without the header. */
export interface Table {
  /** Number of rows, without the header. */
  readonly length: number;
  /** A column as it stands. @throws RangeError when there is no such column */
  text(column: string): string[];
  /** A column of numbers. @throws TypeError naming row and column of a cell that is no number */
  numbers(column: string): Float64Array;
  /** A column of whole numbers from `low` to `high`, at most 255. @throws TypeError as `numbers`, RangeError for a number outside */
  bytes(column: string, low: number, high: number): Uint8Array;
}

/**
 * Parses a table with a header line.
 *
 * @param data UTF-8 text
 * @param options.format separator: comma or tab
 * @param options.columns the header the file must have, in order
 * @param options.source the file's name, for messages
 * @throws TypeError when the text is not UTF-8 or the header differs
 * @throws UserError when a quoted cell has no end or text behind its end, or a row has another number of cells
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const data = new TextEncoder().encode('id,score\na,"1.5"\nb,2\n');
 * const table = parseTable(data, { format: "csv", columns: ["id", "score"], source: "toy.csv" });
 * assert.deepEqual(table.numbers("score"), Float64Array.of(1.5, 2));
 * ```
 */
export function parseTable(
  data: Uint8Array,
  { format, columns, source }: { format: "csv" | "tsv"; columns: readonly string[]; source: string },
): Table {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    throw new TypeError(`${source}: not UTF-8 text`);
  }
  const separator = format === "csv" ? "," : "\t", header = headerBy(separator, text);
  if (header?.columns.join("\n") !== columns.join("\n")) {
    throw new TypeError(
      `${source}: header is "${header?.columns.join(",") ?? "of broken quotes"}", expected "${columns.join(",")}"`,
    );
  }
  const shape = { path: source, separator, slots: [...columns.keys()], lists: columns.length };
  const { lists, lines } = readRecords(text.slice(header.end), shape, { line: header.line, row: 0, isLast: true });

  function cells(column: string): string[] {
    const at = columns.indexOf(column);
    if (at < 0) throw new RangeError(`${source}: no column "${column}", there are ${columns.join(", ")}`);
    return lists[at];
  }

  function numbers(column: string): Float64Array {
    return Float64Array.from(cells(column), (cell, i) => {
      const value = strictNumber(cell);
      if (typeof value === "string") throw new TypeError(`${source}: row ${i}, column "${column}": ${value}`);
      return value;
    });
  }

  return {
    length: lines.length,
    text: (column) => [...cells(column)],
    numbers,
    bytes(column, low, high) {
      return Uint8Array.from(numbers(column), (value, i) => {
        if (!Number.isInteger(value) || value < low || value > high) {
          throw new RangeError(
            `${source}: row ${i}, column "${column}": expected a whole number from ${low} to ${high}, got ${value}`,
          );
        }
        return value;
      });
    },
  };
}

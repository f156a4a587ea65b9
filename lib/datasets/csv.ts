/**
 * Tables of text: rows by d3-dsv, columns by name with a type.
 *
 * Only the row parsers are used: `csvParse` builds a function from the header, which data must not be able to do.
 *
 * @module
 */
import { csvParseRows, tsvParseRows } from "d3-dsv";

const parsers: Record<"csv" | "tsv", (text: string) => string[][]> = { csv: csvParseRows, tsv: tsvParseRows };

/** A parsed table. Rows are counted from 0, without the header. */
export interface Table {
  /** Number of rows, without the header. */
  readonly length: number;
  /** A column as it stands. @throws RangeError when there is no such column */
  text(column: string): string[];
  /** A column of numbers. @throws TypeError naming row and column of a cell that is blank or not a finite number */
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
 * @throws TypeError when the text is not UTF-8, a quoted cell has no end or text behind its end, the header differs, or a
 * row has another number of cells
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
  checkQuotes(text, format === "csv" ? "," : "\t", source);
  const [header = [], ...rows] = parsers[format](text);
  if (header.length !== columns.length || header.some((name, i) => name !== columns[i])) {
    throw new TypeError(`${source}: header is "${header.join(",")}", expected "${columns.join(",")}"`);
  }
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns.length) {
      throw new TypeError(`${source}: row ${i} has ${row.length} cells, expected ${columns.length}`);
    }
  }

  function cells(column: string): string[] {
    const at = columns.indexOf(column);
    if (at < 0) throw new RangeError(`${source}: no column "${column}", there are ${columns.join(", ")}`);
    return rows.map((row) => row[at]);
  }

  function numbers(column: string): Float64Array {
    return Float64Array.from(cells(column), (cell, i) => {
      // Number("") is 0: a blank cell is missing, not zero.
      const value = cell.trim() === "" ? NaN : Number(cell);
      if (!Number.isFinite(value)) {
        throw new TypeError(`${source}: row ${i}, column "${column}": expected a number, got "${cell}"`);
      }
      return value;
    });
  }

  return {
    length: rows.length,
    text: cells,
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

/**
 * Refuses what the parser takes without a word: a quoted cell without an end swallows all rows behind it, and of text
 * behind a quoted cell a letter is lost.
 */
function checkQuotes(text: string, separator: string, source: string): void {
  const between = new Set<string | undefined>([separator, "\n", "\r", undefined]);
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    if (!between.has(text[at - 1])) continue; // inside a cell without quotes it is a letter
    const start = at;
    at = text.indexOf('"', at + 1);
    while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2); // two of them stand for one
    const line = () => text.slice(0, start).split("\n").length;
    if (at < 0) throw new TypeError(`${source}: line ${line()}: a quoted cell has no end`);
    if (!between.has(text[at + 1])) {
      throw new TypeError(`${source}: line ${line()}: text behind the end of a quoted cell`);
    }
  }
}

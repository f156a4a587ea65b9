/**
 * Comma-separated values as in RFC 4180, except that lines end in LF: `cut` and `awk` would keep a CR in the last
 * column, and readers of RFC 4180 accept both.
 *
 * @module
 */
import type { Cell, Row } from "./types.ts";

/**
 * One field. Numbers are the shortest text that reads back as the same float64; null is an empty field, the empty
 * string a quoted one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([0.1, null, "", 'say "hi"', true].map(csvField), ["0.1", "", '""', '"say ""hi"""', "true"]);
 * ```
 */
export function csvField(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return Object.is(cell, -0) ? "-0" : String(cell);
  if (typeof cell === "boolean") return String(cell);
  return cell === "" || /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/**
 * One line with its line feed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(csvLine(["dr", 0.5, null]), "dr,0.5,\n");
 * ```
 */
export function csvLine(cells: readonly Cell[]): string {
  return cells.map(csvField).join(",") + "\n";
}

/**
 * A header and one line per row; a key that a row lacks is an empty field.
 *
 * @param rows rows with the same keys
 * @param columns the keys to write, in order; all keys of the rows, in order of appearance, when left out
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(toCsv([{ arm: "dr", value: 0.5 }, { arm: "a,b", value: null }]), 'arm,value\ndr,0.5\n"a,b",\n');
 * ```
 */
export function toCsv(rows: readonly Row[], columns?: readonly string[]): string {
  const keys = columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return csvLine(keys) + rows.map((row) => csvLine(keys.map((key) => row[key] ?? null))).join("");
}

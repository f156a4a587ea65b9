/**
 * Columns of LaTeX tables that fit a page: long headings and long texts are broken into lines.
 *
 * @module
 */
import { escapeTex } from "./latex.ts";
import { type Column, isNumeric, longestText } from "./tables.ts";
import { textWidth, wrapText } from "./text_width.ts";
import type { TableSpec } from "./types.ts";

/** Widths are of the typeface of figures at this size; they only choose where lines break. */
const SIZE = 10;
/** A heading is broken beyond this width, and a text beyond that: about 10 and 18 letters. */
const HEADING = 48, TEXT = 84;
/** Share of the line that a column of long texts takes. */
const SHARE = 0.16;

/**
 * A heading, in lines where it is long.
 *
 * @param side where its lines stand under each other: those of the column
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(headingTex("value", "r"), "value");
 * assert.equal(headingTex("largest gradient of all", "r"), "\\shortstack[r]{largest\\\\gradient of\\\\all}");
 * ```
 */
export function headingTex(label: string, side: "l" | "r" | "c"): string {
  const lines = wrapText(label, SIZE, HEADING).map(escapeTex);
  return lines.length < 2 ? lines.join("") : `\\shortstack[${side}]{${lines.join("\\\\")}}`;
}

/**
 * The letter of a column for `tabular`: flush right for numbers, flush left for texts, in lines where these are long.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const column = { key: "reads", label: "reads" };
 * const of = (reads: string) => columnTex({ id: "t", caption: "", columns: [column], rows: [{ reads }] }, column);
 * assert.deepEqual([of("pairs"), of("which of two responses that were shown won")], ["l", "p{0.16\\linewidth}"]);
 * ```
 */
export function columnTex(table: TableSpec, column: Column): string {
  if (isNumeric(table, column)) return "r";
  return textWidth(longestText(table, column), SIZE) > TEXT ? `p{${SHARE}\\linewidth}` : "l";
}

/**
 * The cells of a row, and its end. In a column of lines a text is set ragged; that takes another end of rows, since `\\`
 * ends its lines there.
 *
 * @param letters of the columns, as {@linkcode columnTex} has them; a column with an interval may stand for two
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(rowTex(["a", "1"], ["l", "r"]), "a & 1 \\\\\n");
 * assert.equal(rowTex(["a", "1"], ["p{2em}", "r"]), "\\raggedright a & 1 \\tabularnewline\n");
 * ```
 */
export function rowTex(cells: readonly string[], letters: readonly string[]): string {
  const inLines = letters.map((letter) => letter.startsWith("p"));
  const texts = cells.map((cell, i) => inLines[i] ? `\\raggedright ${cell}` : cell);
  return `${texts.join(" & ")} ${inLines.includes(true) ? "\\tabularnewline" : "\\\\"}\n`;
}

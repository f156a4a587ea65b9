/**
 * Tables: the text of their cells, and the table as accessible HTML.
 *
 * @module
 */
import { escapeText } from "./escape.ts";
import { methodStyle } from "./methods.ts";
import { formatFixed, formatNumber } from "./numbers.ts";
import type { Row, TableSpec } from "./types.ts";

/** A column of a table. */
export type Column = TableSpec["columns"][number];

/** A cell as shown: its text, and its interval where the column has one. */
export interface CellText {
  /** The value as written, not escaped. */
  readonly text: string;
  /** Lower and upper end as written; absent where the column has none or an end is missing. */
  readonly interval?: readonly [string, string];
}

/**
 * True when every value of the column is a number or missing: such columns are set flush right.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const column = { key: "n", label: "n" };
 * assert.ok(isNumeric({ id: "t", caption: "", columns: [column], rows: [{ n: 5 }, { n: null }] }, column));
 * ```
 */
export function isNumeric(table: TableSpec, column: Column): boolean {
  return !column.method && table.rows.every((row) => row[column.key] == null || typeof row[column.key] === "number");
}

/** The text of a number in this column. */
function numberText(value: number, column: Column): string {
  return column.digits === undefined ? formatNumber(value) : formatFixed(value, column.digits);
}

/**
 * What a cell shows. A missing value is an en dash; the interval is left out when a bound is missing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const column = { key: "bias", label: "Bias", digits: 2, lower: "lo", upper: "hi" };
 * assert.deepEqual(cellText({ bias: -0.1, lo: -0.2, hi: 0 }, column), { text: "−0.10", interval: ["−0.20", "0.00"] });
 * ```
 * @throws RangeError when the column holds method ids and this one is unknown
 */
export function cellText(row: Row, column: Column): CellText {
  const value = row[column.key] ?? null;
  if (value === null) return { text: "–" };
  if (column.method) return { text: methodStyle(String(value)).label };
  if (typeof value === "boolean") return { text: value ? "yes" : "no" };
  if (typeof value === "string") return { text: value };
  const text = numberText(value, column);
  const lower = column.lower === undefined ? null : row[column.lower];
  const upper = column.upper === undefined ? null : row[column.upper];
  if (typeof lower !== "number" || typeof upper !== "number") return { text };
  return { text, interval: [numberText(lower, column), numberText(upper, column)] };
}

/**
 * The longest text of a column.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const column = { key: "arm", label: "arm", method: true };
 * assert.equal(longestText({ id: "t", caption: "", columns: [column], rows: [{ arm: "dpo" }, { arm: "cpo" }] }, column), "DPO");
 * ```
 */
export function longestText(table: TableSpec, column: Column): string {
  return table.rows.map((row) => cellText(row, column).text).reduce((a, b) => b.length > a.length ? b : a, "");
}

/**
 * The table as HTML with a caption, column headings and, in the first column, row headings.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const html = tableHtml({ id: "t", caption: "A & B", columns: [{ key: "n", label: "n" }], rows: [{ n: 5 }] });
 * assert.match(html, /<caption>A &amp; B<\/caption>/);
 * ```
 */
export function tableHtml(table: TableSpec): string {
  const numeric = table.columns.map((column) => isNumeric(table, column));
  const align = (i: number) => numeric[i] ? ' class="n"' : "";
  const head = table.columns.map((column, i) => `<th scope="col"${align(i)}>${escapeText(column.label)}</th>`).join("");
  const body = table.rows.map((row) => {
    const cells = table.columns.map((column, i) => {
      const { text, interval } = cellText(row, column);
      const tail = interval ? ` <i>[${interval.map(escapeText).join(", ")}]</i>` : "";
      const content = escapeText(text) + tail;
      return i === 0 ? `<th scope="row"${align(i)}>${content}</th>` : `<td${align(i)}>${content}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  }).join("\n");
  return `<table id="table-${escapeText(table.id)}"><caption>${escapeText(table.caption)}</caption>\n` +
    `<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody></table>`;
}

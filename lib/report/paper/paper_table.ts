/**
 * Tables for papers: `value ± interval`, aligned on the decimals, the best in bold where it stands apart.
 *
 * @module
 */
import { escapeTex } from "../latex.ts";
import { columnTex, headingTex, rowTex } from "../latex_columns.ts";
import { type CellText, cellText, type Column } from "../tables.ts";
import type { Row, TableSpec } from "../types.ts";

/**
 * A `tabular` with booktabs rules, without a float around it.
 *
 * A number with an interval takes two columns, so that the decimals of the values stand under each other: the value
 * flush right, then `± h`, or `+a −b` where the two halves differ in what is printed. A value is bold when the column
 * says which direction is better and its interval touches no other's in its group: the rows that agree in all columns
 * before that of the methods, without the oracle. A table longer than a page is a `longtable`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const tex = paperTable({
 *   id: "t", caption: "",
 *   columns: [{ key: "arm", label: "Method" }, { key: "v", label: "Value", digits: 2, lower: "lo", upper: "hi", better: "higher" }],
 *   rows: [{ arm: "a", v: 0.5, lo: 0.4, hi: 0.6 }, { arm: "b", v: 0.9, lo: 0.8, hi: 1 }],
 * });
 * assert.match(tex, /b & \\textbf\{0\.90\} & \$\\pm\$0\.10 \\\\/);
 * assert.match(tex, /a & 0\.50 & \$\\pm\$0\.10 \\\\/);
 * ```
 */
export function paperTable(table: TableSpec): string {
  const { columns, rows } = table;
  const withInterval = columns.map((column) => column.lower !== undefined);
  const letters = columns.map((column, i) => withInterval[i] ? "r@{\\,}l" : columnTex(table, column));
  const head = columns.map(({ label }, i) =>
    withInterval[i]
      ? `\\multicolumn{2}{c}{${headingTex(label, "c")}}`
      : headingTex(label, letters[i] === "r" ? "r" : "l")
  );
  const best = columns.map((column) => bestRows(table, column));
  const body = rows.map((row, r) => {
    const cells = columns.map((column, i) => {
      const cell = cellText(row, column);
      const text = escapeTex(cell.text);
      const value = best[i].has(r) ? `\\textbf{${text}}` : text;
      return withInterval[i] ? `${value} & ${spreadText(row, column, cell)}` : value;
    });
    return rowTex(cells, letters);
  });
  const long = rows.length > LONG, environment = long ? "longtable" : "tabular";
  const spread = withInterval.includes(true) ? "% behind +-: half of a 95% interval, or both of its parts\n" : "";
  return `% ${escapeTex(table.caption)}\n${spread}% needs \\usepackage{booktabs${long ? ",longtable" : ""}}\n` +
    `\\begin{${environment}}{@{}${letters.join("")}@{}}\n\\toprule\n${rowTex(head, letters)}\\midrule\n` +
    // The head again on every page that a long table goes on to.
    `${long ? "\\endhead\n" : ""}${body.join("")}\\bottomrule\n\\end{${environment}}\n`;
}

/** Rows that a page has room for; what has more breaks over pages. */
const LONG = 45;

/** What stands behind a value: half its interval, or both parts where they differ. */
function spreadText(row: Row, column: Column, { interval }: CellText): string {
  if (!interval) return "";
  const value = Number(row[column.key]);
  const half = (end: string) =>
    cellText({ x: Math.abs(value - Number(row[end])) }, { ...column, key: "x", lower: undefined }).text;
  const below = half(column.lower!), above = half(column.upper!);
  return below === above ? `$\\pm$${escapeTex(above)}` : `$^{+${inMath(above)}}_{-${inMath(below)}}$`;
}

/** A number as mathematics: "2.1×10⁻⁵" has signs that text mode alone knows. */
function inMath(number: string): string {
  return escapeTex(number).replaceAll("$", "");
}

/** Rows whose value is best in their group with an interval apart from every other's. */
function bestRows({ columns, rows }: TableSpec, column: Column): ReadonlySet<number> {
  const { better, lower, upper } = column;
  if (!better || lower === undefined || upper === undefined) return new Set();
  const sign = better === "higher" ? 1 : -1;
  const before = columns.slice(0, Math.max(0, columns.findIndex((other) => other.method)));
  const groupOf = (row: Row) => JSON.stringify(before.map(({ key }) => row[key]));
  const ends = (row: Row) => [Number(row[lower]) * sign, Number(row[upper]) * sign].sort((a, b) => a - b);
  // What knows the truth is no rival of what has to learn it.
  const knows = (row: Row) => columns.some(({ key, method }) => method && row[key] === "oracle");
  const measured = rows.flatMap((row, r) =>
    typeof row[lower] === "number" && typeof row[upper] === "number" && !knows(row) ? [r] : []
  );
  return new Set(measured.filter((r) => {
    const others = measured.filter((o) => o !== r && groupOf(rows[o]) === groupOf(rows[r]));
    return others.length > 0 && others.every((o) => ends(rows[r])[0] > ends(rows[o])[1]);
  }));
}

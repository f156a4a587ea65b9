/**
 * Tables as LaTeX with booktabs rules, ready for `\input`.
 *
 * @module
 */
import { escapeTex } from "./latex.ts";
import { columnTex, headingTex, rowTex } from "./latex_columns.ts";
import { cellText } from "./tables.ts";
import type { TableSpec } from "./types.ts";

/** Columns beyond which they are set closer, and smaller. */
const MANY = 5;

/**
 * A `table` environment that needs only the booktabs package. Cells with an interval read `value [lower, upper]`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const tex = tableLatex({ id: "t", caption: "Bias", columns: [{ key: "b", label: "Bias" }], rows: [{ b: -1 }] });
 * assert.match(tex, /\\toprule\nBias \\\\\n\\midrule\n\$-\$1 \\\\\n\\bottomrule/);
 * ```
 */
export function tableLatex(table: TableSpec): string {
  const letters = table.columns.map((column) => columnTex(table, column));
  const head = rowTex(table.columns.map(({ label }, i) => headingTex(label, letters[i] === "r" ? "r" : "l")), letters);
  const body = table.rows.map((row) => {
    const cells = table.columns.map((column) => {
      const { text, interval } = cellText(row, column);
      return escapeTex(text) + (interval ? ` {\\footnotesize[${interval.map(escapeTex).join(", ")}]}` : "");
    });
    return rowTex(cells, letters);
  }).join("");
  const close = letters.length > MANY ? "\\footnotesize\n\\setlength{\\tabcolsep}{3pt}\n" : "";
  return "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n" +
    `\\caption{${escapeTex(table.caption)}}\n\\label{tab:${table.id}}\n${close}` +
    `\\begin{tabular}{@{}${letters.join("")}@{}}\n\\toprule\n${head}\\midrule\n${body}\\bottomrule\n` +
    "\\end{tabular}\n\\end{table}\n";
}

/**
 * Tables as LaTeX with booktabs rules, ready for `\input`.
 *
 * @module
 */
import { cellText, isNumeric } from "./tables.ts";
import type { TableSpec } from "./types.ts";

/** Characters that TeX reads as commands, and those that pdfLaTeX's default fonts lack. */
const TEX: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  "$": "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  "_": "\\_",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  // Behind a line's "\\\\" a bracket would begin an optional argument.
  "[": "{[}",
  '"': "''",
  "\u2212": "$-$",
  "–": "--",
  "—": "---",
  "…": "\\ldots{}",
  "“": "``",
  "”": "''",
  "‘": "`",
  "’": "'",
  "\u00a0": "~",
  "\u202f": "\\,",
  "∞": "$\\infty$",
  "±": "$\\pm$",
  "×": "$\\times$",
  "·": "$\\cdot$",
  "≤": "$\\leq$",
  "≥": "$\\geq$",
  "≠": "$\\neq$",
  "≈": "$\\approx$",
  "→": "$\\rightarrow$",
  "←": "$\\leftarrow$",
  "√": "$\\surd$",
  "∈": "$\\in$",
  "‖": "$\\|$",
  "∥": "$\\|$",
  "′": "$'$",
  "∝": "$\\propto$",
  "∇": "$\\nabla$",
  "∂": "$\\partial$",
  "ℓ": "$\\ell$",
  "Γ": "$\\Gamma$",
  "Δ": "$\\Delta$",
  "Θ": "$\\Theta$",
  "Λ": "$\\Lambda$",
  "Ξ": "$\\Xi$",
  "Π": "$\\Pi$",
  "Σ": "$\\Sigma$",
  "Φ": "$\\Phi$",
  "Ψ": "$\\Psi$",
  "Ω": "$\\Omega$",
  "∣": "$\\mid$",
  "∑": "$\\sum$",
  "½": "$\\frac12$",
  "π": "$\\pi$",
  "α": "$\\alpha$",
  "β": "$\\beta$",
  "γ": "$\\gamma$",
  "δ": "$\\delta$",
  "ε": "$\\varepsilon$",
  "ζ": "$\\zeta$",
  "η": "$\\eta$",
  "θ": "$\\theta$",
  "ι": "$\\iota$",
  "κ": "$\\kappa$",
  "λ": "$\\lambda$",
  "μ": "$\\mu$",
  "ν": "$\\nu$",
  "ξ": "$\\xi$",
  "ρ": "$\\rho$",
  "σ": "$\\sigma$",
  "τ": "$\\tau$",
  "υ": "$\\upsilon$",
  "φ": "$\\varphi$",
  "χ": "$\\chi$",
  "ψ": "$\\psi$",
  "ω": "$\\omega$",
};

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";
const SUBSCRIPT = "₀₁₂₃₄₅₆₇₈₉₋";

/**
 * Text made safe for TeX.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(escapeTex("50% of a_b & β⁻¹"), "50\\% of a\\_b \\& $\\beta$$^{-1}$");
 * ```
 */
export function escapeTex(text: string): string {
  const special = text.replace(/./gsu, (character) => {
    // A blank line would end a table cell's paragraph.
    if (/[\r\n\t]/.test(character)) return " ";
    return TEX[character] ?? character;
  });
  return shifted(shifted(special, SUPERSCRIPT, "^"), SUBSCRIPT, "_");
}

/** Raised or lowered digits as mathematics. */
function shifted(text: string, characters: string, command: "^" | "_"): string {
  return text.replace(new RegExp(`[${characters}]+`, "gu"), (digits) => {
    const plain = [...digits].map((digit) => "0123456789-"[characters.indexOf(digit)]).join("");
    return `$${command}{${plain}}$`;
  });
}

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
  const alignment = table.columns.map((column) => isNumeric(table, column) ? "r" : "l").join("");
  const head = table.columns.map((column) => escapeTex(column.label)).join(" & ");
  const body = table.rows.map((row) =>
    table.columns.map((column) => {
      const { text, interval } = cellText(row, column);
      return escapeTex(text) + (interval ? ` {\\footnotesize[${interval.map(escapeTex).join(", ")}]}` : "");
    }).join(" & ") + " \\\\\n"
  ).join("");
  return "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n" +
    `\\caption{${escapeTex(table.caption)}}\n\\label{tab:${table.id}}\n` +
    `\\begin{tabular}{@{}${alignment}@{}}\n\\toprule\n${head} \\\\\n\\midrule\n${body}\\bottomrule\n` +
    "\\end{tabular}\n\\end{table}\n";
}

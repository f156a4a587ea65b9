/**
 * Text for LaTeX.
 *
 * @module
 */

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

/**
 * Formulas as HTML with MathML beside it, drawn by KaTeX on the machine that writes the report. KaTeX and its fonts are
 * loaded when the first formula is drawn.
 *
 * @module
 */
import { escapeText } from "./escape.ts";
import { subsetFont } from "./typeface/subset.ts";
import { woff } from "./typeface/woff.ts";
import type { Formula } from "./types.ts";

/** A file imported as bytes. */
type Bytes = Promise<{ default: Uint8Array }>;

/**
 * KaTeX's font files by its names, and the classes in KaTeX's HTML that call for each. Main-Regular is always needed.
 * The imports are spelled out one by one because only literal specifiers need no read permission.
 */
const FACES: readonly { readonly file: string; readonly classes: RegExp; readonly load: () => Bytes }[] = [
  {
    file: "KaTeX_Main-Regular",
    classes: /./,
    load: () => import("katex/dist/fonts/KaTeX_Main-Regular.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Main-Bold",
    classes: /\b(mathbf|textbf|boldsymbol)\b/,
    load: () => import("katex/dist/fonts/KaTeX_Main-Bold.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Main-Italic",
    classes: /\b(mathit|textit)\b/,
    load: () => import("katex/dist/fonts/KaTeX_Main-Italic.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Math-Italic",
    classes: /\bmathnormal\b/,
    load: () => import("katex/dist/fonts/KaTeX_Math-Italic.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Math-BoldItalic",
    classes: /\bboldsymbol\b/,
    load: () => import("katex/dist/fonts/KaTeX_Math-BoldItalic.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_AMS-Regular",
    classes: /\b(mathbb|textbb|amsrm)\b/,
    load: () => import("katex/dist/fonts/KaTeX_AMS-Regular.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Caligraphic-Regular",
    classes: /\bmathcal\b/,
    load: () => import("katex/dist/fonts/KaTeX_Caligraphic-Regular.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_SansSerif-Regular",
    classes: /\b(mathsf|textsf)\b/,
    load: () => import("katex/dist/fonts/KaTeX_SansSerif-Regular.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Typewriter-Regular",
    classes: /\b(mathtt|texttt)\b/,
    load: () => import("katex/dist/fonts/KaTeX_Typewriter-Regular.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Size1-Regular",
    classes: /\b(size1|small-op|delim-size1)\b/,
    load: () => import("katex/dist/fonts/KaTeX_Size1-Regular.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Size2-Regular",
    classes: /\b(size2|large-op)\b/,
    load: () => import("katex/dist/fonts/KaTeX_Size2-Regular.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Size3-Regular",
    classes: /\bsize3\b/,
    load: () => import("katex/dist/fonts/KaTeX_Size3-Regular.ttf", { with: { type: "bytes" } }),
  },
  {
    file: "KaTeX_Size4-Regular",
    classes: /\b(size4|delim-size4)\b/,
    load: () => import("katex/dist/fonts/KaTeX_Size4-Regular.ttf", { with: { type: "bytes" } }),
  },
];

/**
 * Formulas with their labels as HTML, and the style sheet with the fonts they use inside it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { html, css } = await renderFormulas([{ label: "Value of a policy", tex: "V(f)" }]);
 * assert.match(html, /Value of a policy/);
 * assert.match(css, /url\(data:font\/woff;base64,/);
 * ```
 * @throws RangeError for TeX that KaTeX cannot read; the message names the formula
 */
export async function renderFormulas(formulas: readonly Formula[]): Promise<{ html: string; css: string }> {
  if (formulas.length === 0) return { html: "", css: "" };
  const items: string[] = [];
  for (const formula of formulas) {
    items.push(`<dt>${escapeText(formula.label)}</dt><dd tabindex="0">${await renderFormula(formula)}</dd>`);
  }
  const html = `<dl class="formulas">\n${items.join("\n")}\n</dl>`;
  return { html, css: await formulaStyle(html) };
}

/**
 * One formula as MathML alone, which needs no style and no fonts of the page.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(await renderMathml({ label: "Value", tex: "V(f)" }), /^<math/);
 * ```
 * @throws RangeError for TeX that KaTeX cannot read; the message names the formula
 */
export async function renderMathml(formula: Formula): Promise<string> {
  const html = await typeset(formula, "mathml");
  return html.slice(html.indexOf("<math"), html.lastIndexOf("</math>") + "</math>".length);
}

/**
 * A formula and the definitions that stand behind quads in it, each by itself: they need less width.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(formulaParts(String.raw`d^2,\quad d=a-b`), ["d^2", "d=a-b"]);
 * ```
 */
export function formulaParts(tex: string): readonly string[] {
  const parts = tex.split(/,\\quad\s*/);
  const isWhole = (part: string) => part.split("{").length === part.split("}").length;
  return parts.every(isWhole) ? parts : [tex];
}

/**
 * One formula as HTML without its label; the page needs {@linkcode formulaStyle} of all of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(await renderFormula({ label: "Value", tex: "V(f)" }), /<math/);
 * ```
 * @throws RangeError for TeX that KaTeX cannot read; the message names the formula
 */
export function renderFormula(formula: Formula): Promise<string> {
  return typeset(formula, "htmlAndMathml");
}

async function typeset({ tex, label }: Formula, output: "mathml" | "htmlAndMathml"): Promise<string> {
  const { default: katex } = await import("katex");
  try {
    return katex.renderToString(tex, { displayMode: true, throwOnError: true, output });
  } catch (error) {
    throw new RangeError(`formula "${label}": ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * KaTeX's style sheet with the fonts inside it that some HTML uses, their letters that it uses, and no others.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const css = await formulaStyle(await renderFormula({ label: "Value", tex: "V(f)" }));
 * assert.match(css, /KaTeX_Main/);
 * assert.equal(css.match(/@font-face/g)?.length, 2); // upright and italic letters
 * ```
 */
export async function formulaStyle(html: string): Promise<string> {
  const { default: sheet } = await import("katex/dist/katex.min.css", { with: { type: "text" } });
  const classes = [...html.matchAll(/class="([^"]*)"/g)].map((match) => match[1]).join(" ");
  const used = FACES.filter((face) => face.classes.test(classes));
  // Whole they are 100 kB of a page; a formula needs a dozen letters.
  const letters = [...new Set(html.replace(/<[^>]*>/g, ""))].sort().join("");
  const fonts = new Map(
    await Promise.all(
      used.map(async ({ file, load }) =>
        [file, woff(await subsetFont((await load()).default, letters)).toBase64()] as const
      ),
    ),
  );
  return sheet.replace(/@font-face\{[^}]*\}/g, (rule) => {
    const font = fonts.get(/fonts\/(KaTeX_[A-Za-z0-9-]+)\.woff2/.exec(rule)?.[1] ?? "");
    return font ? rule.replace(/src:[^}]*/, `src:url(data:font/woff;base64,${font}) format("woff")`) : "";
  });
}

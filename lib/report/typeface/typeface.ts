/**
 * The typeface of figures and pages, embedded so that text is as wide everywhere as it was measured.
 *
 * @module
 */
import { loadFaces } from "../faces.ts";
import { subsetFont } from "./subset.ts";
import { woff } from "./woff.ts";

/** Its name, and what stands in for a character that it lacks. */
export const FONT_FAMILY = "'Source Sans 3', Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";

/**
 * Style rules that embed both weights with the characters of some text.
 *
 * @param format compressed for browsers; "truetype" for whatever else opens a file
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const css = await fontFaces("DPO 0.5", "woff");
 * assert.equal(css.match(/@font-face/g)!.length, 2);
 * assert.ok(css.length < 10_000);
 * ```
 */
export async function fontFaces(characters: string, format: "truetype" | "woff"): Promise<string> {
  const { regular, semiBold } = await loadFaces();
  const rules = [];
  // Rows of a table hide and show: what stands in any of them is embedded, each character once.
  for (const [weight, face] of [["400", regular], ["600", semiBold]] as const) {
    const font = await subsetFont(face, [...new Set(characters)].sort().join(""));
    const source = format === "woff"
      ? `data:font/woff;base64,${woff(font).toBase64()}`
      : `data:font/ttf;base64,${font.toBase64()}`;
    rules.push(
      `@font-face{font-family:"Source Sans 3";font-weight:${weight};src:url(${source}) format("${format}")}`,
    );
  }
  return rules.join("");
}

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

/** Each character of a text once, in order. A page has a million, almost all of them among the first 128. */
function charactersOf(text: string): string {
  const seen = new Uint8Array(128), others = new Set<string>();
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 128) seen[code] = 1;
    else {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      others.add(character);
      at += character.length - 1;
    }
  }
  const plain = Array.from(seen.keys()).filter((code) => seen[code] === 1).map((code) => String.fromCharCode(code));
  return [...plain, ...others].sort().join("");
}

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
  const rules = [], used = charactersOf(characters);
  // Rows of a table hide and show: what stands in any of them is embedded, each character once.
  for (const [weight, face] of [["400", regular], ["600", semiBold]] as const) {
    const font = await subsetFont(face, used);
    const source = format === "woff"
      ? `data:font/woff;base64,${woff(font).toBase64()}`
      : `data:font/ttf;base64,${font.toBase64()}`;
    rules.push(
      `@font-face{font-family:"Source Sans 3";font-weight:${weight};src:url(${source}) format("${format}")}`,
    );
  }
  return rules.join("");
}

/**
 * How wide text is, without a browser: labels are neither cut nor set over each other.
 *
 * @module
 */
import advances from "./typeface/advances.json" with { type: "json" };

/** Font size of tick labels and small text in figures, px. */
export const TICK_TEXT = 12;
/** Font size of the labels of axes, panels and rows in figures, px. */
export const LABEL_TEXT = 13;

const REGULAR = new Map<string, number>(), SEMI_BOLD = new Map<string, number>();
for (const [i, character] of [...advances.characters].entries()) {
  REGULAR.set(character, advances.regular[i]);
  SEMI_BOLD.set(character, advances.semiBold[i]);
}
/** A character that the typeface lacks comes from another one; a Chinese one is as wide as it is high. */
const OTHER = 1000;

/**
 * The width of a line of text in the typeface of figures, in the unit of `size`.
 *
 * @param bold in the semi-bold face
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(textWidth("0.50", 1000), 2 * 497 + 249 + 497);
 * assert.ok(textWidth("W", 12, true) > textWidth("W", 12));
 * ```
 */
export function textWidth(text: string, size: number, bold = false): number {
  const face = bold ? SEMI_BOLD : REGULAR;
  let total = 0;
  for (const character of text) total += face.get(character) ?? OTHER;
  return total * size / 1000;
}

/**
 * Breaks text at spaces so that no line is wider than `width`; a single word that is too wide stays whole.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(wrapText("objective per text", 12, 60), ["objective", "per text"]);
 * ```
 */
export function wrapText(text: string, size: number, width: number, bold = false): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word;
    if (line && textWidth(longer, size, bold) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  if (line) lines.push(line);
  return lines;
}

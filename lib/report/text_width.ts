/**
 * How wide text will be, without a browser: enough to keep labels from being cut or set over each other.
 *
 * @module
 */

/** Font size of tick labels and small text in figures, px. */
export const TICK_TEXT = 11;
/** Font size of the labels of axes, panels and rows in figures, px. */
export const LABEL_TEXT = 12;

/** Advance widths of Helvetica/Arial in thousandths of the font size, by groups of characters. */
const WIDTHS = new Map<string, number>();
for (
  const [characters, width] of [
    ["ijl'|", 222],
    [" .,:;!/\\[]ftI", 278],
    ['r()-{}"*', 333],
    ["cksvxyzJ^", 500],
    ["abdeghnopqu0123456789_LT?FZ$#~", 576],
    ["+<>=−±×·–", 590],
    ["ABEKPSVXY&", 667],
    ["CDHNRUwGOQ", 740],
    ["Mm", 833],
    ["W%@—", 960],
  ] as const
) {
  for (const character of characters) WIDTHS.set(character, width);
}
const OTHER = 620;
/** Font stacks end in faces some per cent wider than Helvetica. */
const SLACK = 1.06;

/**
 * The width of a line of text, in the unit of `size`, slightly overestimated.
 *
 * @param bold bold faces run about 7 % wider
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(textWidth("WWW", 12) > textWidth("iii", 12));
 * ```
 */
export function textWidth(text: string, size: number, bold = false): number {
  let total = 0;
  for (const character of text) total += WIDTHS.get(character) ?? OTHER;
  return total * size * SLACK * (bold ? 1.07 : 1) / 1000;
}

/**
 * Breaks text at spaces so that no line is wider than `width`; a single word that is too wide stays whole.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(wrapText("objective per text", 12, 70), ["objective", "per text"]);
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

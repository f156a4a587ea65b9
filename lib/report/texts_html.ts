/**
 * What models wrote, side by side on the page: one place is open at a time.
 *
 * @module
 */
import { escapeText } from "./escape.ts";
import { methodStyle } from "./methods.ts";
import type { TextSample } from "./types.ts";

/**
 * Samples of texts, a prompt each with an answer of every arm. They are folded; opening one closes the one before.
 *
 * @param id of the section, which names the group
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const html = textsHtml("language", [{ prompt: "One <day>", answers: [{ arm: "dpo", text: " it rained." }] }]);
 * assert.match(html, /<summary>One &lt;day&gt;…<\/summary>.*<dt>DPO<\/dt><dd> it rained\.<\/dd>/s);
 * ```
 */
export function textsHtml(id: string, samples: readonly TextSample[]): string {
  const places = samples.map(({ prompt, answers }, i) => {
    const own = answers.map(({ arm, text }) =>
      `<dt>${escapeText(methodStyle(arm).label)}</dt><dd>${escapeText(text)}</dd>`
    );
    return `<details name="texts-${id}"${i === 0 ? " open" : ""}><summary>${escapeText(prompt)}…</summary>` +
      `<dl>${own.join("\n")}</dl></details>`;
  });
  return `<div class="texts"><p class="label">What was written after the same words, with the same random numbers</p>\n` +
    `${places.join("\n")}</div>`;
}

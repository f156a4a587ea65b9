/**
 * Kept texts of several arms, prompt by prompt.
 *
 * @module
 */
import type { TextSample } from "../report/types.ts";
import type { Condition } from "./condition.ts";
import type { View } from "./view.ts";

/**
 * What arms wrote after the same words; arms that kept nothing are left out.
 *
 * @param arms in the order they are shown in
 * @param at where
 * @example
 * ```ts
 * import { viewOf } from "./view.ts";
 * import assert from "node:assert/strict";
 * const cell = { part: "benchmark" as const, question: "q", condition: {}, seeds: [0], metrics: [], values: new Float64Array() };
 * const blocks = ["dpo", "kto"].map((arm) => ({ ...cell, arm, texts: [{ seed: 0, prompt: "One", text: arm }] }));
 * const samples = sideBySide(viewOf(blocks, "q", ["dpo", "kto"], [{}]), ["kto", "dpo", "sft"], {});
 * assert.deepEqual(samples, [{ prompt: "One", answers: [{ arm: "kto", text: "kto" }, { arm: "dpo", text: "dpo" }] }]);
 * ```
 */
export function sideBySide(view: View, arms: readonly string[], at: Condition): TextSample[] {
  const texts = arms.flatMap((arm) => view.texts(arm, at).map((text) => ({ arm, ...text })));
  const places = Map.groupBy(texts, ({ seed, prompt }) => JSON.stringify([seed, prompt]));
  return [...places.values()].map((own) => ({
    prompt: own[0].prompt,
    answers: own.map(({ arm, text }) => ({ arm, text })),
  }));
}

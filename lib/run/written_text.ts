/**
 * Texts that a unit keeps beside its numbers.
 *
 * @module
 */

/** What a model wrote. */
export interface WrittenText {
  /** The replicate, counted from 0. */
  readonly seed: number;
  /** What it was asked to go on with. */
  readonly prompt: string;
  /** What it wrote then. */
  readonly text: string;
}

/**
 * Reads kept texts back from JSON.
 *
 * @returns undefined where it is another thing
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(writtenTextsIn('[{"seed":0,"prompt":"One day","text":" it rained."}]')?.length, 1);
 * assert.equal(writtenTextsIn("{"), undefined);
 * ```
 */
export function writtenTextsIn(json: string): WrittenText[] | undefined {
  try {
    const texts: unknown = JSON.parse(json);
    return Array.isArray(texts) && texts.every(isWrittenText) ? texts : undefined;
  } catch {
    return undefined;
  }
}

function isWrittenText(value: unknown): value is WrittenText {
  if (typeof value !== "object" || value === null) return false;
  const { seed, prompt, text } = value as Record<string, unknown>;
  return Number.isSafeInteger(seed) && typeof prompt === "string" && typeof text === "string";
}

/**
 * Where a number is read: a condition, and what it is called in sentences.
 *
 * @module
 */
import type { Condition } from "./condition.ts";
import type { Needs } from "./needs.ts";

/** A condition with its name in sentences. */
export interface Place<O> {
  /** Such as "full confounding"; empty where the question has one condition only. */
  readonly words: string;
  /** The condition under some options. */
  readonly of: (options: O) => Condition;
  /** What the options must have for it to be what its words say. */
  readonly needs?: Needs<O>;
}

/**
 * A place: its words, and the condition that the options make of it.
 *
 * @param needs what the options must have for the words to be true
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const many = place("most steps", (o: { steps: number[] }) => ({ steps: Math.max(...o.steps) }));
 * assert.deepEqual(many.of({ steps: [10, 20] }), { steps: 20 });
 * ```
 */
export function place<O>(words: string, of: (options: O) => Condition, needs?: Needs<O>): Place<O> {
  return { words, of, ...needs && { needs } };
}

/** The place of a question that has one condition only. */
export const everywhere: Place<unknown> = place("", () => ({}));

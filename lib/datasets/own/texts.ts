/**
 * Texts and chats as files of preferences have them.
 *
 * @module
 */
import { array, type GenericSchema, is, minLength, object, pipe, safeParse, string, transform, union } from "valibot";
import type { Message } from "../../tokenizers/chat.ts";

/** A text, or turns of a chat. */
export type Text = string | readonly Message[];

/** What files of another origin call the speakers. */
const SPEAKERS: Readonly<Record<string, string>> = { human: "user", gpt: "assistant", bot: "assistant" };

const turn = object({ role: string(), content: string() });
const part = object({ text: string() });
const turns = pipe(array(turn), minLength(1));
const text = union([string(), turns]);

/** Turns as they are, with content in parts, or as `{"from", "value"}`. */
const anyTurn: GenericSchema<unknown, { role: string; content: string }> = union([
  turn,
  pipe(
    object({ role: string(), content: array(part) }),
    transform(({ role, content }) => ({ role, content: content.map(({ text }) => text).join("") })),
  ),
  pipe(
    object({ from: string(), value: string() }),
    transform(({ from, value }) => ({ role: SPEAKERS[from] ?? from, content: value })),
  ),
]);
const anyTurns = pipe(array(anyTurn), minLength(1));

/**
 * Whether a value is a text, or a list of messages `{"role", "content"}`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isText("a") && isText([{ role: "user", content: "a" }]) && !isText([]) && !isText(null));
 * ```
 */
export const isText = (value: unknown): value is Text => is(text, value);

/**
 * The text or chat in a cell, or undefined where there is none. A cell of CSV may hold a chat as JSON.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(asText('[{"from": "human", "value": "a"}]'), [{ role: "user", content: "a" }]);
 * assert.equal(asText("[a]"), "[a]");
 * assert.equal(asText(7), undefined);
 * ```
 */
export function asText(cell: unknown): Text | undefined {
  if (typeof cell !== "string") return asTurns(cell);
  return /^\s*\[\s*\{\s*"/.test(cell) ? asTurns(parsed(cell)) ?? cell : cell;
}

/**
 * Whether nothing is said.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isBlank(" \n") && isBlank([{ role: "assistant", content: "" }]) && isBlank([]) && !isBlank("a"));
 * ```
 */
export const isBlank = (value: Text): boolean =>
  typeof value === "string" ? value.trim() === "" : value.every(({ content }) => content.trim() === "");

function asTurns(value: unknown): readonly Message[] | undefined {
  const read = safeParse(anyTurns, value);
  return read.success ? read.output as Message[] : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a text that begins like a list
  }
}

/**
 * Schemas of rows, and values read by them.
 *
 * A schema's message is what is expected in its place, such as "a text".
 *
 * @module
 */
import { type GenericSchema, getDotPath, nonEmpty, pipe, safeParse, string } from "valibot";

/** A text. */
export const text = string("a text");

/** A text with something in it. */
export const filled = pipe(text, nonEmpty("a text"));

/**
 * A value as a schema has it.
 *
 * @param place of the value in its file, for messages
 * @throws TypeError naming place and field, what is expected, and what is there
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { object } from "valibot";
 * const read = () => valueBy(object({ id: text }), { id: 3 }, "a.json: row 1");
 * assert.throws(read, { name: "TypeError", message: 'a.json: row 1, column "id": expected a text, got 3' });
 * ```
 */
export function valueBy<T>(schema: GenericSchema<unknown, T>, value: unknown, place: string): T {
  const read = safeParse(schema, value, { abortEarly: true });
  if (read.success) return read.output;
  const [issue] = read.issues, path = getDotPath(issue), field = path === null ? "" : `, column "${path}"`;
  throw new TypeError(`${place}${field}: expected ${issue.message}, got ${shown(issue.input)}`);
}

/**
 * The value that a JSON text holds, as a schema has it.
 *
 * @param bytes UTF-8
 * @param source the file's name, for messages
 * @throws TypeError where it is no UTF-8 or no JSON, and as {@linkcode valueBy}
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(jsonBy(text, new TextEncoder().encode('"a"'), "a.json"), "a");
 * ```
 */
export function jsonBy<T>(schema: GenericSchema<unknown, T>, bytes: Uint8Array, source: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new TypeError(`${source}: no JSON`);
  }
  return valueBy(schema, value, source);
}

/** Texts are not shown: some data sets hold what reports must not print. */
function shown(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty text" : "another text";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return String(value);
}

/**
 * Schemas of rows, and values read by them.
 *
 * A schema's message is what is expected in its place, such as "a text".
 *
 * @module
 */
import { custom, type GenericSchema, getDotPath, nonEmpty, pipe, safeParse, string, transform } from "valibot";
import { strictNumber } from "./own/numbers.ts";

/** Schema of a row: of each column that is read, what its cells are. */
export type RowSchema<T> = GenericSchema<unknown, T> & { readonly entries: Readonly<Record<string, unknown>> };

/** A text. */
export const text = string("a text");

/** A text with something in it. */
export const filled = pipe(text, nonEmpty("a text"));

/**
 * The number that a cell of text holds, read as strictly as users' own files are.
 *
 * @param fits which numbers there may be; all that are finite unless given
 * @param what they are, for messages
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { is, parse } from "valibot";
 * const share = numeral((p) => p >= 0 && p <= 1, "a share");
 * assert.equal(parse(share, "0.5"), 0.5);
 * assert.ok(!is(share, "1.5") && !is(share, "") && !is(share, 0.5));
 * ```
 */
export function numeral(fits: (value: number) => boolean = () => true, what = "a number") {
  const isFit = (cell: unknown) => {
    const value = typeof cell === "string" ? strictNumber(cell) : "";
    return typeof value === "number" && fits(value);
  };
  return pipe(custom<string>(isFit, what), transform((cell) => strictNumber(cell) as number));
}

/**
 * A whole number in a cell of text, within bounds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { is } from "valibot";
 * assert.ok(is(whole(1, 3), "3") && !is(whole(1, 3), "4") && !is(whole(1, 3), "1.5"));
 * ```
 */
export const whole = (low: number, high: number) =>
  numeral(
    (value) => Number.isInteger(value) && value >= low && value <= high,
    `a whole number from ${low} to ${high}`,
  );

/**
 * A value as a schema has it.
 *
 * @param place gives the value's place in its file, for messages
 * @throws TypeError naming place and field, what is expected, and what is there
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { object } from "valibot";
 * const read = () => valueBy(object({ id: text }), { id: 3 }, () => "a.json: row 1");
 * assert.throws(read, { name: "TypeError", message: 'a.json: row 1, column "id": expected a text, got 3' });
 * ```
 */
export function valueBy<T>(schema: GenericSchema<unknown, T>, value: unknown, place: () => string): T {
  const read = safeParse(schema, value, { abortEarly: true });
  if (read.success) return read.output;
  const [issue] = read.issues, path = getDotPath(issue), field = path === null ? "" : `, column "${path}"`;
  throw new TypeError(`${place()}${field}: expected ${issue.message}, got ${shown(issue.input)}`);
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
  return valueBy(schema, value, () => source);
}

/** Texts but numbers are not shown: some data sets hold what reports must not print. */
function shown(value: unknown): string {
  if (typeof value === "string" && typeof strictNumber(value) === "number") return value;
  if (typeof value === "string") return value === "" ? "an empty text" : "another text";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return String(value);
}

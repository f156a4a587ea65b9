/**
 * JSON from files that others wrote.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** An object of JSON whose fields are unknown. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * An object of JSON in which no name stands twice: `JSON.parse` would take the last in silence.
 *
 * @param where named in errors
 * @throws UserError where the text is no JSON, no object, or has a name twice
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseObject('{"a": {"b": [1]}}', "f"), { a: { b: [1] } });
 * assert.throws(() => parseObject('{"a": 1, "\\u0061": 2}', "f"), { message: 'f: has "a" twice; the file is damaged' });
 * assert.throws(() => parseObject("[1]", "f"), { message: "f: not an object of JSON; it is another kind of file" });
 * ```
 */
export function parseObject(text: string, where: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${where}: not JSON (${(error as Error).message.split("\n")[0]}); the file is damaged`);
  }
  if (!isObject(value)) throw new UserError(`${where}: not an object of JSON; it is another kind of file`);
  const twice = repeatedName(text);
  if (twice !== undefined) throw new UserError(`${where}: has ${JSON.stringify(twice)} twice; the file is damaged`);
  return value;
}

/**
 * Whether a value is an object with names, no list.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([{}, [], null, 1].map(isObject), [true, false, false, false]);
 * ```
 */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name that an object of valid JSON has twice. Read by hand: an expression runs out of stack on long texts. */
function repeatedName(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{") open.push(new Set());
    else if (character === "}") open.pop();
    else if (character === '"') {
      const start = at;
      while (json[++at] !== '"') if (json[at] === "\\") at++;
      let next = at + 1;
      while (/[ \t\n\r]/.test(json[next] ?? "")) next++;
      if (json[next] !== ":") continue;
      const name = JSON.parse(json.slice(start, at + 1)) as string, names = open.at(-1)!;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
}

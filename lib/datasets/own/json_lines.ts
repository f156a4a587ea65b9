/**
 * JSONL: an object a line, its fields as columns.
 *
 * @module
 */
import { linesOf, type Source, sourceName } from "../../text_lines.ts";
import { UserError } from "../../user_error.ts";
import type { Cell } from "./numbers.ts";
import { type Chunk, requireColumns, type Table } from "./table.ts";

/** Rows of a chunk. */
const ROWS = 4096;
/** Lines whose fields are the columns of the table: later lines may have more, which are found when they are asked for. */
const LOOKED_AT = 1000;
/** Numbers that `JSON.parse` may have as another one: with many digits, or a large exponent. */
const HARD = /\d{16}|[eE][+-]?\d{3}/;

type Fields = Readonly<Record<string, Cell>>;

/**
 * Opens a file of JSON objects, one a line. Blank lines are none; a field that a line lacks is null.
 *
 * @param wanted names of columns that the file must have, in whatever line
 * @param rare whether all lines are looked at for the names of columns
 * @throws UserError for a file that cannot be read, is empty, has a line that is no object, or has no such column
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '{"y": 1}\n{"y": null, "z": 2}\n');
 * const table = await openJsonLines(path, ["z"]);
 * for await (const chunk of table.chunks(["z"])) assert.deepEqual(chunk.column("z"), [null, 2]);
 * await Deno.remove(path);
 * ```
 */
export async function openJsonLines(source: Source, wanted: readonly string[], rare = false): Promise<Table> {
  const path = sourceName(source), columns = new Set<string>();
  const isEnough = (seen: number, names: readonly string[]) =>
    !rare && seen >= LOOKED_AT && names.every((name) => columns.has(name));
  const look = async (names: readonly string[]) => {
    let seen = 0;
    for await (const { fields } of objectsOf(source)) {
      for (const name of Object.keys(fields)) columns.add(name);
      if (isEnough(++seen, names)) return;
    }
    if (seen === 0) throw new UserError(`${path}: is empty; write a JSON object a line`);
    requireColumns(path, [...columns], names);
  };
  await look(wanted);
  return {
    path,
    columns: [...columns],
    async *chunks(names) {
      if (!names.every((name) => columns.has(name))) await look(names);
      yield* chunksOf(source, names);
    },
  };
}

async function* chunksOf(source: Source, names: readonly string[]): AsyncGenerator<Chunk> {
  let first = 1, cells = names.map((): Cell[] => []), lines: number[] = [];
  const take = (): Chunk => {
    const chunk = { first, rows: lines.length, cells, lines };
    first += lines.length;
    cells = names.map(() => []);
    lines = [];
    return {
      ...chunk,
      place: (i) => `row ${chunk.first + i} (line ${chunk.lines[i]})`,
      column: (name) => chunk.cells[names.indexOf(name)],
    };
  };
  for await (const { fields, line } of objectsOf(source)) {
    names.forEach((name, i) => cells[i].push(Object.hasOwn(fields, name) ? fields[name] : null));
    if (lines.push(line) === ROWS) yield take();
  }
  if (lines.length > 0) yield take();
}

async function* objectsOf(source: Source): AsyncGenerator<{ readonly fields: Fields; readonly line: number }> {
  const path = sourceName(source);
  let line = 0;
  for await (const text of linesOf(source)) {
    line++;
    if (text.trim() === "") continue;
    const at = `${path}: line ${line}`;
    let value: unknown;
    try {
      value = HARD.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
    } catch (error) {
      const isList = line === 1 && text.trimStart().startsWith("[");
      throw new UserError(
        `${at}: ${isList ? ONE_LIST : `is no JSON (${(error as Error).message}); write an object a line`}`,
      );
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new UserError(
        `${at}: ${Array.isArray(value) && line === 1 ? ONE_LIST : "is no JSON object; write an object a line"}`,
      );
    }
    yield { fields: value as Fields, line };
  }
}

const ONE_LIST = "the file is one JSON list; write an object a line (jq -c '.[]')";

/** A number as it is written, where float64 has another one: an id of many digits stays what it is. */
function exact(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined) return value;
  const isOther = /^-?\d+$/.test(source)
    ? !Number.isSafeInteger(value)
    : !Number.isFinite(value) || value === 0 && /[1-9]/.test(source.split(/e/i)[0]);
  return isOther ? source : value;
}

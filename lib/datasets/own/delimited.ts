/**
 * CSV and TSV (RFC 4180, and what R, pandas and spreadsheets make of it), read piece by piece.
 *
 * A parser of whole texts would hold the file, and make a string of every cell; this one makes those that are asked for.
 *
 * @module
 */
import { type Source, sourceName, textOf } from "../../text_lines.ts";
import { UserError } from "../../user_error.ts";
import { type Header, headerBy, readRecords } from "./records.ts";
import { type Chunk, requireColumns, type Table } from "./table.ts";

/** Characters of a chunk, about. */
const PIECE = 2 ** 20;
/** A record is at most so long: more is a quote without an end. */
const LONGEST = 2 ** 26;

/**
 * Opens a table of text with a header.
 *
 * The separator is the one of comma, semicolon and tab by which the header has the wanted columns, else the one that it
 * has most of; `sep=;` on a line before the header, which spreadsheets write, is taken at its word.
 *
 * @param wanted names of columns that the file must have
 * @throws UserError for a file that cannot be read, is empty, or has no such column
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, 'id;y\n"a;b";1\n');
 * const table = await openDelimited(path, ["y"]);
 * for await (const chunk of table.chunks(["id"])) assert.deepEqual(chunk.column("id"), ["a;b"]);
 * await Deno.remove(path);
 * ```
 */
export async function openDelimited(source: Source, wanted: readonly string[]): Promise<Table> {
  const path = sourceName(source), header = await readHeader(source, wanted), { columns } = header;
  requireColumns(path, columns, wanted);
  return {
    path,
    columns,
    chunks(names) {
      requireColumns(path, columns, names);
      return chunksOf(source, header, [...new Set(names)]);
    },
  };
}

async function* chunksOf(
  source: Source,
  { columns, separator, ...start }: Header,
  names: string[],
): AsyncGenerator<Chunk> {
  const path = sourceName(source),
    shape = { path, separator, slots: columns.map((name) => names.indexOf(name)), lists: names.length };
  let pieces: string[] = [], size = 0, unread = start.end, line = start.line, row = 1, enough = PIECE;
  const read = function* (isLast: boolean) {
    const text = pieces.join(""), { lists, lines, ...end } = readRecords(text, shape, { line, row, isLast });
    const first = row;
    pieces = [text.slice(end.end)];
    size = pieces[0].length;
    line = end.line;
    row += lines.length;
    // A record that is not whole is not read again with every piece.
    enough = PIECE + 2 * size;
    if (size > LONGEST) {
      throw new UserError(`${path}: row ${row} (line ${line}): a quoted cell has no end; close its quote`);
    }
    if (lines.length > 0) {
      yield {
        first,
        rows: lines.length,
        place: (i: number) => `row ${first + i} (line ${lines[i]})`,
        column: (name: string) => lists[names.indexOf(name)],
      };
    }
  };
  for await (const piece of textOf(source)) {
    pieces.push(piece.slice(unread));
    size += Math.max(0, piece.length - unread);
    unread = Math.max(0, unread - piece.length);
    if (size >= enough) yield* read(false);
  }
  yield* read(true);
}

async function readHeader(source: Source, wanted: readonly string[]): Promise<Header> {
  const path = sourceName(source);
  let text = "";
  for await (const piece of textOf(source)) {
    text += piece;
    if (text.length >= PIECE) break;
  }
  if (text.trim() === "") throw new UserError(`${path}: is empty; write a header of column names, then a row a line`);
  const told = /^sep=([,;\t])\r?\n/.exec(text), skipped = told?.[0].length ?? 0;
  const isTabs = path.replace(/\.gz$/, "").endsWith(".tsv");
  const separators = told ? [told[1]] : isTabs ? ["\t", ",", ";"] : [",", ";", "\t"];
  const headers = separators.flatMap((separator) => headerBy(separator, text.slice(skipped)) ?? []);
  if (headers.length === 0) {
    throw new UserError(`${path}: header: a quoted name has no end, or text behind it; mend the quotes`);
  }
  const having = headers.filter(({ columns }) => wanted.every((name) => columns.includes(name)));
  const best = (having.length > 0 ? having : headers).reduce((a, b) => b.columns.length > a.columns.length ? b : a);
  return { ...best, end: best.end + skipped, line: best.line + (told ? 1 : 0) };
}

/**
 * Records of delimited text (RFC 4180), of which some cells are kept.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";

/** What stands before the rows. */
export interface Header {
  readonly columns: readonly string[];
  readonly separator: string;
  /** Characters up to the first row. */
  readonly end: number;
  /** Line of the first row. */
  readonly line: number;
}

/** How records are read. */
interface Shape {
  /** Path of the file, for messages. */
  readonly path: string;
  /** What stands between cells. */
  readonly separator: string;
  /** For each cell of a record, the list that it goes to, or -1; a record has as many cells. */
  readonly slots: ArrayLike<number>;
  /** How many lists there are. */
  readonly lists: number;
}

/** Where the text stands in its file. */
interface Start {
  /** Line on which it begins, from 1. */
  readonly line: number;
  /** Row that it begins with, from 1. */
  readonly row: number;
  /** Whether nothing comes behind it. */
  readonly isLast: boolean;
}

/** What was read. */
interface Records {
  /** Kept cells, by list, then record. */
  readonly lists: readonly string[][];
  /** Line on which each record begins. */
  readonly lines: readonly number[];
  /** Characters that were read: what is behind them is a record without its end. */
  readonly end: number;
  /** The line on which they end. */
  readonly line: number;
}

const QUOTE = 34, LF = 10, CR = 13;

/**
 * Reads as many whole records as there are. Lines with nothing but spaces are none. Line ends are `\n`, `\r\n` or `\r`.
 *
 * @throws UserError naming line and row where a record has another number of cells, where a quoted cell has no end, or text
 * behind its end
 * @example The second of two columns
 * ```ts
 * import assert from "node:assert/strict";
 * const shape = { path: "a.csv", separator: ",", slots: [-1, 0], lists: 1 };
 * const { lists, lines } = readRecords('"x\n""y""",1\n\nz,2', shape, { line: 1, row: 1, isLast: true });
 * assert.deepEqual([lists, lines], [[["1", "2"]], [1, 4]]);
 * ```
 */
export function readRecords(text: string, { path, separator, slots, lists: count }: Shape, start: Start): Records {
  const lists = Array.from({ length: count }, (): string[] => []), lines: number[] = [];
  const between = separator.charCodeAt(0), width = slots.length, length = text.length;
  let at = 0, line = start.line, whole = 0, wholeLine = line;
  const place = () => `${path}: row ${start.row + lines.length} (line ${wholeLine})`;

  records: while (at < length) {
    let cells = 0, code = between;
    for (; code === between; cells++) {
      const from = at;
      let cell: string | undefined;
      const slot = cells < width ? slots[cells] : -1;
      if (text.charCodeAt(at) === QUOTE) {
        let hasQuotes = false;
        for (
          at = text.indexOf('"', at + 1);
          at >= 0 && text.charCodeAt(at + 1) === QUOTE;
          at = text.indexOf('"', at + 2)
        ) {
          hasQuotes = true;
        }
        if (at < 0) {
          if (!start.isLast) break records;
          throw new UserError(`${place()}: a quoted cell has no end; close its quote`);
        }
        for (let end = text.indexOf("\n", from); end >= 0 && end < at; end = text.indexOf("\n", end + 1)) line++;
        cell = text.slice(from + 1, at);
        if (hasQuotes) cell = cell.replaceAll('""', '"');
        code = text.charCodeAt(++at);
        if (code !== between && code !== LF && code !== CR && at < length) {
          throw new UserError(`${place()}: text behind the end of a quoted cell; write a quote within as two`);
        }
      } else {
        for (; at < length; at++) {
          code = text.charCodeAt(at);
          if (code === between || code === LF || code === CR) break;
        }
        if (at >= length) code = -1;
        if (slot >= 0) cell = text.slice(from, at);
      }
      // Behind a carriage return a line end may follow, behind a quote another one.
      if (!start.isLast && (at >= length || (code === CR && at + 1 >= length))) break records;
      if (slot >= 0) lists[slot].push(cell!);
      at++;
    }
    if (code === CR && text.charCodeAt(at) === LF) at++;
    const isBlank = cells === 1 && text.slice(whole, at).trim() === "";
    if (!isBlank && cells !== width) throw new UserError(`${place()}: ${wrongWidth(cells, width, separator)}`);
    if (isBlank) { for (const list of lists) list.length = lines.length; }
    else lines.push(wholeLine);
    if (at <= length) line++;
    whole = Math.min(at, length);
    wholeLine = line;
  }
  for (const list of lists) list.length = lines.length; // without what was kept of a record that has no end yet
  return { lists, lines, end: whole, line: wholeLine };
}

/**
 * The first record as names of columns, without spaces around them.
 *
 * @returns undefined where a quoted name has no end or text behind it, which another separator may explain
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(headerBy(",", '\n"a, b",c\n1,2')?.columns, ["a, b", "c"]);
 * ```
 */
export function headerBy(separator: string, text: string): Header | undefined {
  const start = /^(?:[ \t]*[\r\n])*/.exec(text)![0].length;
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|((?!")[^${separator}\r\n]*))(${separator}|\r\n|\n|\r|$)`, "y");
  cell.lastIndex = start;
  const columns: string[] = [];
  for (let isOpen = start < text.length; isOpen;) {
    const found = cell.exec(text);
    if (found === null) return undefined;
    columns.push((found[1]?.replaceAll('""', '"') ?? found[2]).trim());
    isOpen = found[3] === separator;
  }
  const end = cell.lastIndex;
  return { columns, separator, end, line: 1 + text.slice(0, end).split(/\r\n|\n|\r/).length - 1 };
}

function wrongWidth(cells: number, width: number, separator: string): string {
  const has = `has ${cells} cell${cells === 1 ? "" : "s"} where the header has ${width}`;
  if (cells < width) return `${has}; complete the row`;
  const commas = separator === "," ? ", or a decimal comma, which is to be a point" : "";
  return `${has}: row names without a header (R: write with row.names = FALSE), a cell to be quoted${commas}`;
}

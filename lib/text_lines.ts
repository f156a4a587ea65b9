/**
 * Lines of a text file, one after another, whatever its size.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { UserError } from "./user_error.ts";

/** A line is at most so many characters: a file without line ends is not read into memory. */
const LONGEST = 2 ** 26;

/** Bytes that are read at once. */
const PIECE = 2 ** 17;
/** Bytes that are decoded at once where they are held already. */
const HELD = 2 ** 20;

/** A file: its path, or its bytes under a name for messages. */
export type Source = string | { readonly name: string; readonly bytes: Uint8Array };

/**
 * What messages call a file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(["a.csv", { name: "b.csv", bytes: Uint8Array.of() }].map(sourceName), ["a.csv", "b.csv"]);
 * ```
 */
export const sourceName = (source: Source): string => typeof source === "string" ? source : source.name;

/**
 * Lines without their ends, `\n` or `\r\n`. What stands behind the last end is a line where there is something.
 *
 * @throws UserError for a file that is not there or may not be read, that is no UTF-8, or has a line that is too long
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "a\r\n\nb");
 * assert.deepEqual(await Array.fromAsync(linesOf(path)), ["a", "", "b"]);
 * await Deno.remove(path);
 * ```
 */
export async function* linesOf(source: Source): AsyncGenerator<string> {
  let rest = "", number = 1;
  for await (const text of textOf(source)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      number++;
      yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    if (rest.length > LONGEST) {
      throw new UserError(`${sourceName(source)}:${number}: has more than ${LONGEST} characters`);
    }
  }
  if (rest !== "") yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
}

/**
 * A text file piece by piece, without a byte order mark, unpacked where it is gzip (RFC 1952).
 *
 * @throws UserError for a file that is not there or may not be read, that is damaged gzip, or no UTF-8
 * @example
 * ```ts
 * import { gzipSync } from "node:zlib";
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * await Deno.writeFile(path, gzipSync("a\nb"));
 * assert.equal((await Array.fromAsync(textOf(path))).join(""), "a\nb");
 * await Deno.remove(path);
 * ```
 */
export async function* textOf(source: Source): AsyncGenerator<string> {
  let number = 1;
  const path = sourceName(source);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new UserError(`${path}:${number}: is no UTF-8 here or soon after: write the file as UTF-8`);
    }
  };
  const file = typeof source === "string" ? await opened(source) : undefined;
  try {
    for await (const bytes of unpacked(path, typeof source === "string" ? piecesOf(file!) : heldPieces(source.bytes))) {
      const text = decode(bytes);
      yield text;
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) number++;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EISDIR") {
      throw new UserError(`${path}: is a folder; name a file of lines`);
    }
    if (error instanceof Error && "code" in error) throw new UserError(`${path}: ${error.message}`);
    throw error;
  } finally {
    await file?.close();
  }
  yield decode();
}

/** The bytes, or what they unpack to: gzip is known by its first two. */
async function* unpacked(path: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = bytes[Symbol.asyncIterator](), first = await pieces.next();
  if (first.done) return;
  const all = async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  };
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* all();
  const source = Readable.from(all()), members = createGunzip();
  source.on("error", (error) => members.destroy(error)).pipe(members);
  try {
    yield* members;
  } catch (error) {
    throw new UserError(`${path}: no whole gzip file (${(error as Error).message}); fetch or pack it again`);
  }
}

/** Numbers that `JSON.parse` may have as another one: with many digits, or a large exponent. */
const HARD = /\d{16}|[eE][+-]?\d{3}/;

/**
 * What a line of JSON says. A number that float64 has as another one, such as an id of many digits, is kept as it is written,
 * and `JSON.stringify` writes it so again; it is no number to whoever asks for one.
 *
 * @throws UserError where it says nothing, without the number of the line
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parsedLine('{"text": "a"}'), { text: "a" });
 * assert.equal(JSON.stringify(parsedLine('{"id": 12345678901234567890}')), '{"id":12345678901234567890}');
 * assert.throws(() => parsedLine(" "), { message: "is empty" });
 * ```
 */
export function parsedLine(text: string): unknown {
  try {
    return HARD.test(text) ? JSON.parse(text, asWritten) : JSON.parse(text);
  } catch (error) {
    throw new UserError(text.trim() === "" ? "is empty" : `is no JSON (${(error as Error).message})`);
  }
}

function asWritten(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined) return value;
  const isOther = /^-?\d+$/.test(source)
    ? !Number.isSafeInteger(value)
    : !Number.isFinite(value) || value === 0 && /[1-9]/.test(source.split(/e/i)[0]);
  // V8 has the method, TypeScript's types do not.
  return isOther ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source) : value;
}

/** Bytes that are held already, in order. */
async function* heldPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += HELD) yield await bytes.subarray(at, at + HELD);
}

/** The bytes of a file, in order. */
async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { buffer, bytesRead } = await file.read(new Uint8Array(PIECE), 0, PIECE, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * Opens a file for reading; of Node's modules, so that the same code runs in the npm package.
 *
 * @throws UserError for a file that is not there or may not be read
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await assert.rejects(opened("nowhere.csv"), { message: "nowhere.csv: there is no such file; check the path" });
 * ```
 */
export async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    const { code, name } = error as { code?: string; name?: string };
    if (code === "ENOENT") throw new UserError(`${path}: there is no such file; check the path`);
    if (code === "EACCES" || code === "EPERM" || name === "NotCapable") {
      throw new UserError(`${path}: no permission to read`);
    }
    throw error;
  }
}

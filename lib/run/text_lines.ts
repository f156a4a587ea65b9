/**
 * Lines of a text file, one after another, whatever its size.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** A line is at most so many characters: a file without line ends is not read into memory. */
const LONGEST = 2 ** 26;

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
export async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "", number = 1;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new UserError(`${path}:${number}: is no UTF-8 here or soon after: write the file as UTF-8`);
    }
  };
  const cut = function* (text: string) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      number++;
      yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    if (rest.length > LONGEST) throw new UserError(`${path}:${number}: has more than ${LONGEST} characters`);
  };
  using file = await opened(path);
  try {
    for await (const bytes of file.readable) yield* cut(decode(bytes));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EISDIR") {
      throw new UserError(`${path}: is a folder; name a file of lines`);
    }
    if (error instanceof Error && "code" in error) throw new UserError(`${path}: ${error.message}`);
    throw error;
  }
  yield* cut(decode());
  if (rest !== "") yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
}

/**
 * What a line of JSON says.
 *
 * @throws UserError where it says nothing, without the number of the line
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parsedLine('{"text": "a"}'), { text: "a" });
 * assert.throws(() => parsedLine(" "), { message: "is empty" });
 * ```
 */
export function parsedLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(text.trim() === "" ? "is empty" : `is no JSON (${(error as Error).message})`);
  }
}

async function opened(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`${path}: there is no such file; check the path`);
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
      throw new UserError(`${path}: no permission to read`);
    }
    throw error;
  }
}

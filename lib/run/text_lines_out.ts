/**
 * A file that lines are appended to, and that a run which was stopped goes on in.
 *
 * @module
 */
import { dirname } from "node:path";
import { refused } from "../files.ts";
import { UserError } from "../user_error.ts";
import { linesOf } from "../text_lines.ts";

/** Where lines go. */
interface LinesOut extends Disposable {
  /** The whole lines that were there: not what a kill left of one. */
  readonly kept: AsyncIterable<string>;
  /** Appends text behind them. @throws UserError when the system refuses it */
  write(text: string): void;
}

/**
 * Opens the file of `--out` before anything is computed, so that a path which cannot be written is told at once. What was
 * there is as it was until something is written, and a run that writes nothing leaves no file.
 *
 * @param resume goes on in a file that is there
 * @throws UserError for a file that is there and not to be gone on in, a folder, or a path that may not be written
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "a\nhalf");
 * {
 *   using out = linesOut(path, true);
 *   assert.deepEqual(await Array.fromAsync(out.kept), ["a"]);
 *   out.write("b\n");
 * }
 * assert.equal(await Deno.readTextFile(path), "a\nb\n");
 * await Deno.remove(path);
 * ```
 */
export function linesOut(path: string, resume: boolean): LinesOut {
  const { file, made } = opened(path, resume);
  const { lines, end } = wholeLines(file);
  let written = false;
  return {
    kept: first(lines, path),
    write(text) {
      try {
        if (!written) {
          file.truncateSync(end); // what a kill left of a line
          file.seekSync(end, Deno.SeekMode.Start);
          written = true;
        }
        const bytes = new TextEncoder().encode(text);
        for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      } catch (error) {
        throw refused(path, error);
      }
    },
    [Symbol.dispose]() {
      file.close();
      if (made && !written) Deno.removeSync(path);
    },
  };
}

function opened(path: string, resume: boolean): { readonly file: Deno.FsFile; readonly made: boolean } {
  const access = { read: true, write: true };
  try {
    try {
      return { file: Deno.openSync(path, { ...access, createNew: true }), made: true };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists) || !resume) throw error;
      return { file: Deno.openSync(path, access), made: false };
    }
  } catch (error) {
    if (error instanceof Deno.errors.IsADirectory || isFolder(path)) {
      throw new UserError(`${path}: is a folder; name a file in it with --out`);
    }
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new UserError(
        `${path}: is there already; remove it, name another with --out, or go on in it with --resume`,
      );
    }
    if (error instanceof Deno.errors.NotFound) {
      throw new UserError(`${path}: there is no folder ${dirname(path)}; make it, or name another file with --out`);
    }
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
      throw new UserError(`${path}: no permission to write there; name another file with --out`);
    }
    throw refused(path, error);
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false; // whatever was wrong with the path is told as it was when it was opened
  }
}

/** How many lines have their end, and where the last of them ends. */
function wholeLines(file: Deno.FsFile): { readonly lines: number; readonly end: number } {
  let lines = 0, end = 0, size = 0;
  const piece = new Uint8Array(2 ** 16);
  for (let count = file.readSync(piece); count !== null; count = file.readSync(piece)) {
    for (let at = piece.indexOf(10); at >= 0 && at < count; at = piece.indexOf(10, at + 1)) {
      lines++;
      end = size + at + 1;
    }
    size += count;
  }
  return { lines, end };
}

async function* first(count: number, path: string): AsyncGenerator<string> {
  let left = count;
  if (left === 0) return;
  for await (const line of linesOf(path)) {
    yield line;
    if (--left === 0) return;
  }
}

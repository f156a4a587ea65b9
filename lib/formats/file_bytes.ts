/**
 * Ranges of a file's bytes, straight into the array that wants them.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** Bytes that are read by ranges, wherever they are. */
export interface Bytes {
  /** Where they are, for errors. */
  readonly path: string;
  /** How many. */
  readonly size: number;
  /** Fills an array with the bytes from `offset` on. @throws UserError where they end before */
  readInto(target: Uint8Array, offset: number): void;
  /** Closes what is open. */
  close(): void;
}

/**
 * A file that is read by ranges: nothing of it is kept in memory.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * using file = FileBytes.open("deno.json");
 * const start = new Uint8Array(1);
 * file.readInto(start, 0);
 * assert.equal(String.fromCharCode(...start), "{");
 * assert.throws(() => file.readInto(new Uint8Array(9), file.size - 2), /^UserError: deno\.json: cut off: /);
 * ```
 */
export class FileBytes implements Bytes {
  private constructor(
    /** Where it is. */
    readonly path: string,
    /** Its bytes, in number. */
    readonly size: number,
    private readonly file: Deno.FsFile,
  ) {}

  /** Opens a file. @throws UserError where there is none, or it may not be read */
  static open(path: string): FileBytes {
    try {
      // By its path: an open file's own `stat` asks for permission on what a link leads to (Deno 2.9.6), and models of the
      // Hugging Face cache are links.
      const { isFile, size } = Deno.statSync(path);
      if (!isFile) throw new UserError(`${path}: is no file; name one`);
      return new FileBytes(path, size, Deno.openSync(path, { read: true }));
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  /**
   * Fills an array with the bytes from `offset` on.
   *
   * @throws UserError where the file ends before
   */
  readInto(target: Uint8Array, offset: number): void {
    checkRange(this, target, offset);
    this.file.seekSync(offset, Deno.SeekMode.Start);
    for (let filled = 0; filled < target.length;) {
      const count = this.file.readSync(target.subarray(filled));
      if (count === null) throw new UserError(`${this.path}: shrank while it was read; get it again`);
      filled += count;
    }
  }

  /** Closes the file. */
  close(): void {
    this.file.close();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Bytes that are in memory.
 *
 * @param path for errors
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const two = new Uint8Array(2), bytes = inMemory(Uint8Array.of(1, 2, 3), "three");
 * bytes.readInto(two, 1);
 * assert.deepEqual([...two], [2, 3]);
 * assert.throws(() => bytes.readInto(two, 2), /^UserError: three: cut off/);
 * ```
 */
export function inMemory(all: Uint8Array, path: string): Bytes {
  return {
    path,
    size: all.length,
    readInto(target, offset) {
      checkRange(this, target, offset);
      target.set(all.subarray(offset, offset + target.length));
    },
    close() {},
  };
}

function checkRange({ path, size }: Bytes, { length }: Uint8Array, offset: number): void {
  const end = offset + length;
  if (offset >= 0 && end <= size) return;
  throw new UserError(`${path}: cut off: bytes ${offset} to ${end} of ${size} are asked for; get it again`);
}

/**
 * The text of a small file, such as a configuration.
 *
 * @throws UserError where there is none, it may not be read, or is longer than `most` bytes
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(readSmallText("deno.json", 100_000).startsWith("{"));
 * assert.throws(() => readSmallText("deno.json", 10), /^UserError: deno\.json: \d+ bytes, more than the 10 of such a file/);
 * ```
 */
export function readSmallText(path: string, most: number): string {
  using file = FileBytes.open(path);
  if (file.size > most) {
    throw new UserError(
      `${path}: ${file.size} bytes, more than the ${most} of such a file; it is another kind of file`,
    );
  }
  const bytes = new Uint8Array(file.size);
  file.readInto(bytes, 0);
  return decodeUtf8(bytes, path);
}

/**
 * Text of bytes that must be UTF-8.
 *
 * @param where named in the error
 * @throws UserError where they are not
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(decodeUtf8(Uint8Array.of(104, 105), "a"), "hi");
 * assert.throws(() => decodeUtf8(Uint8Array.of(255), "a"), { message: "a: not text in UTF-8; the file is damaged" });
 * ```
 */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserError(`${where}: not text in UTF-8; the file is damaged`);
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof Deno.errors.NotFound) return new UserError(`${path}: there is no such file; check the path`);
  if (error instanceof Deno.errors.NotCapable) {
    return new UserError(`${path}: no permission to read; run with --allow-read=${path}`);
  }
  if (!(error instanceof Error)) return error;
  return new UserError(`${path}: cannot be read (${error.message.split("\n")[0]}); check the path and its rights`);
}

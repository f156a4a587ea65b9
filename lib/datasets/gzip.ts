/**
 * Unpacks gzip files, all of them: every member, every checksum, and nothing behind the last member.
 *
 * @module
 */
import { gunzipSync, gzipSync } from "node:zlib";

/** A member of ours: one byte. */
const MARK = gzipSync(Uint8Array.of(0x2e));

/**
 * The contents of all members of a gzip file (RFC 1952), in order.
 *
 * @param source the file's name, for messages
 * @throws TypeError when a member is damaged or cut short, or when there is anything behind the last member
 *
 * @example A file of two members
 * ```ts
 * import { gzipSync } from "node:zlib";
 * import assert from "node:assert/strict";
 * const file = new Uint8Array([...gzipSync("one "), ...gzipSync("two")]);
 * assert.equal(new TextDecoder().decode(gunzip(file, "toy.gz")), "one two");
 * ```
 */
export function gunzip(bytes: Uint8Array, source: string): Uint8Array {
  // Reading stops without a word at a zero byte between members: a member of ours behind the last one must come out.
  const marked = new Uint8Array(bytes.length + MARK.length);
  marked.set(bytes);
  marked.set(MARK, bytes.length);
  let size: number, unpacked: Uint8Array;
  try {
    unpacked = new Uint8Array(gunzipSync(bytes));
    size = gunzipSync(marked).length;
  } catch (error) {
    throw new TypeError(`${source}: no whole gzip file (${(error as Error).message})`);
  }
  if (size !== unpacked.length + 1) throw new TypeError(`${source}: holds more than gzip members`);
  return unpacked;
}

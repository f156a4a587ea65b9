/**
 * Unpacks zip archives, all of them: every file that the directory at the end names, each with its size and checksum.
 *
 * @module
 */
import { crc32, inflateRawSync } from "node:zlib";

const END = 0x06054b50, ENTRY = 0x02014b50, LOCAL = 0x04034b50;
/** What PyTorch writes before the end, though its archive is small: an end with numbers of 64 bits, and where it is. */
const END_64 = 0x06064b50, END_64_SIZE = 56, PLACE_64 = 0x07064b50, PLACE_64_SIZE = 20;
const END_SIZE = 22, ENTRY_SIZE = 46, LOCAL_SIZE = 30;

/**
 * The files of an archive by their path in it; stored and deflated ones.
 *
 * @param source the archive's name, for messages
 * @throws TypeError when it is cut short or joined to another, names a file twice, or when a file is encrypted, packed in
 * another way, or differs from its size or checksum
 *
 * @example
 * ```ts
 * import { strToU8, zipSync } from "fflate";
 * import assert from "node:assert/strict";
 * const files = unzip(zipSync({ "a/b.txt": strToU8("text") }), "toy.zip");
 * assert.equal(new TextDecoder().decode(files.get("a/b.txt")), "text");
 * ```
 */
export function unzip(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at: number) => view.getUint16(at, true), u32 = (at: number) => view.getUint32(at, true);
  const refuse = (why: string) => new TypeError(`${source}: ${why}`);

  const end = endRecord(bytes, u16, u32);
  if (end < 0) throw refuse("no whole zip archive");
  const count = u16(end + 10), directory = u32(end + 16), place = end - PLACE_64_SIZE, wide = place - END_64_SIZE;
  const stop = wide >= 0 && u32(place) === PLACE_64 && u32(wide) === END_64 ? wide : end;
  if (u16(end + 4) !== 0 || u16(end + 8) !== count || directory + u32(end + 12) !== stop) {
    throw refuse("the directory is not where the archive says, or the archive is split or of more than 4 GB");
  }
  const files = new Map<string, Uint8Array>();
  let at = directory;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_SIZE > stop || u32(at) !== ENTRY) throw refuse(`the directory has no entry ${i} of ${count}`);
    const [flags, method, crc, packed, size] = [u16(at + 8), u16(at + 10), u32(at + 16), u32(at + 20), u32(at + 24)];
    const next = at + ENTRY_SIZE + u16(at + 28) + u16(at + 30) + u16(at + 32), local = u32(at + 42);
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_SIZE, at + ENTRY_SIZE + u16(at + 28)));
    if (files.has(name)) throw refuse(`"${name}" is in it twice`);
    if (flags & 1 || (method !== 0 && method !== 8)) throw refuse(`"${name}" is encrypted, or packed in a way unknown`);
    if (local + LOCAL_SIZE > directory || u32(local) !== LOCAL) throw refuse(`"${name}" is not where the archive says`);
    const start = local + LOCAL_SIZE + u16(local + 26) + u16(local + 28);
    if (start + packed > directory) throw refuse(`"${name}" is cut short`);
    const contents = unpack(bytes.subarray(start, start + packed), method);
    if (contents?.length !== size || crc32(contents) !== crc) {
      throw refuse(`"${name}" is damaged: its size or checksum is another`);
    }
    files.set(name, contents);
    at = next;
  }
  if (at !== stop) throw refuse(`the directory has more than its ${count} entries`);
  return files;
}

/** Where the record at the end starts, with a comment that ends where the archive ends; -1 where there is none. */
function endRecord(bytes: Uint8Array, u16: (at: number) => number, u32: (at: number) => number): number {
  for (let at = bytes.length - END_SIZE; at >= Math.max(0, bytes.length - END_SIZE - 0xffff); at--) {
    if (u32(at) === END && at + END_SIZE + u16(at + 20) === bytes.length) return at;
  }
  return -1;
}

function unpack(packed: Uint8Array, method: number): Uint8Array | undefined {
  if (method === 0) return packed;
  try {
    return new Uint8Array(inflateRawSync(packed));
  } catch {
    return undefined; // the caller names the file
  }
}

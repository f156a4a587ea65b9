import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";
import { loadFaces } from "../faces.ts";
import { subsetFont } from "./subset.ts";
import { woff } from "./woff.ts";

/** Tables by tag, as a reader of the format finds them, with another inflater. */
function read(bytes: Uint8Array): { flavor: number; total: number; tables: Map<string, Uint8Array> } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  assert.equal(text(0), "wOFF");
  assert.equal(view.getUint32(8), bytes.length);
  assert.equal(view.getUint16(14), 0);
  const tables = new Map<string, Uint8Array>();
  let end = 44 + 20 * view.getUint16(12);
  for (let i = 0; i < view.getUint16(12); i++) {
    const [offset, packed, length, checksum] = [4, 8, 12, 16].map((at) => view.getUint32(44 + 20 * i + at));
    // Back to back at multiples of four, with zeros between, as the format demands.
    assert.equal(offset, end);
    end = (offset + packed + 3) & ~3;
    assert.ok(bytes.subarray(offset + packed, end).every((byte) => byte === 0));
    const data = bytes.subarray(offset, offset + packed);
    const table = packed < length ? new Uint8Array(inflateSync(data)) : data;
    assert.equal(table.length, length);
    if (text(44 + 20 * i) !== "head") assert.equal(sum(table), checksum); // that of head leaves a field of it out
    tables.set(text(44 + 20 * i), table);
  }
  assert.equal(end, bytes.length);
  return { flavor: view.getUint32(4), total: view.getUint32(16), tables };
}

/** The checksum of a table: its 32-bit words added up. */
function sum(table: Uint8Array): number {
  const padded = new Uint8Array((table.length + 3) & ~3);
  padded.set(table);
  const view = new DataView(padded.buffer);
  let total = 0;
  for (let at = 0; at < padded.length; at += 4) total = (total + view.getUint32(at)) >>> 0;
  return total;
}

Deno.test("a compressed font has the tables of the font, its kind and its size", async () => {
  const { regular, semiBold } = await loadFaces();
  for (const font of [regular, semiBold, await subsetFont(regular, "π₀ 0.25"), await subsetFont(semiBold, "")]) {
    const { flavor, total, tables } = read(woff(font));
    const view = new DataView(font.buffer, font.byteOffset, font.byteLength);
    assert.equal(flavor, view.getUint32(0));
    assert.equal(tables.size, view.getUint16(4));
    let size = 12 + 16 * tables.size;
    for (let i = 0; i < tables.size; i++) {
      const at = 12 + 16 * i, offset = view.getUint32(at + 8), length = view.getUint32(at + 12);
      const tag = String.fromCharCode(...font.subarray(at, at + 4));
      assert.deepEqual(tables.get(tag), font.slice(offset, offset + length), tag);
      size += (length + 3) & ~3;
    }
    assert.equal(total, size);
  }
});

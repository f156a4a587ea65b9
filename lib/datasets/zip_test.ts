import assert from "node:assert/strict";
import { strToU8, zipSync } from "fflate";
import { unzip } from "./zip.ts";

const content = { "a.txt": strToU8("one ".repeat(50)), "b/c.txt": strToU8("two"), "empty": new Uint8Array(0) };
const archive = zipSync(content);
const refused = { name: "TypeError", message: /^toy\.zip: [^\n]+$/ };

/** The archive with bytes changed at the first place where these stand. */
function changed(from: number[], to: number[], whole: Uint8Array = archive): Uint8Array {
  const at = whole.findIndex((_, i) => from.every((byte, k) => whole[i + k] === byte));
  assert.ok(at >= 0, "nothing to change");
  const copy = whole.slice();
  copy.set(to, at);
  return copy;
}

Deno.test("every file comes out, deflated, stored or empty, also from the middle of a larger buffer", () => {
  const expected = new Map(Object.entries(content));
  assert.deepEqual(unzip(archive, "toy.zip"), expected);
  assert.deepEqual(unzip(zipSync(content, { level: 0 }), "toy.zip"), expected);
  const larger = new Uint8Array(archive.length + 20);
  larger.set(archive, 7);
  assert.deepEqual(unzip(larger.subarray(7, 7 + archive.length), "toy.zip"), expected);
  assert.deepEqual(unzip(zipSync({}), "toy.zip"), new Map());
});

Deno.test("an archive cut short anywhere is refused", () => {
  for (let length = 0; length < archive.length; length++) {
    assert.throws(() => unzip(archive.subarray(0, length), "toy.zip"), refused, `${length} bytes`);
  }
});

Deno.test("bytes before, between or behind its parts, and two archives in one file, are refused", () => {
  const end = archive.length - 22;
  const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
  const zeros = new Uint8Array(3);
  assert.throws(() => unzip(join(archive, zeros), "toy.zip"), refused);
  assert.throws(() => unzip(join(zeros, archive), "toy.zip"), refused);
  assert.throws(() => unzip(join(archive.subarray(0, end), zeros, archive.subarray(end)), "toy.zip"), refused);
  assert.throws(() => unzip(join(archive, zipSync({ d: strToU8("three") })), "toy.zip"), refused);
});

Deno.test("contents that are changed are noticed, packed or stored", () => {
  const packed = 30 + "a.txt".length; // the first file starts behind its header
  for (let at = packed; at < packed + 5; at++) {
    const bad = archive.slice();
    bad[at] ^= 1;
    assert.throws(() => unzip(bad, "toy.zip"), {
      message: 'toy.zip: "a.txt" is damaged: its size or checksum is another',
    });
  }
  const stored = zipSync(content, { level: 0 });
  assert.throws(
    () => unzip(changed([...strToU8("two")], [...strToU8("tow")], stored), "toy.zip"),
    { message: 'toy.zip: "b/c.txt" is damaged: its size or checksum is another' },
  );
});

Deno.test("a name that stands twice, an entry too many or too few, encryption and other packing are refused", () => {
  const twins = zipSync({ "a.txt": strToU8("1"), "b.txt": strToU8("2") });
  const second = twins.lastIndexOf("b".charCodeAt(0));
  const twice = twins.slice();
  twice[second] = "a".charCodeAt(0);
  assert.throws(() => unzip(twice, "toy.zip"), { message: 'toy.zip: "a.txt" is in it twice' });
  for (const [count, message] of [[1, /more than its 1 entries/], [3, /no entry 2 of 3/]] as const) {
    const bad = twins.slice();
    bad[twins.length - 22 + 8] = bad[twins.length - 22 + 10] = count;
    assert.throws(() => unzip(bad, "toy.zip"), { name: "TypeError", message });
  }
  const directory = [0x50, 0x4b, 1, 2];
  const first = twins.findIndex((_, i) => directory.every((byte, k) => twins[i + k] === byte));
  for (const [offset, value] of [[8, 1], [10, 12]]) {
    const bad = twins.slice();
    bad[first + offset] = value;
    assert.throws(() => unzip(bad, "toy.zip"), {
      message: 'toy.zip: "a.txt" is encrypted, or packed in a way unknown',
    });
  }
});

Deno.test("an end with numbers of 64 bits before the end, as PyTorch writes it, is stepped over; half of one is refused", () => {
  const end = archive.length - 22, wide = new Uint8Array(56), place = new Uint8Array(20);
  wide.set([0x50, 0x4b, 6, 6]);
  place.set([0x50, 0x4b, 6, 7]);
  const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
  const [files, last] = [archive.subarray(0, end), archive.subarray(end)];
  assert.deepEqual(unzip(join(files, wide, place, last), "toy.zip"), new Map(Object.entries(content)));
  for (const between of [wide, place, join(place, wide), join(wide, new Uint8Array(1), place)]) {
    assert.throws(() => unzip(join(files, between, last), "toy.zip"), refused);
  }
});

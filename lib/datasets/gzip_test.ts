import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { gunzip } from "./gzip.ts";

const one = gzipSync("one\n"), two = gzipSync("two\n"), none = gzipSync("");
const join = (...parts: (Uint8Array | readonly number[])[]) => new Uint8Array(parts.flatMap((part) => [...part]));
const unpack = (...parts: (Uint8Array | readonly number[])[]) =>
  new TextDecoder().decode(gunzip(join(...parts), "toy.gz"));
const refused = {
  name: "TypeError",
  message: /^toy\.gz: (no whole gzip file \([^\n]+\)|holds more than gzip members)$/,
};

Deno.test("every member is unpacked, in order, empty ones and a single one too", () => {
  assert.equal(unpack(one), "one\n");
  assert.equal(unpack(one, two), "one\ntwo\n");
  assert.equal(unpack(none, two, none, one, none), "two\none\n");
  assert.equal(unpack(none), "");
});

Deno.test("a file cut short anywhere but between members is refused", () => {
  const whole = join(one, two);
  for (let length = 0; length < whole.length; length++) {
    if (length === one.length) continue;
    assert.throws(() => unpack(whole.subarray(0, length)), refused, `${length} bytes`);
  }
});

Deno.test("anything behind the last member or between members is refused, zeros too", () => {
  for (let byte = 0; byte < 256; byte++) {
    for (const tail of [[byte], [byte, 0], [byte, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0]]) {
      assert.throws(() => unpack(one, tail), refused, `${tail}`);
      assert.throws(() => unpack(one, tail, two), refused, `${tail} in the middle`);
    }
  }
});

Deno.test("contents that differ from their checksum or length are refused, in each member", () => {
  for (const member of [one, two]) {
    for (let back = 1; back <= 8; back++) {
      const bad = join(member);
      bad[bad.length - back] ^= 1;
      assert.throws(() => unpack(bad, one), refused);
      assert.throws(() => unpack(one, bad), refused);
    }
  }
});

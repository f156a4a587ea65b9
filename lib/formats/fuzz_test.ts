/** Files that are damaged in every way are read or refused in one line, and nothing is allocated that is not there. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { GgufFile } from "./gguf.ts";
import { ggufBytes } from "./gguf_test_helpers.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { withoutChecksums } from "./safetensors_test_helpers.ts";
import { writeSafetensors } from "./safetensors_writer.ts";
import { countOf, type TensorFile } from "./tensor_file.ts";
import goldens from "./testdata/dequantise.json" with { type: "json" };

const RUNS = { numRuns: 800, seed: 1 };

/** A number of bytes may take so many bytes of float32 when it is unpacked: at most eight numbers of 4 bits in 4.5. */
const GROWTH = 10;

/**
 * Opens a file and reads all of it: either works, or a line says what is wrong.
 *
 * @returns whether it was read
 */
function readOrRefused(path: string, open: (path: string) => TensorFile): boolean {
  const { size } = Deno.statSync(path);
  try {
    const file = open(path);
    try {
      let total = 0;
      for (const [name, { shape, type }] of file.tensors) {
        total += 4 * countOf(shape)!;
        // Claimed sizes were held against the file before this allocates.
        assert.ok(total <= GROWTH * size, `${total} bytes for numbers out of ${size}`);
        if (/^(F32|F16|BF16|Q)/.test(type)) assert.equal(file.readFloats(name).length, countOf(shape));
      }
    } finally {
      file.close();
    }
    return true;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "UserError") throw error;
    assert.ok(
      error.message.startsWith(path) && !error.message.includes("\n") && error.message.length < 400,
      error.message,
    );
    return false;
  }
}

/** Edits of bytes: single ones, runs of them, cut ends, and eight bytes that say an absurd number. */
const damage = fc.array(
  fc.oneof(
    fc.record({ at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }) }),
    fc.record({ at: fc.nat(), bytes: fc.constantFrom(...absurd()) }),
    fc.record({ cut: fc.nat() }),
  ),
  { minLength: 1, maxLength: 4 },
);

function absurd(): Uint8Array[] {
  return [2n ** 60n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 32n, 2n ** 31n, 0n].map((value) =>
    new Uint8Array(BigUint64Array.of(value).buffer)
  );
}

type Damage = ({ at: number; bytes: Uint8Array } | { cut: number })[];

function damaged(good: Uint8Array, edits: Damage): Uint8Array {
  let bytes = good.slice();
  for (const edit of edits) {
    if ("cut" in edit) bytes = bytes.slice(0, edit.cut % (bytes.length + 1));
    else if (bytes.length > 0) {
      bytes.set(edit.bytes.subarray(0, bytes.length - edit.at % bytes.length), edit.at % bytes.length);
    }
  }
  return bytes;
}

/** Damages a file many times over; some are still read, and many refused, or the damage would test nothing. */
function tryDamage(good: Uint8Array, open: (path: string) => TensorFile): void {
  const path = Deno.makeTempFileSync(), counts = { read: 0, refused: 0 };
  try {
    Deno.writeFileSync(path, good);
    assert.ok(readOrRefused(path, open), "the file is good to begin with");
    fc.assert(
      fc.property(damage, (edits) => {
        Deno.writeFileSync(path, damaged(good, edits));
        counts[readOrRefused(path, open) ? "read" : "refused"]++;
      }),
      RUNS,
    );
    for (let length = 0; length < good.length; length++) {
      Deno.writeFileSync(path, good.subarray(0, length));
      assert.ok(!readOrRefused(path, open), `cut after ${length} of ${good.length} bytes`);
    }
  } finally {
    Deno.removeSync(path);
  }
  assert.ok(counts.read > 20 && counts.refused > 200, JSON.stringify(counts));
}

const open = { safetensors: (path: string) => SafetensorsFile.open(path), gguf: (path: string) => GgufFile.open(path) };

Deno.test("damaged safetensors files are read or refused in one line, and every cut is noticed", () => {
  const path = Deno.makeTempFileSync();
  writeSafetensors(path, [
    { name: "a", shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { name: "b", shape: [40], values: new Float32Array(40) },
  ], { metadata: { format: "pt" } });
  // With checksums nearly all damage is found by them.
  const good = withoutChecksums(Deno.readFileSync(path));
  Deno.removeSync(path);
  tryDamage(good, open.safetensors);
});

Deno.test("damaged GGUF files are read or refused in one line, and every cut is noticed", () => {
  const good = ggufBytes(
    { "general.name": "tiny", "list": ["a", "bc", ""], "count": { type: 10, value: 3n }, "general.alignment": 32 },
    [
      { name: "a", type: 12, shape: [1, 512], data: Uint8Array.fromHex(goldens.blocks.Q4_K.packed) },
      { name: "b", type: 0, shape: [2, 4], data: new Uint8Array(32) },
    ],
  );
  tryDamage(good, open.gguf);
});

Deno.test("headers of safetensors files made of any values are read or refused in one line", () => {
  const size = fc.oneof(fc.nat(40), fc.constantFrom(-1, 2 ** 31, 2 ** 53, 2 ** 60, 1e300, 0.5, null, "8"));
  const entry = fc.record({
    dtype: fc.oneof(fc.constantFrom("F32", "BF16", "I64", "F8_E4M3"), fc.jsonValue()),
    shape: fc.oneof(fc.array(size, { maxLength: 4 }), fc.jsonValue()),
    data_offsets: fc.oneof(fc.tuple(size, size), fc.jsonValue()),
  }, { requiredKeys: [] });
  const name = fc.constantFrom("a", "b", "__metadata__", "__proto__", "constructor", "", "a\nb", "c".repeat(999));
  const header = fc.dictionary(name, fc.oneof({ weight: 5, arbitrary: entry }, fc.jsonValue()), { maxKeys: 4 });
  const path = Deno.makeTempFileSync();
  try {
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: header }, fc.jsonValue()), fc.nat(64), (value, behind) => {
        const text = new TextEncoder().encode(JSON.stringify(value)), bytes = new Uint8Array(8 + text.length + behind);
        new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
        bytes.set(text, 8);
        Deno.writeFileSync(path, bytes);
        readOrRefused(path, open.safetensors);
      }),
      RUNS,
    );
  } finally {
    Deno.removeSync(path);
  }
});

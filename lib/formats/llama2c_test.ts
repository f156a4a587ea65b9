import assert from "node:assert/strict";
import fc from "fast-check";
import { Llama2cFile } from "./llama2c.ts";

/** A file of the format: header, then counting numbers. */
function file(header: readonly number[], floats: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(28 + 4 * floats));
  header.forEach((value, i) => view.setInt32(4 * i, value, true));
  for (let i = 0; i < floats; i++) view.setFloat32(28 + 4 * i, i, true);
  return new Uint8Array(view.buffer);
}

/** Writes bytes, opens them, looks. */
function opened<T>(bytes: Uint8Array, look: (file: Llama2cFile) => T): T {
  const path = Deno.makeTempFileSync({ suffix: ".bin" });
  try {
    Deno.writeFileSync(path, bytes);
    using file = Llama2cFile.open(path);
    return look(file);
  } finally {
    Deno.removeSync(path);
  }
}

// Width 4, hidden 3, 1 layer, 2 heads, 1 key head, 5 tokens, length 2: heads are 2 wide.
const HEADER = [4, 3, 1, 2, 1, 5, 2], TIED = 5 * 4 + 4 + 16 + 8 + 8 + 16 + 4 + 3 * 12 + 4 + 4;

Deno.test("tensors lie one behind the other, cosines and sines between them and a classifier of its own", () => {
  const starts = {
    ...{ token_embedding_table: 0, "rms_att_weight.0": 20, "wq.0": 24, "wk.0": 40, "wv.0": 48, "wo.0": 56 },
    ...{ "rms_ffn_weight.0": 72, "w1.0": 76, "w2.0": 88, "w3.0": 100, rms_final_weight: 112 },
  };
  opened(file(HEADER, TIED), (file) => {
    assert.deepEqual(file.sizes, {
      ...{ width: 4, hidden: 3, layers: 1, heads: 2, keyHeads: 1, vocabulary: 5, maxLength: 2, tied: true },
    });
    assert.deepEqual([...file.tensors.keys()], Object.keys(starts));
    for (const [name, start] of Object.entries(starts)) assert.equal(file.readFloats(name)[0], start, name);
    assert.deepEqual(file.tensors.get("w2.0")?.shape, [4, 3]);
  });
  opened(file([4, 3, 1, 2, 1, -5, 2], TIED + 20), (file) => {
    assert.equal(file.sizes.tied, false);
    assert.deepEqual([...file.readFloats("wcls").slice(0, 2)], [120, 121]);
  });
});

Deno.test("files of another size, and headers that lie, are refused in one line", () => {
  assert.throws(() => opened(file(HEADER, TIED + 1), () => {}), {
    name: "UserError",
    message: /\.bin: 512 bytes, where its header makes it 508; it is cut off, or not a file of llama2\.c$/,
  });
  assert.throws(() => opened(new Uint8Array(9), () => {}), { name: "UserError", message: /cut off/ });
  const number = fc.oneof(fc.integer(), fc.integer({ min: -3, max: 9 }), fc.constantFrom(2 ** 31 - 1, 1 << 24));
  fc.assert(
    fc.property(fc.array(number, { minLength: 7, maxLength: 7 }), fc.nat(600), (header, floats) => {
      try {
        opened(file(header, floats), (file) => file.tensors.forEach((_, name) => file.readFloats(name)));
      } catch (error) {
        assert.equal((error as Error).name, "UserError", (error as Error).stack);
        assert.ok(!(error as Error).message.includes("\n"));
      }
    }),
    { numRuns: 500, seed: 1 },
  );
});

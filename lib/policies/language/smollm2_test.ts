import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { SMOLLM2 } from "../../optional/parts.ts";
import { needing } from "../../optional/skipping.ts";
import { GgufFile } from "../../formats/gguf.ts";
import { openCheckpoint } from "./checkpoint.ts";

/** SHA-256 of some tensors as float32, in the order of the file: gguf 0.19.0, numpy 2.4.6, `gguf.quants.dequantize`. */
const HASHES = {
  "token_embd.weight": "3fd491c8066dd9dc1a2bf6796701526c82817d95c0ecabacdef3013c2b8bbbaa",
  "blk.0.attn_norm.weight": "2469079d969a361823be8145fa36e15e4c1b933b5261d669357b3deead825cba",
  "blk.0.ffn_down.weight": "0b78b2226f740ed5594510ed990ea6c2846a6a889ab07cf251e4a489df1d75b0",
};

const sha256 = (numbers: Float32Array) =>
  createHash("sha256").update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)).digest("hex");

Deno.test({
  ...await needing("SmolLM2", "a real GGUF file is a checkpoint: configuration, tensors to the bit, rows in halves"),
  fn() {
    using file = GgufFile.open(SMOLLM2);
    for (const [name, hash] of Object.entries(HASHES)) assert.equal(sha256(file.readFloats(name)), hash, name);
    const checkpoint = openCheckpoint(SMOLLM2);
    const { width, layers, heads, keyHeads, headWidth, epsilon, rope, tied, special } = checkpoint.config;
    assert.deepEqual([width, layers, heads, keyHeads, headWidth, epsilon, tied], [576, 30, 9, 3, 64, 1e-5, true]);
    assert.deepEqual([rope, special], [{ base: 100_000 }, { start: 1, end: [2], padding: 2 }]);
    assert.equal(checkpoint.names.length, 272);
    // The second half of a head's rows lies between those of the first in the file.
    const pairs = file.readFloats("blk.3.attn_k.weight"),
      halves = checkpoint.read("model.layers.3.self_attn.k_proj.weight");
    const row = (numbers: Float32Array, n: number) => numbers.subarray(n * width, (n + 1) * width);
    for (const [half, pair] of [[0, 0], [1, 2], [31, 62], [32, 1], [63, 63], [64 + 33, 64 + 3], [191, 191]]) {
      assert.deepEqual(row(halves, half), row(pairs, pair), `row ${half}`);
    }
    checkpoint.close();
  },
});

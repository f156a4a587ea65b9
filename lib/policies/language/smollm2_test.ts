import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { SMOLLM2 } from "../../optional/parts.ts";
import { needing } from "../../optional/skipping.ts";
import { GgufFile } from "../../formats/gguf.ts";
import { startBackend } from "../../tensor/backend.ts";
import { assertClose } from "../../tensor/backends_test_helpers.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { languageModel } from "./model.ts";
import { sequencesOf } from "./sequences.ts";

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

/**
 * "The capital of France is Paris, …" and "def add(a, b): …": log-probs of each token but the first, in float64, by
 * transformers 5.24.0 and torch 2.15.0 on the weights of gguf 0.19.0.
 */
const TEXTS = [{
  ids: [504, 3575, 282, 4649, 314, 7042, 28, 284, 260, 3575, 282, 7158, 314, 7268, 30],
  logp: [
    -11.539296,
    -0.337616,
    -2.438662,
    -0.45095,
    -0.258082,
    -1.658504,
    -1.241863,
    -1.047976,
    -0.515625,
    -1.103193,
    -2.708161,
    -0.019092,
    -0.262956,
    -0.083786,
  ],
}, {
  ids: [
    1604,
    803,
    24,
    81,
    28,
    278,
    727,
    472,
    1003,
    253,
    1232,
    278,
    198,
    198,
    3272,
    24,
    2104,
    24,
    34,
    28,
    216,
    35,
    1292,
  ],
  logp: [
    -7.765957,
    -1.227185,
    -2.672603,
    -0.604642,
    -0.089798,
    -0.150758,
    -0.594798,
    -1.73456,
    -0.127034,
    -0.114132,
    -0.030508,
    -0.09513,
    -0.601475,
    -2.37832,
    -0.00816,
    -0.056583,
    -0.371664,
    -1.611982,
    -0.011801,
    -0.006163,
    -0.309386,
    -0.014515,
  ],
}];

Deno.test({
  ...await needing("SmolLM2", "log-probs of a real model are those of transformers in float64"),
  async fn() {
    await startBackend("wasm");
    const checkpoint = openCheckpoint(SMOLLM2), model = languageModel(checkpoint);
    const batch = sequencesOf(TEXTS.map(({ ids }) => ids));
    const logp = model.logProbs(batch, Uint8Array.from(batch.positions, (t) => Number(t > 0)));
    // Transformers' own float32 is up to 4.4e-5 away.
    assertClose(logp, TEXTS.flatMap(({ logp }) => logp), 1e-4, "log-probs");
    model.dispose();
    checkpoint.close();
  },
});

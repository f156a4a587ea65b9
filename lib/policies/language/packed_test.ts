/** Models whose weights stay packed, beside the same with float32 weights. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { SMOLLM2 } from "../../optional/parts.ts";
import { needing } from "../../optional/skipping.ts";
import { numbersIn } from "../../tensor/packed_matrix_test_helpers.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import { assertClose, onBackend } from "../../tensor/backends_test_helpers.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { generate, type GenerateOptions } from "./generate.ts";
import { loadAdapter, merged, newAdapter } from "./lora.ts";
import { type LanguageModel, languageModel } from "./model.ts";
import { writePackedGguf } from "./packed_test_helpers.ts";
import { sequencesOf } from "./sequences.ts";
import greedy from "./testdata/smollm2_greedy.json" with { type: "json" };

/** Opens the small checkpoint on each engine that multiplies packed matrices. */
function testPacked(name: string, body: (checkpoint: Checkpoint) => void): void {
  for (const backend of ["wasm", "native"]) {
    Deno.test({
      ...onBackend(backend, name),
      async fn() {
        await startBackend(backend);
        const path = await Deno.makeTempFile({ suffix: ".gguf" });
        writePackedGguf(path);
        const checkpoint = openCheckpoint(path);
        body(checkpoint);
        checkpoint.close();
        await Deno.remove(path);
      },
    });
  }
}

const prompts = [[1, 5, 7], [1], [3, 4, 5, 6, 7, 8, 9, 10, 11], [1, 5, 7], [19, 0]].map((ids, seed) => ({ ids, seed }));
const free: GenerateOptions = { temperature: 1, maxTokens: 8, end: [] };

/** Log-probs of all tokens but the first. */
function scored(model: LanguageModel, ids: readonly number[]): Float32Array {
  const sequences = sequencesOf([ids]);
  return model.logProbs(sequences, sequences.positions.map((t) => Number(t > 0)));
}

testPacked(
  "a matrix that is read packed has the numbers of one that is read, rows of queries and keys in halves",
  (checkpoint) => {
    const matrices = checkpoint.names.filter((name) => checkpoint.shape(name).length === 2);
    for (const name of matrices) {
      assert.deepEqual(numbersIn(checkpoint.readPacked(name)!), checkpoint.read(name), name);
    }
    assert.equal(checkpoint.readPacked("model.norm.weight"), undefined);
  },
);

testPacked("texts have the log-probs of float32 weights: nothing is rounded there", (checkpoint) => {
  const packed = languageModel(checkpoint, { frozen: "packed" }), plain = languageModel(checkpoint);
  // Queries, keys and values are one matrix where all of them are of 4 bits; the embedding is the classifier.
  assert.deepEqual([packed.held, plain.held], [2 * 4 + (checkpoint.config.tied ? 1 : 2), 0]);
  for (const { ids } of prompts.filter(({ ids }) => ids.length > 1)) {
    assertClose(scored(packed, ids), scored(plain, ids), 1e-5, `${ids}`);
  }
  packed.dispose();
  plain.dispose();
});

testPacked(
  "what is drawn has the log-probs of its text but for the rounding, and the same bits in any company",
  (checkpoint) => {
    const model = languageModel(checkpoint, { frozen: "packed" }), all = generate(model, prompts, free);
    let apart = 0;
    all.forEach(({ ids, logp }, i) => {
      const before = prompts[i].ids.length, expected = scored(model, [...prompts[i].ids, ...ids]).subarray(before - 1);
      logp.forEach((value, t) => apart = Math.max(apart, Math.abs(value - expected[t])));
    });
    // Steps are 2^-15 of the largest of 32 numbers, and logits are sums of such products: some 1e-4, and not float32's 1e-6.
    assert.ok(apart < 3e-3 && apart > 1e-6, `${apart}`);
    prompts.forEach((prompt, i) => assert.deepEqual(generate(model, [prompt], free), [all[i]]));
    for (const atOnce of [1, 2, 3]) assert.deepEqual(generate(model, prompts, { ...free, atOnce }), all);
    const before = tf.memory().numTensors;
    generate(model, prompts, free);
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  },
);

testPacked("an adapter stands beside packed weights as it is merged into others", (checkpoint) => {
  const settings = { rank: 2, alpha: 8, rankStabilised: false, targets: "all-linear" }, { config } = checkpoint;
  const adapter = newAdapter(settings, config, Rng.seed(1));
  for (const [name, { b }] of adapter.factors) b.set(Rng.seed(2).fork(name).normals(b.length).map((z) => 0.05 * z));
  const loaded = loadAdapter(adapter, config);
  const beside = languageModel(checkpoint, { frozen: "packed", change: loaded.change });
  const within = languageModel(merged(checkpoint, adapter)), ids = [1, 5, 7, 3, 9, 12];
  assert.equal(within.held, 0);
  assertClose(scored(beside, ids), scored(within, ids), 2e-5, "log-probs");
  const [one] = generate(beside, [prompts[0]], { ...free, temperature: 0 });
  const [other] = generate(within, [prompts[0]], { ...free, temperature: 0 });
  assertClose(one.logp, other.logp, 3e-3, "log-probs of what was drawn");
  beside.dispose();
  within.dispose();
  loaded.dispose();
});

testPacked("what is trained does not stay packed, and there is no way back through what does", (checkpoint) => {
  const trained = (name: string) => name.includes("layers.1.") && name.includes("_proj");
  const some = languageModel(checkpoint, { frozen: "packed", trained }),
    whole = languageModel(checkpoint, { frozen: "packed" });
  assert.equal(whole.held - some.held, 4);
  const sequences = sequencesOf([[1, 2, 3]]);
  assert.throws(() => whole.pass(sequences, [0, 1, 1]), {
    name: "TypeError",
    message: "a model whose weights stay packed cannot be gone back through",
  });
  some.dispose();
  whole.dispose();
});

Deno.test({
  ...await needing("SmolLM2", "a real model whose weights stay packed goes on with chats as its float32 weights do"),
  async fn() {
    await startBackend("auto");
    const checkpoint = openCheckpoint(SMOLLM2), model = languageModel(checkpoint, { frozen: "packed" });
    checkpoint.close();
    assert.equal(model.held, 30 * 4 + 1);
    // In the second, two tokens are 1.5e-3 nats apart somewhere; in the others, 0.01 at least.
    const chats = greedy.chats.filter((_, i) => i !== 1);
    const completions = generate(model, chats.map(({ prompt }, seed) => ({ ids: prompt, seed })), {
      ...{ temperature: 0, maxTokens: 32 },
    });
    assert.deepEqual(completions.map(({ ids }) => ids), chats.map(({ completion }) => completion));
    model.dispose();
  },
});

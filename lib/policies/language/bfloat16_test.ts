/** Models whose frozen matrices are in bfloat16, beside the same with float32 weights. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import { assertClose } from "../../tensor/backends_test_helpers.ts";
import { needingBfloat16 } from "../../tensor/bfloat16_test_helpers.ts";
import { tinyConfig, tinyWeights } from "./checkpoint_test_helpers.ts";
import { generate, type GenerateOptions } from "./generate.ts";
import { loadAdapter, newAdapter } from "./lora.ts";
import { type LanguageModel, languageModel } from "./model.ts";
import { sequencesOf } from "./sequences.ts";
import { Slopes } from "./slopes.ts";
import type { WeightSource } from "./weights.ts";

const ARCHITECTURES = ["llama", "qwen2", "qwen3", "gemma2"] as const;

/** Runs with a small model of each architecture. */
async function testBfloat16(name: string, body: (source: WeightSource) => void): Promise<void> {
  for (const architecture of ARCHITECTURES) {
    Deno.test({
      ...await needingBfloat16(`${name} (${architecture})`),
      async fn() {
        await startBackend("native");
        const config = tinyConfig(architecture), weights = tinyWeights(config);
        body({ config, read: (name) => weights.get(name)!.map((v) => v / 4) }); // logits of size 1 or so
      },
    });
  }
}

const prompts = [[1, 5, 7], [1], [3, 4, 5, 6, 7, 8, 9, 10, 11], [1, 5, 7], [9, 0]].map((ids, seed) => ({ ids, seed }));
const free: GenerateOptions = { temperature: 1, maxTokens: 8, end: [] };

function scored(model: LanguageModel, ids: readonly number[]): Float32Array {
  const sequences = sequencesOf([ids]);
  return model.logProbs(sequences, sequences.positions.map((t) => Number(t > 0)));
}

await testBfloat16("log-probs are off by what eight digits leave, and by something", (source) => {
  const short = languageModel(source, { frozen: "bfloat16" }), plain = languageModel(source);
  assert.equal(plain.held, 0);
  assert.equal(short.held, 4 * source.config.layers + (source.config.tied ? 1 : 2));
  const apart = prompts.filter(({ ids }) => ids.length > 1).flatMap(({ ids }) => {
    const exact = scored(plain, ids);
    return [...scored(short, ids)].map((value, t) => Math.abs(value - exact[t]));
  });
  const largest = Math.max(...apart);
  assert.ok(largest < 0.02 && largest > 1e-6, `${largest}`); // 2^-9 of logits, in each of some layers
  short.dispose();
  plain.dispose();
});

await testBfloat16("what is drawn has the log-probs of its text, and the same bits in any company", (source) => {
  const model = languageModel(source, { frozen: "bfloat16" }), all = generate(model, prompts, free);
  all.forEach(({ ids, logp }, i) => {
    const before = prompts[i].ids.length, text = scored(model, [...prompts[i].ids, ...ids]).subarray(before - 1);
    // Attention over a cache adds up in another order, and a number near a tie is then rounded to the other side.
    assertClose(logp, text, 0.02, "log-probs");
  });
  prompts.forEach((prompt, i) => assert.deepEqual(generate(model, [prompt], free), [all[i]]));
  for (const atOnce of [1, 2, 3]) assert.deepEqual(generate(model, prompts, { ...free, atOnce }), all);
  const before = tf.memory().numTensors;
  generate(model, prompts, free);
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});

await testBfloat16("slopes of an adapter point where those of float32 do", (source) => {
  const settings = { rank: 2, alpha: 8, rankStabilised: false, targets: "all-linear" }, { config } = source;
  const adapter = newAdapter(settings, config, Rng.seed(1));
  for (const [name, { b }] of adapter.factors) b.set(Rng.seed(2).fork(name).normals(b.length).map((z) => 0.05 * z));
  const sequences = sequencesOf([[1, 5, 7, 3, 9, 12], [2, 4, 8]]),
    scored = sequences.positions.map((t) => Number(t > 0));
  const slopesBy = (frozen: "float32" | "bfloat16", recomputes: boolean) => {
    const loaded = loadAdapter(adapter, config), model = languageModel(source, { frozen, change: loaded.change });
    const slopes = new Slopes(), pass = model.pass(sequences, scored, { recomputes });
    pass.back(Float32Array.from(pass.logp, (_, i) => 1 - i / 4), slopes);
    const numbers = slopes.of(loaded.parameters).flatMap((slope) => [...slope.dataSync()]);
    tf.dispose(slopes.of(loaded.parameters));
    model.dispose();
    loaded.dispose();
    return numbers;
  };
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const plain = slopesBy("float32", false), short = slopesBy("bfloat16", false);
  const cosine = dot(plain, short) / Math.sqrt(dot(plain, plain) * dot(short, short));
  assert.ok(cosine > 0.999 && cosine < 1 - 1e-9, `${cosine}`);
  assert.ok(Math.abs(Math.sqrt(dot(short, short) / dot(plain, plain)) - 1) < 0.02);
  assert.deepEqual(slopesBy("bfloat16", true), short, "blocks that are run again");
});

import assert from "node:assert/strict";
import { tinyConfig } from "./checkpoint_test_helpers.ts";
import type { LanguageModelConfig } from "./config.ts";
import { configFromJson } from "./config_json.ts";
import { writtenConfig } from "./config_written.ts";
import { ropeFrequencies } from "./rope.ts";

const again = (config: LanguageModelConfig) =>
  configFromJson(JSON.parse(writtenConfig(config, "a.gguf")), "config.json");

Deno.test("what is written is read as the same configuration, for every family and what its files may say", () => {
  for (const architecture of ["llama", "qwen2", "qwen3", "gemma2"] as const) {
    const config = tinyConfig(architecture);
    assert.deepEqual(again(config), config);
    const llama3 = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 32 };
    for (const scaling of [{ kind: "linear", factor: 2 }, { kind: "llama3", ...llama3 }] as const) {
      const scaled = { ...config, rope: { base: 7, scaling }, tied: !config.tied };
      assert.deepEqual(again(scaled), scaled);
    }
    const special = { end: [2, 4, 5], padding: 3 };
    if (architecture.startsWith("qwen")) assert.deepEqual(again({ ...config, special }).special.end, special.end);
  }
  const llama = {
    ...tinyConfig("llama"),
    outBias: false,
    queryKeyValueBias: false,
    feedForwardBias: true,
    headWidth: 6,
  };
  const scaled = { ...llama, queryScale: 6 ** -0.5, special: { start: 3, end: [4, 5], padding: 0 } };
  assert.deepEqual(again(scaled), scaled);
});

Deno.test("factors of angles are those of Llama 3 where they are, and refused where they are not", () => {
  const config = { ...tinyConfig("llama"), headWidth: 64, queryScale: 64 ** -0.5 };
  const scaling = {
    kind: "llama3",
    factor: 32,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalLength: 8192,
  } as const;
  const plain = ropeFrequencies(64, { base: 5e5 }), stretched = ropeFrequencies(64, { base: 5e5, scaling });
  const factors = plain.map((angle, i) => Math.fround(angle / stretched[i]));
  const withFactors = (some: number[]) => ({
    ...config,
    rope: { base: 5e5, scaling: { kind: "factors" as const, factors: some } },
  });
  assert.deepEqual(again(withFactors(factors)).rope, { base: 5e5, scaling });
  assert.throws(() => again(withFactors(factors.with(3, 2))), {
    name: "UserError",
    message:
      /^a\.gguf: config\.json of Hugging Face cannot say its rope, .*; train an adapter, or take the model as a folder$/,
  });
});

Deno.test("biases that no class of Hugging Face has are refused by their name", () => {
  assert.throws(() => again({ ...tinyConfig("llama"), outBias: false }), {
    name: "UserError",
    message:
      "a.gguf: config.json of Hugging Face cannot say its queryKeyValueBias, true; train an adapter, or take the " +
      "model as a folder",
  });
});

Deno.test("numbers that transformers takes with a point alone have one", () => {
  const text = writtenConfig({ ...tinyConfig("gemma2"), logitSoftCap: 30 }, "a.gguf");
  assert.match(text, /"final_logit_softcapping": 30\.0,\n/);
  assert.match(text, /"attn_logit_softcapping": 50\.0,\n/);
  assert.match(text, /"sliding_window": 6,\n/);
});

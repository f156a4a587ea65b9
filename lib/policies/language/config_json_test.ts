import assert from "node:assert/strict";
import { configFromJson } from "./config_json.ts";
import { tinyJson } from "./checkpoint_test_helpers.ts";

type Json = Record<string, unknown>;

/** Without some fields. */
const without = (json: Json, ...names: string[]) =>
  Object.fromEntries(Object.entries(json).filter(([name]) => !names.includes(name)));
const read = (json: Json, generation?: Json) => configFromJson(json, "f/config.json", generation);

Deno.test("the forms of transformers 4 and 5 say the same", () => {
  const llama3 = { factor: 4, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 };
  const scaling = { kind: "llama3", factor: 4, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 32 };
  const old = without(tinyJson("llama"), "rope_parameters");
  for (
    const [five, four, rope] of [
      [{ rope_type: "default", rope_theta: 500 }, { rope_theta: 500, rope_scaling: null }, { base: 500 }],
      [
        { rope_type: "linear", factor: 2, rope_theta: 500 },
        { rope_theta: 500, rope_scaling: { type: "linear", factor: 2 } },
        { base: 500, scaling: { kind: "linear", factor: 2 } },
      ],
      [
        { rope_type: "llama3", ...llama3, rope_theta: 500 },
        { rope_theta: 500, rope_scaling: { rope_type: "llama3", ...llama3 } },
        { base: 500, scaling },
      ],
      [{}, {}, { base: 10_000 }],
    ]
  ) {
    assert.deepEqual(read({ ...old, rope_parameters: five }).rope, rope);
    assert.deepEqual(read({ ...old, ...four }), read({ ...old, rope_parameters: five }));
  }
  const { original_max_position_embeddings: _, ...short } = llama3;
  const length = (json: Json) => {
    const { scaling } = read(json).rope;
    return scaling?.kind === "llama3" && scaling.originalLength;
  };
  assert.equal(
    length({ ...old, rope_scaling: { rope_type: "llama3", ...short } }),
    64,
    "of the whole model by default",
  );
  assert.equal(
    length({ ...old, rope_scaling: { rope_type: "llama3", ...llama3 }, original_max_position_embeddings: 16 }),
    16,
    "beside the scaling it goes first",
  );
});

Deno.test("what a file leaves out is what its family has", () => {
  const bare = (family: "llama" | "qwen2" | "qwen3" | "gemma2") => ({
    ...without(tinyJson(family), "num_key_value_heads", "head_dim", "bos_token_id", "eos_token_id", "rms_norm_eps"),
    hidden_size: 64,
    num_attention_heads: 32,
  });
  const llama = read(without(bare("llama"), "attention_bias"));
  assert.deepEqual([llama.headWidth, llama.keyHeads, llama.tied, llama.epsilon], [2, 32, false, 1e-6]);
  assert.deepEqual(llama.special, { start: 1, end: [2], padding: undefined });
  assert.deepEqual([llama.queryKeyValueBias, llama.outBias, llama.feedForwardBias], [false, false, false]);
  const qwen2 = read(bare("qwen2"));
  assert.deepEqual([qwen2.queryKeyValueBias, qwen2.outBias, qwen2.queryKeyNorm, qwen2.keyHeads], [
    true,
    false,
    false,
    32,
  ]);
  assert.deepEqual(qwen2.special, { start: undefined, end: [], padding: undefined });
  const qwen3 = read(bare("qwen3"));
  assert.deepEqual([qwen3.headWidth, qwen3.queryKeyNorm, qwen3.queryKeyValueBias], [128, true, false]);
  const gemma = read({ ...without(bare("gemma2"), "query_pre_attn_scalar", "sliding_window") });
  assert.deepEqual([gemma.headWidth, gemma.keyHeads, gemma.tied, gemma.queryScale], [256, 4, true, 1 / 16]);
  assert.deepEqual([gemma.attentionSoftCap, gemma.logitSoftCap, gemma.activation], [50, 30, "gelu_tanh"]);
  assert.deepEqual([gemma.embeddingScale, gemma.gainOffset, gemma.postNorms], [8, 1, true]);
  assert.deepEqual(gemma.window, { length: 4096, layers: [true, false] });
  assert.deepEqual(gemma.special, { start: 2, end: [1], padding: 0 });
});

Deno.test("null is no default: it switches off", () => {
  const gemma = { ...tinyJson("gemma2"), attn_logit_softcapping: null, final_logit_softcapping: null };
  assert.deepEqual([read(gemma).attentionSoftCap, read(gemma).logitSoftCap], [undefined, undefined]);
  assert.equal(read({ ...tinyJson("llama"), num_key_value_heads: null }).keyHeads, 4);
  assert.deepEqual(read({ ...tinyJson("llama"), bos_token_id: null, eos_token_id: null }).special.end, []);
});

Deno.test("windows: by layer types, by Qwen's first windowed layer, by Gemma's every second", () => {
  const qwen = { ...tinyJson("qwen2"), sliding_window: 7, max_window_layers: 1 };
  assert.equal(read(qwen).window, undefined, "not used unless use_sliding_window says so");
  assert.deepEqual(read({ ...qwen, use_sliding_window: true }).window, { length: 7, layers: [false, true] });
  assert.equal(read({ ...qwen, use_sliding_window: true, max_window_layers: 2 }).window, undefined);
  assert.equal(read({ ...qwen, use_sliding_window: true, sliding_window: null }).window, undefined);
  const types = ["sliding_attention", "full_attention"];
  assert.deepEqual(read({ ...qwen, use_sliding_window: true, layer_types: types }).window?.layers, [true, false]);
  assert.deepEqual(read({ ...tinyJson("gemma2"), layer_types: types.toReversed() }).window?.layers, [false, true]);
  assert.equal(read({ ...tinyJson("llama"), sliding_window: 7 }).window, undefined, "Llama has none");
  for (const json of [{ ...qwen, layer_types: types }, { ...tinyJson("gemma2"), sliding_window: null }]) {
    assert.throws(
      () => read(json),
      /^UserError: f\/config\.json: sliding_window is (7|null) where the length of the windows/,
    );
  }
});

Deno.test("the generation configuration may name more tokens that end a text", () => {
  const { special } = read({ ...tinyJson("llama"), eos_token_id: [2, 3] }, { eos_token_id: [3, 4] });
  assert.deepEqual(special.end, [2, 3, 4]);
  assert.equal(read({ ...tinyJson("llama"), pad_token_id: -1 }).special.padding, undefined);
});

Deno.test("what would change the arithmetic is refused by name", () => {
  const refused: readonly [changes: Json, why: RegExp][] = [
    [{ model_type: "mistral" }, /model_type "mistral" is not supported; take a model of llama, qwen2, qwen3, gemma2$/],
    [{ model_type: "toString" }, /model_type "toString" is not/],
    [{ architectures: ["LlamaForSequenceClassification"] }, /architectures is .* LlamaForCausalLM, is expected/],
    [{ hidden_act: "relu" }, /hidden_act "relu" is not supported/],
    [{ rope_parameters: { rope_type: "yarn", factor: 2 } }, /rope_parameters: rope_type "yarn" is not supported/],
    [{ rope_scaling: { type: "dynamic", factor: 2 } }, /rope_scaling: type "dynamic" is not supported/],
    [{ rope_parameters: { full_attention: { rope_type: "default" } } }, /rope_parameters .* is not supported/],
    [{ rope_parameters: { rope_type: "linear" } }, /rope_parameters: factor is missing/],
    [{ rope_parameters: { rope_type: "linear", factor: 0 } }, /factor is 0 where a positive number is expected/],
    [
      { rope_parameters: { rope_type: "llama3", factor: 2, low_freq_factor: 4, high_freq_factor: 4 } },
      /high_freq_factor is 4 where more than low_freq_factor is expected/,
    ],
    [{ rope_parameters: { rope_theta: 1, partial_rotary_factor: 0.5 } }, /partial_rotary_factor 0\.5 is not supported/],
    [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor 0\.5 is not supported/],
    [{ quantization_config: { bits: 4 } }, /quantization_config \{"bits":4\} is not supported/],
    [{ num_local_experts: 8 }, /num_local_experts 8 is not supported/],
    [{ attention_multiplier: 0.1 }, /attention_multiplier 0\.1 is not supported/],
    [{ rope_interleaved: true }, /rope_interleaved true is not supported/],
    [{ layer_types: ["full_attention"] }, /layer_types is .* where a list of 2 is expected/],
    [{ layer_types: ["full_attention", "chunked_attention"] }, /layer_types is .* in place 1 is expected/],
    [{ layer_types: ["full_attention", "sliding_attention"] }, /sliding_window is undefined where the length/],
    [{ vocab_size: undefined }, /vocab_size is missing/],
    [{ hidden_size: 2 ** 60 }, /hidden_size is 1152921504606847000 where a whole number/],
    [{ hidden_size: -16 }, /hidden_size is -16 where a whole number/],
    [{ hidden_size: "16" }, /hidden_size is "16" where a whole number/],
    [{ num_hidden_layers: 1e9 }, /num_hidden_layers is 1000000000 where a whole number from 1 to 1000 is/],
    [{ vocab_size: 2 ** 30, hidden_size: 2 ** 20 }, /a matrix of 1125899906842624 numbers/],
    [{ num_key_value_heads: 3 }, /4 query heads do not share 3 key heads evenly/],
    [{ num_attention_heads: 3, num_key_value_heads: 3 }, /head_dim is undefined where|heads of width 5\.33/],
    [{ head_dim: 7 }, /heads of width 7, where an even/],
    [{ tie_word_embeddings: "yes" }, /tie_word_embeddings is "yes" where true or false/],
    [{ eos_token_id: 20 }, /eos_token_id is 20 where a token below 20/],
    [{ rms_norm_eps: 0 }, /rms_norm_eps is 0 where a positive number/],
  ];
  for (const [changes, why] of refused) {
    const text = JSON.stringify({ ...tinyJson("llama"), ...changes });
    assert.throws(() => read(JSON.parse(text)), (error: Error) => {
      assert.equal(error.name, "UserError", error.stack);
      assert.match(error.message, why);
      assert.ok(error.message.startsWith("f/config.json: ") && !error.message.includes("\n"), error.message);
      return true;
    });
  }
});

Deno.test("values under which nothing changes are let pass", () => {
  const json = { ...tinyJson("llama"), quantization_config: null, partial_rotary_factor: 1, rope_interleaved: false };
  assert.deepEqual(
    read({ ...json, num_experts: 0, transformers_version: "4.42.3", "transformers.js_config": {} }),
    read(json),
  );
});

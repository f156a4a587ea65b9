import assert from "node:assert/strict";
import { GgufFile } from "../../formats/gguf.ts";
import { ggufBytes } from "../../formats/gguf_test_helpers.ts";
import { tinyMetadata } from "./checkpoint_test_helpers.ts";
import { configFromGguf } from "./config_gguf.ts";

type Metadata = Parameters<typeof ggufBytes>[0];

/** The configuration that metadata and the shapes of some tensors give; `token_embd.weight` is among them. */
function read(metadata: Metadata, others: Readonly<Record<string, number[]>> = {}) {
  const path = Deno.makeTempFileSync({ suffix: ".gguf" });
  try {
    const tensors = Object.entries({ "token_embd.weight": [20, 16], ...others }).map(([name, values]) => {
      const factors = name === "rope_freqs.weight", shape = factors ? [values.length] : values;
      const numbers = factors ? Float32Array.from(values) : new Float32Array(shape.reduce((a, b) => a * b));
      return { name, type: 0, shape, data: new Uint8Array(numbers.buffer) };
    });
    Deno.writeFileSync(path, ggufBytes(metadata, tensors));
    using file = GgufFile.open(path);
    return configFromGguf(file);
  } finally {
    Deno.removeSync(path);
  }
}

const llama = tinyMetadata("llama"), gemma = tinyMetadata("gemma2");

Deno.test("a number is the decimal that it was written for, not its float32", () => {
  const config = read({ ...llama, "llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.rope.freq_base": 123.4 });
  assert.deepEqual([config.epsilon, config.rope.base], [1e-5, 123.4]);
});

Deno.test("scaled angles: linear by both names, and factors from their tensor", () => {
  const linear = { "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 2 };
  assert.deepEqual(read({ ...llama, ...linear }).rope, { base: 500, scaling: { kind: "linear", factor: 2 } });
  assert.deepEqual(read({ ...llama, "llama.rope.scale_linear": 4 }).rope.scaling, { kind: "linear", factor: 4 });
  assert.equal(read({ ...llama, "llama.rope.scaling.type": "none" }).rope.scaling, undefined);
  assert.deepEqual(read(llama, { "rope_freqs.weight": [1, 8] }).rope.scaling, { kind: "factors", factors: [1, 8] });
  assert.throws(
    () => read(llama, { "rope_freqs.weight": [1, 8, 8] }),
    /rope_freqs\.weight has the shape \[3\], not \[2\]/,
  );
  assert.throws(
    () => read(llama, { "rope_freqs.weight": [1, 0] }),
    /rope_freqs\.weight has a factor that is not positive/,
  );
  assert.throws(
    () => read({ ...llama, ...linear }, { "rope_freqs.weight": [1, 8] }),
    /rope\.scaling\.type "linear" is not/,
  );
});

Deno.test("biases and an own classifier are there where their tensors are", () => {
  const none = read(llama),
    all = read(llama, {
      "output.weight": [20, 16],
      "blk.0.attn_q.bias": [16],
      "blk.0.attn_output.bias": [16],
      "blk.0.ffn_gate.bias": [24],
    });
  assert.deepEqual([none.tied, none.queryKeyValueBias, none.outBias, none.feedForwardBias], [
    true,
    false,
    false,
    false,
  ]);
  assert.deepEqual([all.tied, all.queryKeyValueBias, all.outBias, all.feedForwardBias], [false, true, true, true]);
  assert.equal(read(tinyMetadata("qwen2")).queryKeyValueBias, true);
});

Deno.test("what stands in no file of Gemma2: caps, windows and the scale of queries of the largest", () => {
  const { "gemma2.attention.sliding_window": _, ...bare } = gemma;
  const config = read(bare), large = read({ ...gemma, "gemma2.block_count": 46 });
  assert.deepEqual([config.attentionSoftCap, config.logitSoftCap, config.window?.length], [50, 30, 4096]);
  assert.deepEqual([config.queryScale, large.queryScale], [8 ** -0.5, (16 / 4) ** -0.5]);
});

Deno.test("tokens that end a text: of texts, of turns, of messages", () => {
  const more = { "tokenizer.ggml.eot_token_id": 5, "tokenizer.ggml.eom_token_id": 2 };
  assert.deepEqual(read({ ...llama, ...more }).special, { start: 1, end: [2, 5], padding: undefined });
  // The files of Gemma2 that llama.cpp's own converter writes name the end of texts alone.
  const tokens = ["<pad>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<end_of_turn"];
  assert.deepEqual(read({ ...gemma, "tokenizer.ggml.tokens": tokens }).special, { start: 1, end: [2, 4], padding: 0 });
  assert.deepEqual(read({ ...llama, "tokenizer.ggml.tokens": ["a", "b", "<|im_end|>"] }).special.end, [2]);
});

Deno.test("what would change the arithmetic, and what is wrong, is refused by name", () => {
  const refused: readonly [metadata: Metadata, why: RegExp][] = [
    [
      { ...llama, "general.architecture": "mamba" },
      /general\.architecture "mamba" is not supported; take a model of llama, qwen2, /,
    ],
    [
      { ...llama, "general.type": "adapter" },
      /general\.type "adapter" is not supported; take a model's file, and an adapter as the folder that peft wrote/,
    ],
    [{ ...llama, "llama.expert_count": 8 }, /llama\.expert_count 8 is not supported/],
    [{ ...llama, "llama.attention.sliding_window": 8 }, /llama\.attention\.sliding_window 8 is not supported/],
    [{ ...llama, "llama.residual_scale": 0.5 }, /llama\.residual_scale 0\.5 is not supported/],
    [{ ...llama, "llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": 2 }, /type "yarn" is not supported/],
    [{ ...llama, "llama.rope.dimension_count": 2 }, /llama\.rope\.dimension_count 2 is not supported/],
    [{ ...llama, "llama.attention.value_length": 2 }, /llama\.attention\.value_length 2 is not supported/],
    [
      { ...llama, "llama.attention.head_count_kv": { type: 9, value: [2, 1], inner: 5 } },
      /head_count_kv is \[2,1\] where/,
    ],
    [{ ...llama, "llama.block_count": { type: 10, value: 2n ** 60n } }, /block_count is 1152921504606846976 where/],
    [{ "general.architecture": "llama" }, /llama\.embedding_length is missing/],
    [{ ...llama, "tokenizer.ggml.eos_token_id": 99 }, /eos_token_id is 99 where a token below 20/],
  ];
  for (const [metadata, why] of refused) {
    assert.throws(() => read(metadata), (error: Error) => {
      assert.equal(error.name, "UserError", error.stack);
      assert.match(error.message, why);
      assert.ok(!error.message.includes("\n"), error.message);
      return true;
    });
  }
  assert.deepEqual(read({ ...llama, "llama.expert_count": 0 }), read(llama));
});

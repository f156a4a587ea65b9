/**
 * Which tensors a model has, by the names and in the shapes of Hugging Face, and what they are called in GGUF files.
 *
 * @module
 */
import type { LanguageModelConfig } from "./config.ts";

/**
 * Shapes of all tensors by name: embedding, layers from the first, last norm, classifier. A matrix is `[out, in]`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tinyConfig } from "./checkpoint_test_helpers.ts";
 * const shapes = tensorShapes(tinyConfig("llama"));
 * assert.deepEqual(shapes.get("model.layers.1.self_attn.k_proj.weight"), [8, 16]);
 * assert.equal([...shapes.keys()].at(-1), "lm_head.weight");
 * ```
 */
export function tensorShapes(config: LanguageModelConfig): ReadonlyMap<string, readonly number[]> {
  const { vocabulary, width, layers, heads, keyHeads, headWidth, hidden } = config;
  const shapes = new Map<string, readonly number[]>([["model.embed_tokens.weight", [vocabulary, width]]]);
  for (let n = 0; n < layers; n++) {
    const layer = `model.layers.${n}`;
    const linear = (name: string, out: number, into: number, bias: boolean) => {
      shapes.set(`${layer}.${name}.weight`, [out, into]);
      if (bias) shapes.set(`${layer}.${name}.bias`, [out]);
    };
    const norm = (name: string, size: number) => shapes.set(`${layer}.${name}.weight`, [size]);
    norm("input_layernorm", width);
    linear("self_attn.q_proj", heads * headWidth, width, config.queryKeyValueBias);
    linear("self_attn.k_proj", keyHeads * headWidth, width, config.queryKeyValueBias);
    linear("self_attn.v_proj", keyHeads * headWidth, width, config.queryKeyValueBias);
    if (config.queryKeyNorm) ["self_attn.q_norm", "self_attn.k_norm"].forEach((name) => norm(name, headWidth));
    linear("self_attn.o_proj", width, heads * headWidth, config.outBias);
    norm("post_attention_layernorm", width);
    if (config.postNorms) {
      ["pre_feedforward_layernorm", "post_feedforward_layernorm"].forEach((name) => norm(name, width));
    }
    linear("mlp.gate_proj", hidden, width, config.feedForwardBias);
    linear("mlp.up_proj", hidden, width, config.feedForwardBias);
    linear("mlp.down_proj", width, hidden, config.feedForwardBias);
  }
  shapes.set("model.norm.weight", [width]);
  if (!config.tied) shapes.set("lm_head.weight", [vocabulary, width]);
  return shapes;
}

/** Names in GGUF files by those of Hugging Face, without the layer and what follows the last dot. */
const GGUF: Readonly<Record<string, string>> = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  "lm_head": "output",
  "input_layernorm": "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  "post_attention_layernorm": "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** Where a norm stands behind attention, `ffn_norm` is the one before the feed-forward layer. */
const GGUF_POST_NORMS: Readonly<Record<string, string>> = {
  "post_attention_layernorm": "post_attention_norm",
  "pre_feedforward_layernorm": "ffn_norm",
  "post_feedforward_layernorm": "post_ffw_norm",
};

/**
 * The name of a tensor in GGUF files (gguf 0.19.0, `tensor_mapping.py`).
 *
 * @param name as in {@linkcode tensorShapes}
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(ggufName("model.layers.3.self_attn.q_proj.bias", false), "blk.3.attn_q.bias");
 * assert.equal(ggufName("model.layers.3.post_attention_layernorm.weight", true), "blk.3.post_attention_norm.weight");
 * assert.equal(ggufName("lm_head.weight", false), "output.weight");
 * ```
 */
export function ggufName(name: string, postNorms: boolean): string {
  const [, layer, part, kind] = /^(?:model\.layers\.(\d+)\.)?(.+)\.(\w+)$/.exec(name)!;
  const short = (postNorms ? GGUF_POST_NORMS[part] : undefined) ?? GGUF[part];
  return layer === undefined ? `${short}.${kind}` : `blk.${layer}.${short}.${kind}`;
}

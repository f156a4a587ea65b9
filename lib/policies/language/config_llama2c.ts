/**
 * What a file of llama2.c says, and what it leaves to the program that reads it.
 *
 * @module
 */
import type { Llama2cFile } from "../../formats/llama2c.ts";
import { checkedConfig } from "./checked_config.ts";
import type { LanguageModelConfig } from "./config.ts";
import { asHuggingFace } from "./gguf_order.ts";
import type { WeightSource } from "./weights.ts";

/** Names in the file by those of Hugging Face, without the layer and `.weight`. */
const NAMES: Readonly<Record<string, string>> = {
  "model.embed_tokens": "token_embedding_table",
  "model.norm": "rms_final_weight",
  "lm_head": "wcls",
  "input_layernorm": "rms_att_weight",
  "self_attn.q_proj": "wq",
  "self_attn.k_proj": "wk",
  "self_attn.v_proj": "wv",
  "self_attn.o_proj": "wo",
  "post_attention_layernorm": "rms_ffn_weight",
  "mlp.gate_proj": "w1",
  "mlp.down_proj": "w2",
  "mlp.up_proj": "w3",
};

/**
 * The name of a tensor in files of llama2.c.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(llama2cName("model.layers.3.mlp.up_proj.weight"), "w3.3");
 * assert.equal(llama2cName("model.norm.weight"), "rms_final_weight");
 * ```
 */
export function llama2cName(name: string): string {
  const [, layer, part] = /^(?:model\.layers\.(\d+)\.)?(.+)\.weight$/.exec(name)!;
  return layer === undefined ? NAMES[part] : `${NAMES[part]}.${layer}`;
}

/**
 * The configuration: base 10,000, ε = 1e-5 and the tokens 1 and 2 around a text stand in llama2.c's `run.c`, not in files.
 *
 * @throws UserError where the sizes do not fit together
 * @example
 * ```ts ignore
 * using file = Llama2cFile.open("stories260K.bin");
 * configFromLlama2c(file).heads; // 8
 * ```
 */
export function configFromLlama2c({ sizes, path }: Llama2cFile): LanguageModelConfig {
  const headWidth = sizes.width / sizes.heads;
  return checkedConfig({
    ...{ ...sizes, architecture: "llama", headWidth, epsilon: 1e-5, rope: { base: 10_000 } },
    ...{ queryKeyValueBias: false, outBias: false, feedForwardBias: false, queryKeyNorm: false, postNorms: false },
    ...{ queryScale: headWidth ** -0.5, embeddingScale: 1, gainOffset: 0, activation: "silu" },
    special: { start: 1, end: [2] },
  }, path);
}

/**
 * The weights of a file, by the names and in the order of Hugging Face: the two rows that a rotation mixes are neighbours in
 * the file.
 *
 * @throws UserError as {@linkcode configFromLlama2c} does
 * @example
 * ```ts ignore
 * const model = languageModel(weightsFromLlama2c(Llama2cFile.open("stories260K.bin")));
 * ```
 */
export function weightsFromLlama2c(file: Llama2cFile): WeightSource {
  const config = configFromLlama2c(file);
  return { config, read: (name) => asHuggingFace(name, file.readFloats(llama2cName(name)), config) };
}

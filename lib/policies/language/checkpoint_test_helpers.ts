/**
 * Small checkpoints of every family, made from a seed.
 *
 * @module
 */
import { ggufBytes } from "../../formats/gguf_test_helpers.ts";
import { type NamedTensor, writeSafetensors } from "../../formats/safetensors_writer.ts";
import { Rng } from "../../random.ts";
import type { LanguageModelConfig } from "./config.ts";
import { configFromJson } from "./config_json.ts";
import { ggufName, tensorShapes } from "./tensor_names.ts";

/** The `config.json` of a model of width 16 with two layers, in the form of transformers 5. */
export function tinyJson(architecture: LanguageModelConfig["architecture"]): Record<string, unknown> {
  const common = {
    model_type: architecture,
    vocab_size: 20,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-5,
    rope_parameters: { rope_type: "default", rope_theta: 500 },
    bos_token_id: 1,
    eos_token_id: 2,
  };
  if (architecture === "llama") return { ...common, architectures: ["LlamaForCausalLM"], attention_bias: true };
  if (architecture === "gemma2") return { ...common, head_dim: 8, query_pre_attn_scalar: 8, sliding_window: 6 };
  return architecture === "qwen3" ? { ...common, head_dim: 8 } : common;
}

/** What {@linkcode tinyJson} says. */
export function tinyConfig(architecture: LanguageModelConfig["architecture"]): LanguageModelConfig {
  return configFromJson(tinyJson(architecture), "config.json");
}

/** Normal numbers for every tensor, by name. */
export function tinyWeights(config: LanguageModelConfig): Map<string, Float32Array> {
  const rng = Rng.seed(7);
  return new Map([...tensorShapes(config)].map(([name, shape]) => {
    const count = shape.reduce((a, b) => a * b);
    return [name, Float32Array.from(rng.fork(name).normals(count))];
  }));
}

/** The tensors of a map of weights, for the writer. */
export function namedTensors(config: LanguageModelConfig, weights: ReadonlyMap<string, Float32Array>): NamedTensor[] {
  const shapes = tensorShapes(config);
  return [...weights].map(([name, values]) => ({ name, shape: shapes.get(name) ?? [values.length], values }));
}

/** Writes `config.json` and `model.safetensors`. @returns the weights */
export function writeTinyFolder(folder: string, config: LanguageModelConfig): Map<string, Float32Array> {
  const weights = tinyWeights(config);
  Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(tinyJson(config.architecture)));
  writeSafetensors(`${folder}/model.safetensors`, namedTensors(config, weights));
  return weights;
}

/** Values for the metadata that say what {@linkcode tinyJson} says. */
export function tinyMetadata(architecture: LanguageModelConfig["architecture"]): Record<string, string | number> {
  const gemma = architecture === "gemma2";
  return {
    "general.architecture": architecture,
    [`${architecture}.context_length`]: 64,
    [`${architecture}.embedding_length`]: 16,
    [`${architecture}.block_count`]: 2,
    [`${architecture}.feed_forward_length`]: 24,
    [`${architecture}.attention.head_count`]: 4,
    [`${architecture}.attention.head_count_kv`]: 2,
    [`${architecture}.attention.layer_norm_rms_epsilon`]: 1e-5,
    [`${architecture}.rope.freq_base`]: 500,
    ...(gemma || architecture === "qwen3" ? { [`${architecture}.attention.key_length`]: 8 } : {}),
    ...(gemma ? { [`${architecture}.attention.sliding_window`]: 6 } : {}),
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
    ...(gemma ? { "tokenizer.ggml.padding_token_id": 0 } : {}),
  };
}

/** Weights as a converter lays them out in a GGUF file of float32, written a second time and by index. */
export function ggufTensors(config: LanguageModelConfig, weights: ReadonlyMap<string, Float32Array>) {
  const shapes = tensorShapes(config);
  return [...weights].map(([name, values]) => {
    const shape = shapes.get(name)!, row = shape[1] ?? 1, half = config.headWidth / 2;
    const pairs = config.architecture === "llama" && /\.[qk]_proj\./.test(name);
    const stored = values.map((_, i) => {
      const r = Math.floor(i / row), inHead = r % config.headWidth;
      const from = r - inHead + (inHead % 2) * half + Math.floor(inHead / 2);
      const value = pairs ? values[from * row + i % row] : values[i];
      return config.gainOffset === 1 && name.endsWith("norm.weight") ? value + 1 : value;
    });
    return { name: ggufName(name, config.postNorms), type: 0, shape, data: new Uint8Array(stored.buffer) };
  });
}

/** Writes a GGUF file. @returns the weights, in the order of Hugging Face */
export function writeTinyGguf(path: string, config: LanguageModelConfig): Map<string, Float32Array> {
  const weights = tinyWeights(config);
  Deno.writeFileSync(path, ggufBytes(tinyMetadata(config.architecture), ggufTensors(config, weights)));
  return weights;
}

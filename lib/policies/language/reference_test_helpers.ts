/**
 * Language models in float64 by plain loops: a second implementation that shares no code with the first, written from the
 * papers and from transformers 5.24.0 (`models/{llama,qwen2,qwen3,gemma2}/modeling_*.py`).
 *
 * @module
 */
import { Rng } from "../../random.ts";
import type { LanguageModelConfig, Rope } from "./config.ts";
import { configFromJson } from "./config_json.ts";
import { tinyJson } from "./checkpoint_test_helpers.ts";
import { tensorShapes } from "./tensor_names.ts";
import type { WeightSource } from "./weights.ts";

/** Numbers of tensors by name of Hugging Face, row-major. */
export type Numbers = ReadonlyMap<string, Float64Array>;

const llama = (more: object) => ({ ...tinyJson("llama"), ...more });

/** Models that have, taken together, all that a configuration can ask for. */
export const variants: Readonly<Record<string, LanguageModelConfig>> = Object.fromEntries(
  Object.entries({
    "llama, tied": llama({ attention_bias: false, tie_word_embeddings: true }),
    "llama, biases everywhere, linear scaling": llama({
      mlp_bias: true,
      rope_parameters: { rope_type: "linear", factor: 2.5, rope_theta: 500 },
    }),
    "llama, one key head, heads wider than the stream, llama3 scaling": llama({
      head_dim: 12,
      num_key_value_heads: 1,
      rope_parameters: {
        ...{ rope_type: "llama3", rope_theta: 500, factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
        original_max_position_embeddings: 32,
      },
    }),
    "qwen2": tinyJson("qwen2"),
    "qwen3": tinyJson("qwen3"),
    "gemma2": { ...tinyJson("gemma2"), attn_logit_softcapping: 2, final_logit_softcapping: 3 },
  }).map(([name, json]) => [name, configFromJson(json, "config.json")]),
);

/** Weights from a seed, small enough that no layer drowns another; float32 numbers. */
export function seededWeights(config: LanguageModelConfig, seed = 3): Map<string, Float64Array> {
  const rng = Rng.seed(seed);
  return new Map([...tensorShapes(config)].map(([name, shape]) => {
    const gain = name.endsWith("norm.weight"), middle = gain ? 1 - config.gainOffset : 0, spread = gain ? 0.2 : 0.3;
    const count = shape.reduce((a, b) => a * b);
    return [name, Float64Array.from(rng.fork(name).normals(count), (z) => Math.fround(middle + spread * z))];
  }));
}

/** What a checkpoint with these numbers gives. */
export function sourceOf(config: LanguageModelConfig, weights: Numbers): WeightSource {
  return { config, read: (name) => Float32Array.from(weights.get(name)!) };
}

/** Angle a position of each pair (Su et al. 2021, eq. 15; `modeling_rope_utils.py` of transformers 5.24.0). */
export function plainFrequencies(width: number, { base, scaling }: Rope): number[] {
  return Array.from({ length: width / 2 }, (_, i) => {
    const frequency = 1 / Math.pow(base, 2 * i / width);
    if (scaling === undefined) return frequency;
    if (scaling.kind === "linear") return frequency / scaling.factor;
    if (scaling.kind === "factors") return frequency / scaling.factors[i];
    const wave = 2 * Math.PI / frequency, { factor, originalLength: length } = scaling;
    if (wave > length / scaling.lowFrequencyFactor) return frequency / factor;
    if (wave < length / scaling.highFrequencyFactor) return frequency;
    const smooth = (length / wave - scaling.lowFrequencyFactor) /
      (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
    return (1 - smooth) * frequency / factor + smooth * frequency;
  });
}

/** Logits after each token of a sequence `[T][V]`. */
export function plainLogits(config: LanguageModelConfig, weights: Numbers, ids: ArrayLike<number>): Float64Array[] {
  const { width, heads, keyHeads, headWidth, hidden, epsilon } = config;
  const of = (name: string) => weights.get(name)!;
  const product = (name: string, x: Float64Array, out: number): Float64Array => {
    const matrix = of(`${name}.weight`), bias = weights.get(`${name}.bias`);
    return Float64Array.from({ length: out }, (_, r) => {
      let sum = bias?.[r] ?? 0;
      for (let c = 0; c < x.length; c++) sum += matrix[r * x.length + c] * x[c];
      return sum;
    });
  };
  const norm = (name: string, x: Float64Array): Float64Array => {
    const root = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + epsilon), gain = of(`${name}.weight`);
    return x.map((v, i) => v / root * (gain[i] + config.gainOffset));
  };
  const cap = (value: number, bound?: number) => bound === undefined ? value : bound * Math.tanh(value / bound);
  const plus = (x: Float64Array, y: Float64Array) => x.map((v, i) => v + y[i]);
  const frequencies = plainFrequencies(headWidth, config.rope);
  const turned = (x: Float64Array, position: number): Float64Array =>
    x.map((v, i) => {
      const pair = i % (headWidth / 2), angle = position * frequencies[pair];
      const other = i < headWidth / 2 ? -x[i + headWidth / 2] : x[i - headWidth / 2];
      return v * Math.cos(angle) + other * Math.sin(angle);
    });
  const activation = (g: number) =>
    config.activation === "silu"
      ? g / (1 + Math.exp(-g))
      : 0.5 * g * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (g + 0.044715 * g ** 3)));

  let stream = Array.from(
    ids,
    (id) => of("model.embed_tokens.weight").slice(id * width, (id + 1) * width).map((v) => v * config.embeddingScale),
  );
  for (let n = 0; n < config.layers; n++) {
    const at = (name: string) => `model.layers.${n}.${name}`;
    const inHeads = (name: string, count: number, x: Float64Array) => {
      const all = product(at(`self_attn.${name}_proj`), x, count * headWidth);
      return Array.from({ length: count }, (_, h) => all.slice(h * headWidth, (h + 1) * headWidth));
    };
    const normed = (name: string, x: Float64Array) => config.queryKeyNorm ? norm(at(`self_attn.${name}_norm`), x) : x;
    const inputs = stream.map((x) => norm(at("input_layernorm"), x));
    const queries = inputs.map((x, t) => inHeads("q", heads, x).map((q) => turned(normed("q", q), t)));
    const keys = inputs.map((x, t) => inHeads("k", keyHeads, x).map((k) => turned(normed("k", k), t)));
    const values = inputs.map((x) => inHeads("v", keyHeads, x));
    const first = (t: number) => config.window?.layers[n] ? Math.max(0, t - config.window.length + 1) : 0;
    stream = stream.map((x, t) => {
      const seen = new Float64Array(heads * headWidth);
      for (let h = 0; h < heads; h++) {
        const shared = Math.floor(h / (heads / keyHeads));
        const scores: number[] = [];
        for (let j = first(t); j <= t; j++) {
          const dot = queries[t][h].reduce((sum, q, i) => sum + q * keys[j][shared][i], 0);
          scores.push(Math.exp(cap(dot * config.queryScale, config.attentionSoftCap)));
        }
        const total = scores.reduce((a, b) => a + b);
        scores.forEach((score, k) =>
          values[first(t) + k][shared].forEach((v, i) => seen[h * headWidth + i] += score / total * v)
        );
      }
      const out = product(at("self_attn.o_proj"), seen, width);
      const middle = plus(x, config.postNorms ? norm(at("post_attention_layernorm"), out) : out);
      const before = norm(at(config.postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"), middle);
      const up = product(at("mlp.up_proj"), before, hidden);
      const between = product(at("mlp.gate_proj"), before, hidden).map((g, i) => activation(g) * up[i]);
      const down = product(at("mlp.down_proj"), between, width);
      return plus(middle, config.postNorms ? norm(at("post_feedforward_layernorm"), down) : down);
    });
  }
  const classifier = config.tied ? "model.embed_tokens" : "lm_head";
  return stream.map((x) =>
    product(classifier, norm("model.norm", x), config.vocabulary).map((logit) => cap(logit, config.logitSoftCap))
  );
}

/** Log-probs of a sequence in nats `[T − 1]`: entry t is of token t + 1. */
export function plainLogProbs(config: LanguageModelConfig, weights: Numbers, ids: ArrayLike<number>): Float64Array {
  const logits = plainLogits(config, weights, ids);
  return Float64Array.from({ length: ids.length - 1 }, (_, t) => {
    const most = Math.max(...logits[t]);
    const total = logits[t].reduce((sum, logit) => sum + Math.exp(logit - most), 0);
    return logits[t][ids[t + 1]] - most - Math.log(total);
  });
}

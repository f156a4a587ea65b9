/**
 * Configurations as `config.json` of Hugging Face has them.
 *
 * @module
 */
import type { JsonObject } from "../../formats/json_text.ts";
import { UserError } from "../../user_error.ts";
import type { LanguageModelConfig, Rope, RopeScaling } from "./config.ts";
import { configFromJson } from "./config_json.ts";
import { ropeFrequencies } from "./rope.ts";

/** The class with a classifier of next tokens. */
const CLASSES = {
  llama: "LlamaForCausalLM",
  qwen2: "Qwen2ForCausalLM",
  qwen3: "Qwen3ForCausalLM",
  gemma2: "Gemma2ForCausalLM",
} as const;

/** What transformers 5 takes as a number with a point alone: 30 of `final_logit_softcapping` is refused, and 30.0 is read. */
const POINTED =
  /"(?:\w+_logit_softcapping|rms_norm_eps|rope_theta|factor|low_freq_factor|high_freq_factor)": -?\d+(?=[,\n])/g;

/** Largest share by which angles differ that are the same but for the float32 in which a GGUF file has their factors. */
const SAME = 1e-6;

/**
 * The text of `config.json` of a model with weights in float32, in the form of transformers 4, which 5 reads as well: one that
 * knows `rope_theta` alone would take 10,000 where `rope_parameters` say another base.
 *
 * @param where named in errors
 * @throws UserError for a model that such a file cannot describe: it is read again, and what is read has to be the same
 * @example
 * ```ts
 * import { tinyConfig } from "./checkpoint_test_helpers.ts";
 * import { configFromJson } from "./config_json.ts";
 * import assert from "node:assert/strict";
 * const text = writtenConfig(tinyConfig("qwen3"), "model.gguf");
 * assert.deepEqual(configFromJson(JSON.parse(text), "config.json"), tinyConfig("qwen3"));
 * ```
 */
export function writtenConfig(config: LanguageModelConfig, where: string): string {
  const { special, window, headWidth, rope, attentionSoftCap, logitSoftCap } = config;
  const gemma = config.architecture === "gemma2", scaling = scalingOf(headWidth, rope);
  const json = {
    model_type: config.architecture,
    architectures: [CLASSES[config.architecture]],
    ...{ vocab_size: config.vocabulary, hidden_size: config.width, intermediate_size: config.hidden },
    ...{ num_hidden_layers: config.layers, num_attention_heads: config.heads, num_key_value_heads: config.keyHeads },
    ...{ head_dim: headWidth, max_position_embeddings: config.maxLength, rms_norm_eps: config.epsilon },
    ...{ rope_theta: rope.base, rope_scaling: scaling === undefined ? null : writtenScaling(scaling) },
    tie_word_embeddings: config.tied,
    ...(config.architecture !== "qwen2" && { attention_bias: config.outBias }),
    ...(config.architecture === "llama" && { mlp_bias: config.feedForwardBias }),
    [gemma ? "hidden_activation" : "hidden_act"]: config.activation === "gelu_tanh" ? "gelu_pytorch_tanh" : "silu",
    ...(gemma && {
      query_pre_attn_scalar: Math.round(config.queryScale ** -2),
      attn_logit_softcapping: attentionSoftCap ?? null,
      final_logit_softcapping: logitSoftCap ?? null,
    }),
    ...(window !== undefined && {
      sliding_window: window.length,
      layer_types: window.layers.map((inside) => inside ? "sliding_attention" : "full_attention"),
      ...(!gemma && { use_sliding_window: true }),
    }),
    bos_token_id: special.start ?? null,
    eos_token_id: special.end.length === 1 ? special.end[0] : special.end,
    pad_token_id: special.padding ?? null,
    torch_dtype: "float32",
  };
  const read = configFromJson(json, where);
  const told = (of: LanguageModelConfig) =>
    new Map(Object.entries(of).map(([key, value]) => [key, JSON.stringify(value)]));
  const [asked, found] = [config, read].map(told);
  const other = [...asked.keys()].filter((key) => key !== "rope").find((key) => asked.get(key) !== found.get(key)) ??
    (sameAngles(headWidth, rope, read.rope) ? undefined : "rope");
  if (other === undefined) return `${JSON.stringify(json, null, 2)}\n`.replaceAll(POINTED, "$&.0");
  throw new UserError(
    `${where}: config.json of Hugging Face cannot say its ${other}, ${
      asked.get(other)
    }; train an adapter, or take the ` +
      "model as a folder",
  );
}

/**
 * Of `llama3` a GGUF file keeps the factors that follow from it. Those of Llama 3.1, 3.2 and 3.3 differ in one number, which
 * is the largest of them; where the angles are those of such a model, it is one.
 */
function scalingOf(headWidth: number, rope: Rope): RopeScaling | undefined {
  const { base, scaling } = rope;
  if (scaling?.kind !== "factors") return scaling;
  const factor = Math.max(...scaling.factors);
  const meant = {
    kind: "llama3",
    factor,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalLength: 8192,
  } as const;
  return sameAngles(headWidth, rope, { base, scaling: meant }) ? meant : undefined;
}

function sameAngles(headWidth: number, one: Rope, other: Rope): boolean {
  const [a, b] = [one, other].map((rope) => ropeFrequencies(headWidth, rope));
  return a.every((angle, i) => Math.abs(angle - b[i]) <= SAME * angle);
}

function writtenScaling(scaling: RopeScaling): JsonObject {
  if (scaling.kind !== "llama3") {
    return { rope_type: scaling.kind, ...("factor" in scaling && { factor: scaling.factor }) };
  }
  return {
    ...{ rope_type: "llama3", factor: scaling.factor, low_freq_factor: scaling.lowFrequencyFactor },
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalLength,
  };
}

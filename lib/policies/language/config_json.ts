/**
 * What a `config.json` of Hugging Face says, in the forms of transformers 4 and 5.
 *
 * Defaults are those of the configuration classes of transformers 5.24.0: files leave out what agrees with them.
 *
 * @module
 */
import { isObject, type JsonObject } from "../../formats/json_text.ts";
import { UserError } from "../../user_error.ts";
import { checkedConfig } from "./checked_config.ts";
import type { LanguageModelConfig, RopeScaling } from "./config.ts";
import { Fields, MOST_LAYERS } from "./fields.ts";

type Architecture = LanguageModelConfig["architecture"];

/** Where families differ by default. */
interface Family {
  /** The class with a classifier of next tokens. */
  readonly causal: string;
  readonly tied: boolean;
  /** Undefined where it follows from the width. */
  readonly headWidth?: number;
  /** Undefined where there are as many as query heads. */
  readonly keyHeads?: number;
  /** First tokens, last tokens and padding. */
  readonly start: readonly number[];
  readonly end: readonly number[];
  readonly padding: readonly number[];
}

const FAMILIES: Readonly<Record<Architecture, Family>> = {
  llama: { causal: "LlamaForCausalLM", tied: false, start: [1], end: [2], padding: [] },
  qwen2: { causal: "Qwen2ForCausalLM", tied: false, keyHeads: 32, start: [], end: [], padding: [] },
  qwen3: { causal: "Qwen3ForCausalLM", tied: false, headWidth: 128, keyHeads: 32, start: [], end: [], padding: [] },
  gemma2: { causal: "Gemma2ForCausalLM", tied: true, headWidth: 256, keyHeads: 4, start: [2], end: [1], padding: [0] },
};

/** What changes the arithmetic and is not done, with the values under which it changes nothing. */
const NOT_DONE: Readonly<Record<string, readonly unknown[]>> = {
  quantization_config: [],
  compression_config: [],
  num_local_experts: [0],
  num_experts: [0],
  n_routed_experts: [0],
  attention_multiplier: [],
  embedding_multiplier: [1],
  residual_multiplier: [1],
  logits_scaling: [1],
  logit_scale: [1],
  scale_emb: [1],
  scale_depth: [],
  clip_qkv: [],
  partial_rotary_factor: [1],
  rope_interleaved: [false],
  use_mrope: [false],
  use_bidirectional_attention: [false],
  is_causal: [true],
  add_cross_attention: [false],
};

/** Activations by the names of transformers. */
const ACTIVATIONS: Readonly<Record<string, LanguageModelConfig["activation"]>> = {
  silu: "silu",
  swish: "silu",
  gelu_pytorch_tanh: "gelu_tanh",
};

/**
 * The configuration of a model.
 *
 * @param json the content of `config.json`
 * @param where its path, named in errors
 * @param generation the content of `generation_config.json`, which may name more tokens that end a text
 * @throws UserError where a value is missing or wrong, or asks for what is not done: one line that names it
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const json = {
 *   model_type: "llama", vocab_size: 320, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2,
 *   num_attention_heads: 4, max_position_embeddings: 128, rope_scaling: { type: "linear", factor: 2 },
 * };
 * const config = configFromJson(json, "config.json");
 * assert.deepEqual([config.headWidth, config.keyHeads, config.tied], [8, 4, false]);
 * assert.deepEqual(config.rope, { base: 10_000, scaling: { kind: "linear", factor: 2 } });
 * assert.throws(() => configFromJson({ ...json, num_experts: 8 }, "f"), /^UserError: f: num_experts 8 is not supported/);
 * ```
 */
export function configFromJson(json: JsonObject, where: string, generation?: JsonObject): LanguageModelConfig {
  const fields = new Fields(json, where), architecture = familyOf(fields), family = FAMILIES[architecture];
  for (const [name, neutral] of Object.entries(NOT_DONE)) {
    const value = fields.raw(name) ?? undefined;
    if (value !== undefined && !neutral.includes(value)) throw fields.notDone(name);
  }
  const gemma = architecture === "gemma2";
  const width = fields.size("hidden_size"), heads = fields.size("num_attention_heads");
  const layers = fields.size("num_hidden_layers", undefined, MOST_LAYERS), vocabulary = fields.size("vocab_size");
  const headWidth = fields.size("head_dim", family.headWidth ?? width / heads);
  const attentionBias = architecture !== "qwen2" && fields.flag("attention_bias", false);
  const more = new Fields(generation ?? {}, where.replace(/config\.json$/, "generation_config.json"));
  const [start] = fields.tokens("bos_token_id", vocabulary, family.start);
  const [padding] = fields.tokens("pad_token_id", vocabulary, family.padding);
  const end = [
    ...fields.tokens("eos_token_id", vocabulary, family.end),
    ...more.tokens("eos_token_id", vocabulary, []),
  ];
  return checkedConfig({
    architecture,
    vocabulary,
    width,
    layers,
    heads,
    keyHeads: fields.raw("num_key_value_heads") === null
      ? heads
      : fields.size("num_key_value_heads", family.keyHeads ?? heads),
    headWidth,
    hidden: fields.size("intermediate_size"),
    maxLength: fields.size("max_position_embeddings"),
    epsilon: fields.number("rms_norm_eps", 1e-6) ?? 1e-6,
    rope: ropeOf(fields),
    tied: fields.flag("tie_word_embeddings", family.tied),
    queryKeyValueBias: architecture === "qwen2" || attentionBias,
    outBias: attentionBias,
    feedForwardBias: architecture === "llama" && fields.flag("mlp_bias", false),
    queryKeyNorm: architecture === "qwen3",
    queryScale: gemma ? fields.size("query_pre_attn_scalar", 256) ** -0.5 : headWidth ** -0.5,
    attentionSoftCap: gemma ? fields.number("attn_logit_softcapping", 50) : undefined,
    logitSoftCap: gemma ? fields.number("final_logit_softcapping", 30) : undefined,
    window: windowOf(fields, architecture, layers),
    embeddingScale: gemma ? Math.sqrt(width) : 1,
    gainOffset: gemma ? 1 : 0,
    activation: activationOf(fields, gemma),
    postNorms: gemma,
    special: { start, end: [...new Set(end)], padding },
  }, where);
}

function familyOf(fields: Fields): Architecture {
  const type = fields.raw("model_type"), architectures = fields.raw("architectures");
  if (typeof type !== "string" || !Object.hasOwn(FAMILIES, type)) {
    throw fields.notDone("model_type", `a model of ${Object.keys(FAMILIES).join(", ")}`);
  }
  const { causal } = FAMILIES[type as Architecture];
  if (Array.isArray(architectures) && !architectures.includes(causal)) {
    throw fields.wrong("architectures", `a model of next tokens, ${causal},`);
  }
  return type as Architecture;
}

/** Gemma2 had `hidden_act` once, which its model never read. */
function activationOf(fields: Fields, gemma: boolean): LanguageModelConfig["activation"] {
  const name = gemma ? "hidden_activation" : "hidden_act";
  const value = fields.raw(name) ?? (gemma ? "gelu_pytorch_tanh" : "silu");
  if (typeof value === "string" && Object.hasOwn(ACTIVATIONS, value)) return ACTIVATIONS[value];
  throw fields.notDone(name);
}

/** Transformers 5 writes `rope_parameters`; 4 wrote `rope_theta` and `rope_scaling`, whose `rope_type` was `type` once. */
function ropeOf(fields: Fields): LanguageModelConfig["rope"] {
  const name = fields.raw("rope_scaling") ? "rope_scaling" : "rope_parameters", given = fields.raw(name) ?? {};
  if (!isObject(given)) throw fields.wrong(name, "a list of values by name");
  const nested = Object.values(given).find(isObject);
  if (nested !== undefined) throw fields.notDone(name);
  const inner = new Fields(given, `${fields.where}: ${name}`),
    from = inner.raw("rope_theta") === undefined ? fields : inner;
  const base = from.number("rope_theta", 10_000);
  if (base === undefined) throw from.wrong("rope_theta", "a positive number");
  if ((inner.raw("partial_rotary_factor") ?? 1) !== 1) throw inner.notDone("partial_rotary_factor");
  const scaling = scalingOf(inner, fields);
  return scaling === undefined ? { base } : { base, scaling };
}

function scalingOf(inner: Fields, fields: Fields): RopeScaling | undefined {
  const key = inner.raw("rope_type") === undefined ? "type" : "rope_type", kind = inner.raw(key) ?? "default";
  const number = (name: string) => {
    const value = inner.raw(name) === undefined ? undefined : inner.number(name, 1);
    if (value === undefined) throw new UserError(`${inner.where}: ${name} is missing; the file is damaged`);
    return value;
  };
  if (kind === "default") return undefined;
  if (kind === "linear") return { kind, factor: number("factor") };
  if (kind !== "llama3") throw inner.notDone(key);
  const lowFrequencyFactor = number("low_freq_factor"), highFrequencyFactor = number("high_freq_factor");
  if (!(highFrequencyFactor > lowFrequencyFactor)) throw inner.wrong("high_freq_factor", "more than low_freq_factor");
  const outer = fields.raw("original_max_position_embeddings") === undefined ? inner : fields;
  const originalLength = outer.size("original_max_position_embeddings", fields.size("max_position_embeddings"));
  return { kind, factor: number("factor"), lowFrequencyFactor, highFrequencyFactor, originalLength };
}

/** Which layers see only a window: named by `layer_types`, or by rule where there are none. */
function windowOf(fields: Fields, architecture: Architecture, layers: number): LanguageModelConfig["window"] {
  const types = fields.raw("layer_types") ?? undefined, qwen = architecture.startsWith("qwen");
  if (types !== undefined && !(Array.isArray(types) && types.length === layers)) {
    throw fields.wrong("layer_types", `a list of ${layers}`);
  }
  const other = types?.findIndex((type) => type !== "full_attention" && type !== "sliding_attention") ?? -1;
  if (other >= 0) throw fields.wrong("layer_types", `full_attention or sliding_attention in place ${other}`);
  const length = architecture === "llama" || (qwen && !fields.flag("use_sliding_window", false))
    ? undefined
    : fields.number("sliding_window", 4096);
  const from = qwen && types === undefined && length !== undefined ? Number(fields.raw("max_window_layers") ?? 28) : 0;
  if (!(Number.isInteger(from) && from >= 0)) throw fields.wrong("max_window_layers", "a whole number from 0 on");
  const windowed = Array.from(
    { length: layers },
    (_, i) =>
      types !== undefined ? types[i] === "sliding_attention" : qwen ? length !== undefined && i >= from : i % 2 === 0,
  );
  if (architecture === "llama" && types === undefined || !windowed.includes(true)) return undefined;
  if (length === undefined) {
    throw fields.wrong("sliding_window", "the length of the windows that layers of sliding attention have");
  }
  if (!Number.isInteger(length)) throw fields.wrong("sliding_window", "a whole number from 1 on");
  return { length, layers: windowed };
}

/**
 * What the metadata of a GGUF file says, in the words of gguf 0.19.0 (`constants.py`). Whatever else a file says of its
 * architecture might change the arithmetic, and is refused by name.
 *
 * @module
 */
import type { GgufFile } from "../../formats/gguf.ts";
import { UserError } from "../../user_error.ts";
import { checkedConfig } from "./checked_config.ts";
import type { LanguageModelConfig, Rope } from "./config.ts";
import { Fields, MOST_LAYERS } from "./fields.ts";

const ARCHITECTURES: readonly LanguageModelConfig["architecture"][] = ["llama", "qwen2", "qwen3", "gemma2"];

/** The factors of the angles, where there are some. */
export const ROPE_FACTORS = "rope_freqs.weight";

/** Values of an architecture that are read, or change nothing that is computed. */
const KNOWN = new Set([
  ...["context_length", "embedding_length", "block_count", "feed_forward_length", "vocab_size", "tensor_data_layout"],
  ...["attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length"],
  ...["attention.layer_norm_rms_epsilon", "rope.dimension_count", "rope.freq_base", "rope.scaling.type"],
  ...["rope.scaling.factor", "rope.scaling.original_context_length", "rope.scaling.finetuned", "rope.scale_linear"],
]);
const KNOWN_IN_GEMMA = ["attn_logit_softcapping", "final_logit_softcapping", "attention.sliding_window"];
/** Tokens that end a turn; few files say which of theirs does, so that llama.cpp knows them by their texts too. */
const TURN_ENDS = new Set(["<end_of_turn>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>"]);
/** Values that are there and say "none". */
const NONE: Readonly<Record<string, unknown>> = { expert_count: 0, expert_used_count: 0, "attention.causal": true };

/**
 * The configuration of a model.
 *
 * Biases and an own classifier are there where the file has their tensors. Two values of Gemma2 stand in no file: every
 * second layer from the first has a window, and queries are scaled by their width, but by `width / heads` in the model of
 * 46 layers (llama.cpp, `load_hparams` of Gemma2).
 *
 * @throws UserError where a value is missing or wrong, or asks for what is not done: one line that names it
 * @example
 * ```ts ignore
 * using file = GgufFile.open("SmolLM2-135M-Instruct.Q4_1.gguf");
 * configFromGguf(file).heads; // 9
 * ```
 */
export function configFromGguf(file: GgufFile): LanguageModelConfig {
  const all = new Fields(Object.fromEntries([...file.metadata].map(([key, value]) => [key, exact(value)])), file.path);
  if ((all.raw("general.type") ?? "model") !== "model") {
    throw all.notDone("general.type", "a model's file, and an adapter as the folder that peft wrote");
  }
  const architecture = ARCHITECTURES.find((name) => name === all.raw("general.architecture"));
  if (architecture === undefined) throw all.notDone("general.architecture", `a model of ${ARCHITECTURES.join(", ")}`);
  const gemma = architecture === "gemma2", key = (name: string) => `${architecture}.${name}`;
  for (const name of all.names().filter((name) => name.startsWith(`${architecture}.`))) {
    const short = name.slice(architecture.length + 1);
    const known = KNOWN.has(short) || gemma && KNOWN_IN_GEMMA.includes(short);
    if (!known && !(short in NONE && NONE[short] === all.raw(name))) throw all.notDone(name);
  }
  const width = all.size(key("embedding_length")), heads = all.size(key("attention.head_count"));
  const layers = all.size(key("block_count"), undefined, MOST_LAYERS),
    headWidth = all.size(key("attention.key_length"), width / heads);
  for (const name of ["attention.value_length", "rope.dimension_count"]) {
    if (all.size(key(name), headWidth) !== headWidth) throw all.notDone(key(name));
  }
  const vocabulary = all.size(key("vocab_size"), file.tensors.get("token_embd.weight")?.shape[0]);
  const id = (name: string) => all.tokens(`tokenizer.ggml.${name}_token_id`, vocabulary, []);
  const has = (name: string) => file.tensors.has(name);
  return checkedConfig({
    architecture,
    vocabulary,
    width,
    layers,
    heads,
    keyHeads: all.size(key("attention.head_count_kv"), heads),
    headWidth,
    hidden: all.size(key("feed_forward_length")),
    maxLength: all.size(key("context_length")),
    epsilon: given(all, key("attention.layer_norm_rms_epsilon")),
    rope: ropeOf(all, key, file, headWidth),
    tied: !has("output.weight"),
    queryKeyValueBias: architecture === "qwen2" || has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias"),
    outBias: has("blk.0.attn_output.bias"),
    feedForwardBias: has("blk.0.ffn_gate.bias"),
    queryKeyNorm: architecture === "qwen3",
    queryScale: (gemma && layers === 46 ? width / heads : headWidth) ** -0.5,
    attentionSoftCap: gemma ? all.number(key("attn_logit_softcapping"), 50) : undefined,
    logitSoftCap: gemma ? all.number(key("final_logit_softcapping"), 30) : undefined,
    window: gemma
      ? {
        length: all.size(key("attention.sliding_window"), 4096),
        layers: Array.from({ length: layers }, (_, i) => i % 2 === 0),
      }
      : undefined,
    embeddingScale: gemma ? Math.sqrt(width) : 1,
    gainOffset: gemma ? 1 : 0,
    activation: gemma ? "gelu_tanh" : "silu",
    postNorms: gemma,
    special: {
      start: id("bos")[0],
      end: [...new Set([...["eos", "eot", "eom"].flatMap(id), ...turnEnds(file, vocabulary)])],
      padding: id("padding")[0],
    },
  }, file.path);
}

function turnEnds({ metadata }: GgufFile, vocabulary: number): number[] {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  if (!Array.isArray(tokens)) return [];
  return tokens.slice(0, vocabulary).flatMap((text, id) => TURN_ENDS.has(text) ? [id] : []);
}

function given(all: Fields, name: string): number {
  const value = all.raw(name) === undefined ? undefined : all.number(name, 1);
  if (value === undefined) throw new UserError(`${all.where}: ${name} is missing; the file is damaged`);
  return value;
}

function ropeOf(all: Fields, key: (name: string) => string, file: GgufFile, headWidth: number): Rope {
  const base = all.number(key("rope.freq_base"), 10_000)!, kind = all.raw(key("rope.scaling.type")) ?? "none";
  // Before `rope.scaling` there was the factor alone.
  const old = all.number(key("rope.scale_linear"), 1)!;
  const factor = kind === "none" ? old : given(all, key("rope.scaling.factor"));
  if (kind !== "none" && kind !== "linear") throw all.notDone(key("rope.scaling.type"));
  const shape = file.tensors.get(ROPE_FACTORS)?.shape;
  if (shape === undefined) return factor === 1 ? { base } : { base, scaling: { kind: "linear", factor } };
  if (factor !== 1) throw all.notDone(key("rope.scaling.type"));
  if (shape.length !== 1 || shape[0] !== headWidth / 2) {
    throw new UserError(`${file.path}: ${ROPE_FACTORS} has the shape [${shape}], not [${headWidth / 2}]; damaged`);
  }
  const factors = [...file.readFloats(ROPE_FACTORS)];
  if (!factors.every((value) => value > 0 && Number.isFinite(value))) {
    throw new UserError(`${file.path}: ${ROPE_FACTORS} has a factor that is not positive; the file is damaged`);
  }
  return { base, scaling: { kind: "factors", factors } };
}

/** The decimal that a float32 was written for: 1e-5 is stored as 0.00000999999974737875. */
function exact(value: unknown): unknown {
  if (typeof value !== "number" || Number.isInteger(value) || Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

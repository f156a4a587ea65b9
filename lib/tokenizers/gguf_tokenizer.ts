/**
 * Tokenizers of GGUF files, whose metadata has tokens, types, merges or scores, and the name of a split.
 *
 * @module
 */
import type { GgufValue } from "../formats/gguf_values.ts";
import { UserError } from "../user_error.ts";
import { mergesOfScores } from "./scores.ts";
import { makeTokenizer, type Tokenizer } from "./tokenizer.ts";
import { type AddedToken, GPT2_SPLIT, isolated, mendedJson, type Step, type TokenizerJson } from "./tokenizer_json.ts";

/** Metadata by key, as a `GgufFile` has it. */
type Metadata = ReadonlyMap<string, GgufValue>;

/** How a text is cut before byte pairs are merged, and what else goes with the name of a split. */
interface Split {
  /** One after the other. */
  readonly patterns: readonly string[];
  /** Of the model's own tokenizer; GGUF does not say it. */
  readonly normalizer?: "NFC";
  readonly ignoreMerges?: boolean;
  /** Whether texts begin with a start token where the file does not say. */
  readonly addStart?: boolean;
}

/** The splits of Llama 3 and Qwen 2 differ in how many digits stand together. */
const cl100k = (digits: string) =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|` + digits +
  String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const LLAMA3: Split = { patterns: [cl100k(String.raw`\p{N}{1,3}`)], ignoreMerges: true, addStart: true };
const QWEN2: Split = { patterns: [cl100k(String.raw`\p{N}`)], normalizer: "NFC" };
/** Words of Mistral's: what is in lower case goes with what stands before it in upper case, not the other way round. */
const TEKKEN = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|` +
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}|` +
  String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/**
 * By `tokenizer.ggml.pre`, which names what llama.cpp has in its source (`llama-vocab.cpp`); the file has no expressions.
 */
const SPLITS: Readonly<Record<string, Split>> = {
  "default": {
    patterns: [String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2_SPLIT, String.raw`\p{N}+`, "[0-9][0-9][0-9]"],
  },
  "gpt-2": { patterns: [GPT2_SPLIT] },
  "smollm": { patterns: [String.raw`\p{N}`, GPT2_SPLIT] },
  "llama-bpe": LLAMA3,
  "llama3": LLAMA3,
  "llama-v3": LLAMA3,
  "falcon3": LLAMA3,
  "qwen2": QWEN2,
  "deepseek-r1-qwen": QWEN2,
  "tekken": { patterns: [TEKKEN], ignoreMerges: true, addStart: true },
};

/** Values of `tokenizer.ggml.token_type`. */
const NORMAL = 1, CONTROL = 3, USER_DEFINED = 4;

/**
 * A tokenizer from the metadata of a GGUF file: byte-level byte pairs (`gpt2`), or SentencePiece's byte pairs with scores and
 * bytes for what is no token (`llama`; Llama 2, Gemma 2).
 *
 * @param metadata of the file, by key
 * @param from the file, for errors
 * @throws UserError for another kind of tokenizer or split, by its name, or metadata that is missing
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const tokenizer = ggufTokenizer(new Map(Object.entries({
 *   "tokenizer.ggml.model": "gpt2",
 *   "tokenizer.ggml.pre": "smollm",
 *   "tokenizer.ggml.tokens": ["<end>", "a", "b", "ab"],
 *   "tokenizer.ggml.token_type": [3, 1, 1, 1],
 *   "tokenizer.ggml.merges": ["a b"],
 *   "tokenizer.ggml.eos_token_id": 0,
 * })), "a.gguf");
 * assert.deepEqual([...tokenizer.encode("aab<end>")], [1, 3, 0]);
 * assert.equal(tokenizer.end, 0);
 * ```
 */
export function ggufTokenizer(metadata: Metadata, from: string): Tokenizer {
  const kind = metadata.get("tokenizer.ggml.model");
  if (kind !== "gpt2" && kind !== "llama") {
    throw new UserError(
      `${from}: a tokenizer.ggml.model ${kind} is not read, gpt2 and llama are: take another model, or give lines of ids`,
    );
  }
  const number = (name: string) => {
    const value = metadata.get(`tokenizer.ggml.${name}_token_id`);
    return value === undefined ? undefined : Number(value);
  };
  const start = number("bos"), end = number("eos");
  const tokens = list<string>(metadata, "tokens", from), types = list<number>(metadata, "token_type", from);
  if (types.length !== tokens.length) {
    throw new UserError(`${from}: ${tokens.length} tokens and ${types.length} types of them: fetch the file again`);
  }
  const added = tokens.map((content, id): AddedToken => ({
    ...{ id, content, special: types[id] === CONTROL, normalized: false },
  })).filter(({ id }) => types[id] === CONTROL || types[id] === USER_DEFINED);
  const around = (fallback: boolean) => {
    const first = (metadata.get("tokenizer.ggml.add_bos_token") ?? fallback) && start !== undefined
      ? [tokens[start]]
      : [];
    const last = metadata.get("tokenizer.ggml.add_eos_token") && end !== undefined ? [tokens[end]] : [];
    return surround(first, last);
  };
  const json = kind === "gpt2"
    ? bytePairs(metadata, tokens, added, around, from)
    : scoredPairs(metadata, tokens, types, added, around, from);
  const template = metadata.get("tokenizer.chat_template");
  return makeTokenizer({
    ...{ json, start, end, unknown: number("unknown"), padding: number("padding"), from },
    ...(typeof template === "string" && { template }),
  });
}

function list<T extends string | number>(metadata: Metadata, name: string, from: string): readonly T[] {
  const value = metadata.get(`tokenizer.ggml.${name}`);
  if (Array.isArray(value)) return value;
  throw new UserError(`${from}: no tokenizer.ggml.${name}: take a file that was converted with its tokenizer`);
}

/**
 * What puts tokens around a text; null where there are none.
 *
 * @param first before a text
 * @param last after it
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(surround([], []), null);
 * assert.equal(surround(["<s>"], [])?.type, "TemplateProcessing");
 * ```
 */
export function surround(first: readonly string[], last: readonly string[]): Step | null {
  if (first.length + last.length === 0) return null;
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  return {
    type: "TemplateProcessing",
    single: [...first.map(special), { Sequence: { id: "A", type_id: 0 } }, ...last.map(special)],
  };
}

const idsOf = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));

function bytePairs(
  metadata: Metadata,
  tokens: readonly string[],
  added: readonly AddedToken[],
  around: (fallback: boolean) => Step | null,
  from: string,
): TokenizerJson {
  const name = String(metadata.get("tokenizer.ggml.pre")),
    split = Object.hasOwn(SPLITS, name) ? SPLITS[name] : undefined;
  if (split === undefined) {
    const known = Object.keys(SPLITS).join(", ");
    throw new UserError(
      `${from}: a tokenizer.ggml.pre ${name} is not read, ${known} are: take a folder with tokenizer.json`,
    );
  }
  return mendedJson({
    added_tokens: added,
    normalizer: split.normalizer === undefined ? null : { type: split.normalizer },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [...split.patterns.map(isolated), { type: "ByteLevel", use_regex: false }],
    },
    post_processor: around(split.addStart ?? false),
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      vocab: idsOf(tokens),
      merges: list<string>(metadata, "merges", from),
      ignore_merges: split.ignoreMerges ?? false,
    },
  }, from);
}

function scoredPairs(
  metadata: Metadata,
  tokens: readonly string[],
  types: readonly number[],
  added: readonly AddedToken[],
  around: (fallback: boolean) => Step | null,
  from: string,
): TokenizerJson {
  const scores = list<number>(metadata, "scores", from), unknown = metadata.get("tokenizer.ggml.unknown_token_id");
  const prefix = metadata.get("tokenizer.ggml.add_space_prefix") ?? true;
  return scoredJson({
    ...{
      tokens,
      scores,
      isText: (id) => types[id] === NORMAL,
      added,
      prefix: Boolean(prefix),
      around: around(true),
      from,
    },
    ...(unknown !== undefined && { unknown: tokens[Number(unknown)] }),
  });
}

/** A vocabulary with scores, and what goes with it. */
interface ScoredParts {
  readonly tokens: readonly string[];
  readonly scores: ArrayLike<number>;
  readonly isText: (id: number) => boolean;
  readonly added: readonly AddedToken[];
  /** Stands for a character whose bytes are no tokens. */
  readonly unknown?: string;
  /** Whether a space is put in front of a text. */
  readonly prefix: boolean;
  readonly around: Step | null;
  readonly from: string;
}

/**
 * What `tokenizer.json` would say of SentencePiece's byte pairs: spaces are `▁`, bytes are tokens `<0x00>` to `<0xFF>`, and a
 * text, as each part of one between two tokens with a meaning, may have a space put in front.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const tokens = ["▁", "a", "▁a"], parts = { added: [], prefix: true, around: null, from: "a.gguf" };
 * const json = scoredJson({ tokens, scores: [0, 0, 1], isText: () => true, ...parts });
 * assert.deepEqual(json.model.merges, [["▁", "a"]]);
 * ```
 */
export function scoredJson(
  { tokens, scores, isText, added, unknown, prefix, around, from }: ScoredParts,
): TokenizerJson {
  const spaces = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const text = { type: "Replace", pattern: { String: "▁" }, content: " " };
  const steps = [text, { type: "ByteFallback" }, { type: "Fuse" }];
  return mendedJson({
    added_tokens: added,
    normalizer: prefix ? { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, spaces] } : spaces,
    pre_tokenizer: null,
    post_processor: around,
    decoder: {
      type: "Sequence",
      decoders: prefix ? [...steps, { type: "Strip", content: " ", start: 1, stop: 0 }] : steps,
    },
    model: {
      ...{ type: "BPE", vocab: idsOf(tokens), merges: mergesOfScores({ tokens, scores, isText }), byte_fallback: true },
      ...(unknown !== undefined && { unk_token: unknown, fuse_unk: true }),
    },
  }, from);
}

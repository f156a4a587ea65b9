/**
 * A tokenizer as `tokenizer.json` describes it, mended so that `@huggingface/tokenizers` reads it as the Rust library does
 * that wrote it; what cannot be mended is refused by name.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** One step of normalising, splitting or decoding, with settings of its own. */
export interface Step {
  readonly type: string;
  readonly [setting: string]: unknown;
}

/** A token that is found in a text before anything else is. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it has a meaning rather than being text. */
  readonly special: boolean;
  /** Whether the text is normalised before it is looked for. */
  readonly normalized: boolean;
}

/** Byte pair encoding (Sennrich et al. 2016, arXiv 1508.07909). */
interface BytePairs {
  readonly type: "BPE";
  /** Ids of tokens. */
  readonly vocab: Readonly<Record<string, number>>;
  /** What is merged, first first: pairs, or pairs with a space between. */
  readonly merges: readonly (string | readonly [string, string])[];
  /** What stands for a character that is no token. */
  readonly unk_token?: string | null;
  /** Whether a character that is no token becomes the tokens `<0x00>` to `<0xFF>` of its bytes. */
  readonly byte_fallback?: boolean;
  /** Whether a piece that is a token stays one, whatever the merges say. */
  readonly ignore_merges?: boolean;
  /** Whether neighbours that are no tokens become one unknown token. */
  readonly fuse_unk?: boolean;
}

/** The parts of a `tokenizer.json` that say what becomes of a text. */
export interface TokenizerJson {
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: Step | null;
  readonly pre_tokenizer: Step | null;
  readonly post_processor: Step | null;
  readonly decoder: Step;
  readonly model: BytePairs;
}

/** The split of GPT-2, in the words of the Rust library, whose `\s` is Unicode's white space and JavaScript's is not. */
export const GPT2_SPLIT = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * A split in which what matches an expression stands alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(isolated("a+").pattern, { Regex: "a+" });
 * ```
 */
export function isolated(regex: string): Step {
  return { type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false };
}

/** More than any vocabulary has: a list of tokens as long as the largest id is made. */
const MAX_IDS = 1 << 24;
const NORMALIZERS = ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Prepend"];

/**
 * What a `tokenizer.json` says, with the differences between the library and the Rust one mended: `Digits` splits all of
 * Unicode's numbers and not ASCII's alone, `ByteLevel` splits at Unicode's white space and not at JavaScript's, `Lowercase`
 * makes each Σ a σ and not a ς at the end of a word. Where the two read a file otherwise and a mend is none of ours, it is
 * refused: ids of added tokens, which the Rust library counts and does not read, and unknown tokens fused across a split.
 *
 * `truncation` and `padding`, with which the Rust library cuts and fills texts unasked, are left out.
 *
 * Not mended: an added token that takes white space beside it with it (`lstrip`, `rstrip`) takes U+FEFF too, and leaves
 * U+0085.
 *
 * @param json parsed
 * @param from the file, for errors
 * @throws UserError for parts of other kinds than byte pair encoding has in language models, by their names
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => mendedJson({ model: { type: "WordPiece" } }, "a.json"), {
 *   message: "a.json: a tokenizer of type WordPiece is not read, BPE is: take a model with such a one, or give lines of ids",
 * });
 * ```
 */
export function mendedJson(json: unknown, from: string): TokenizerJson {
  return legible(from, () => mended(json, from));
}

/**
 * What a function makes of a file; whatever stops it, as the file is not what its format says, becomes one line.
 *
 * @throws UserError naming the file
 */
export function legible<T>(from: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = (error as Error).message.replaceAll(/\s+/g, " ").slice(0, 200);
    throw new UserError(`${from}: not readable as a tokenizer: ${why}: fetch the file again`);
  }
}

function mended(json: unknown, from: string): TokenizerJson {
  const all = record(json, from, "the whole");
  const model = record(all.model, from, "model");
  // Files of old versions have merges and no type.
  const type = model.type ?? (Array.isArray(model.merges) ? "BPE" : "unknown");
  if (type !== "BPE") {
    throw new UserError(
      `${from}: a tokenizer of type ${type} is not read, BPE is: take a model with such a one, or give lines of ids`,
    );
  }
  for (const name of ["dropout", "continuing_subword_prefix", "end_of_word_suffix"]) {
    if (model[name]) throw notRead(from, `model with ${name}`);
  }
  if (!Array.isArray(model.merges)) throw new UserError(`${from}: model has no list merges: fetch the file again`);
  const vocab = record(model.vocab, from, "vocab");
  const added = Array.isArray(all.added_tokens) ? all.added_tokens : [];
  for (const id of [...Object.values(vocab), ...added.map(({ id }) => id)]) {
    if (!(Number.isInteger(id) && id >= 0 && id < MAX_IDS)) {
      throw new UserError(`${from}: ${id} is no id of a token: fetch the file again`);
    }
  }
  if (added.some(({ content }) => typeof content !== "string" || content === "")) {
    throw new UserError(`${from}: an added token has no text: fetch the file again`);
  }
  if (added.some(({ single_word }) => single_word)) throw notRead(from, "added token with single_word");
  const normalizer = step(all.normalizer);
  if (normalizer !== null) checkNormalizer(normalizer, from);
  const ids = checkedIds(vocab as Readonly<Record<string, number>>, added as AddedToken[], from);
  const postProcessor = step(all.post_processor);
  if (postProcessor !== null) checkPostProcessor(postProcessor, ids, from);
  const decoder = step(all.decoder);
  if (decoder === null) throw new UserError(`${from}: no decoder, so ids have no text: save the tokenizer with one`);
  const split = mendedSplit(step(all.pre_tokenizer), normalizer, from);
  // The library fuses unknown tokens of a whole text, the Rust one those of a piece.
  const fuses = Boolean(model.fuse_unk && model.unk_token) && !model.byte_fallback;
  if (fuses && split !== null && split.type !== "Metaspace") throw notRead(from, "model with fuse_unk and a split");
  return {
    added_tokens: added as AddedToken[],
    normalizer: normalizer && lowered(normalizer),
    pre_tokenizer: split,
    post_processor: postProcessor,
    decoder,
    model: { ...model, type: "BPE" } as unknown as BytePairs,
  };
}

/**
 * A part of a JSON file that is to be an object.
 *
 * @throws UserError when it is not, naming the file and the part
 */
export function record(value: unknown, from: string, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UserError(`${from}: ${what} is no object: fetch the file again`);
}

/** A step, or null where there is none. */
function step(value: unknown): Step | null {
  return typeof value === "object" && value !== null && "type" in value ? value as Step : null;
}

/** The error of a part that is not read. */
function notRead(from: string, what: string): UserError {
  return new UserError(`${from}: ${what} is not read: take a model whose tokenizer has none`);
}

/**
 * The text that a step looks for, where it is not an expression.
 *
 * @throws UserError when it looks for neither
 */
export function patternText({ type, pattern }: Step, from: string): string | undefined {
  const { String: text, Regex: regex } = (pattern ?? {}) as { readonly String?: unknown; readonly Regex?: unknown };
  if (typeof text === "string") return text;
  if (typeof regex === "string") return undefined;
  throw new UserError(`${from}: ${type} has no pattern: fetch the file again`);
}

function checkNormalizer(normalizer: Step, from: string): void {
  if (normalizer.type === "Sequence") {
    for (const part of normalizer.normalizers as Step[]) checkNormalizer(part, from);
  } else if (normalizer.type === "Replace") {
    patternText(normalizer, from);
  } else if (!NORMALIZERS.includes(normalizer.type)) {
    throw notRead(from, `normalizer ${normalizer.type}`);
  }
}

/** A normalizer in which no Σ is left for JavaScript to look at what stands around it. */
function lowered(normalizer: Step): Step {
  if (normalizer.type === "Sequence") {
    return { ...normalizer, normalizers: (normalizer.normalizers as Step[]).map(lowered) };
  }
  if (normalizer.type !== "Lowercase") return normalizer;
  const sigma: Step = { type: "Replace", pattern: { String: "Σ" }, content: "σ" };
  return { type: "Sequence", normalizers: [sigma, normalizer] };
}

/**
 * Ids by token, which must be those that the Rust library gives: it reads none of an added token, but takes that of the
 * vocabulary, or the next one.
 */
function checkedIds(
  vocab: Readonly<Record<string, number>>,
  added: readonly AddedToken[],
  from: string,
): ReadonlyMap<string, number> {
  const ids = new Map(Object.entries(vocab));
  let next = ids.size;
  for (const { content, id } of added) {
    const given = ids.get(content) ?? next++;
    if (given !== id) {
      const what = `${content} has id ${id}, and the Rust library takes it for ${given}`;
      throw new UserError(`${from}: ${what}: number the added tokens in order, without a gap`);
    }
    ids.set(content, id);
  }
  return ids;
}

/** What a template puts around a text. */
interface Piece {
  readonly SpecialToken?: { readonly id: string };
}

function checkPostProcessor(processor: Step, ids: ReadonlyMap<string, number>, from: string): void {
  if (processor.type === "Sequence") {
    for (const part of processor.processors as Step[]) checkPostProcessor(part, ids, from);
  } else if (processor.type === "TemplateProcessing") {
    const named = processor.special_tokens as Readonly<Record<string, { readonly ids: readonly number[] }>> | undefined;
    for (const { SpecialToken: token } of processor.single as Piece[]) {
      const meant = token && named?.[token.id]?.ids;
      // The library puts the token of that name, the Rust one these ids.
      if (meant && meant.join() !== String(ids.get(token.id))) {
        throw notRead(from, `${token.id} as ids ${meant.join(", ")} in TemplateProcessing`);
      }
    }
  } else if (processor.type !== "ByteLevel") {
    throw notRead(from, `post-processor ${processor.type}`);
  }
}

function mendedSplit(split: Step | null, normalizer: Step | null, from: string): Step | null {
  if (split === null || split.type === "Metaspace" && split.split === false) return split;
  if (split.type === "Sequence") {
    const parts = (split.pretokenizers as Step[]).map((part) => mendedSplit(part, normalizer, from));
    return { type: "Sequence", pretokenizers: parts.filter((part) => part !== null) };
  }
  if (split.type === "Digits") return isolated(split.individual_digits ? String.raw`\p{N}` : String.raw`\p{N}+`);
  if (split.type === "ByteLevel") {
    if (split.add_prefix_space) throw notRead(from, "ByteLevel with add_prefix_space");
    const bytes: Step = { type: "ByteLevel", add_prefix_space: false, use_regex: false };
    return split.use_regex === false ? bytes : { type: "Sequence", pretokenizers: [isolated(GPT2_SPLIT), bytes] };
  }
  if (split.type !== "Split") throw notRead(from, `pre-tokenizer ${split.type}`);
  const text = patternText(split, from);
  if (split.behavior === "Isolated") return { ...split, invert: false }; // both sides are kept, whichever matches
  if (split.behavior === "Removed") return split;
  // Gemma splits at spaces, of which its normalizer leaves none.
  if (text !== undefined && normalizer !== null && replacesAll(normalizer, text, from)) return null;
  throw notRead(from, `split with behavior ${split.behavior}`);
}

/** Whether a normalizer leaves no `text` in a text. */
function replacesAll(normalizer: Step, text: string, from: string): boolean {
  if (normalizer.type === "Sequence") return replacesAll((normalizer.normalizers as Step[]).at(-1)!, text, from);
  return normalizer.type === "Replace" && patternText(normalizer, from) === text &&
    !String(normalizer.content).includes(text);
}

/**
 * From texts to tokens and back, whichever file the vocabulary comes from.
 *
 * @module
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { UserError } from "../user_error.ts";
import { chatTemplate, type Message } from "./chat.ts";
import { decoderOf } from "./decoder.ts";
import { legible, type TokenizerJson } from "./tokenizer_json.ts";
import { tokenizerFiles } from "./written.ts";

/** From texts to tokens and back. */
export interface Coder {
  /** Tokens `V`: ids are below it. */
  readonly size: number;
  /** Begins a text. */
  readonly start?: number;
  /** Ends a text or a turn. */
  readonly end?: number;
  /** Fills up a batch. */
  readonly padding?: number;
  /**
   * Ids of a text `[T]`. What stands for a token with a meaning, such as `<|im_end|>`, becomes it.
   *
   * @param options.special whether the tokens that the model expects around a text are put there, which is where a start
   *   token comes from; default false
   */
  encode(text: string, options?: { readonly special?: boolean }): Uint32Array;
  /**
   * Text of ids. Where they end or begin inside a character, its bytes become U+FFFD.
   *
   * @param options.skipSpecial whether tokens with a meaning are left out; default false
   * @throws UserError when an id is outside of the vocabulary
   */
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecial?: boolean }): string;
  /**
   * A chat as the model's template writes it, with all its tokens: `encode` it as it is.
   *
   * @param options.addGenerationPrompt whether it ends where the assistant is to speak; default false
   * @throws UserError where there is no template, or it refuses the messages
   */
  applyChat(messages: readonly Message[], options?: { readonly addGenerationPrompt?: boolean }): string;
}

/** From texts to tokens and back, by a vocabulary that can be written down. */
export interface Tokenizer extends Coder {
  /** The files that a folder of Hugging Face has of it: texts by name. */
  files(): ReadonlyMap<string, string>;
}

/** What files say about a tokenizer. */
interface TokenizerParts {
  readonly json: TokenizerJson;
  /** Tokens by what they are for: ids. */
  readonly start?: number;
  readonly end?: number;
  readonly unknown?: number;
  readonly padding?: number;
  /** Of chats, in Jinja. */
  readonly template?: string;
  /** The file, for errors. */
  readonly from: string;
}

/**
 * Puts a tokenizer together.
 *
 * @throws UserError for parts of kinds that are not read, by their names
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mendedJson } from "./tokenizer_json.ts";
 * const vocab = { a: 0, b: 1, ab: 2 };
 * const json = mendedJson({
 *   model: { type: "BPE", vocab, merges: ["a b"] },
 *   pre_tokenizer: { type: "ByteLevel" },
 *   decoder: { type: "ByteLevel" },
 * }, "a.json");
 * const tokenizer = makeTokenizer({ json, from: "a.json" });
 * assert.deepEqual([...tokenizer.encode("aab")], [0, 2]);
 * assert.equal(tokenizer.decode([0, 2]), "aab");
 * ```
 */
export function makeTokenizer({ json, start, end, unknown, padding, template, from }: TokenizerParts): Tokenizer {
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(json.model.vocab)) tokens[id] = token;
  const special = new Set(json.added_tokens.filter((token) => token.special).map(({ id }) => id));
  const library = legible(from, () => new Library(json, {}));
  const decode = legible(from, () => decoderOf(json.decoder, from));
  const encode = (text: string, special: boolean) => library.encode(text, { add_special_tokens: special }).ids;
  for (const { id, content } of json.added_tokens) tokens[id] = content;
  // One that is found in normalised text is written so too.
  const texts = [...tokens];
  for (const { id, content, normalized } of json.added_tokens) {
    if (normalized && library.normalizer !== null) texts[id] = library.normalizer.normalize(content);
  }
  if (legible(from, () => encode("", true)).includes(undefined!)) {
    throw new UserError(`${from}: a token that is put around texts is not there: fetch the file again`);
  }

  const named = Object.entries({ bos_token: start, eos_token: end, unk_token: unknown, pad_token: padding });
  for (const [name, id] of named) {
    if (id !== undefined && tokens[id] === undefined) {
      throw new UserError(`${from}: ${name} is id ${id}, and there is no such token: fetch the file again`);
    }
  }
  const names = Object.fromEntries(named.filter(([, id]) => id !== undefined).map(([name, id]) => [name, tokens[id!]]));
  const write = template === undefined ? undefined : chatTemplate(template, names, from);

  return {
    size: tokens.length,
    start,
    end,
    padding,
    encode: (text, { special = false } = {}) => Uint32Array.from(encode(text, special)),
    decode(ids, { skipSpecial = false } = {}) {
      const kept: string[] = [];
      for (const id of Array.from(ids)) {
        if (tokens[id] === undefined) {
          throw new UserError(
            `${from}: id ${id} is outside of its ${tokens.length} tokens: take ids of this tokenizer`,
          );
        }
        if (!(skipSpecial && special.has(id))) kept.push(texts[id]);
      }
      return decode(kept);
    },
    applyChat(messages, { addGenerationPrompt = false } = {}) {
      if (write === undefined) {
        throw new UserError(`${from}: no chat template: put one beside it as chat_template.jinja, or give texts`);
      }
      return write(messages, addGenerationPrompt);
    },
    files: () => tokenizerFiles(json, { names, template }),
  };
}

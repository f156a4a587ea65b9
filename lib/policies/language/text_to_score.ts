/**
 * Texts to be scored, as lines of JSON have them.
 *
 * @module
 */
import type { Message } from "../../tokenizers/chat.ts";
import { encodePair } from "../../tokenizers/pairs.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";
import { UserError } from "../../user_error.ts";
import type { LanguageModelConfig } from "./config.ts";

/** A text in tokens. */
export interface TextToScore {
  /** `[T]`, T ≥ 1 */
  readonly ids: Uint32Array;
  /** First token of the completion, where the text has one. */
  readonly completion?: number;
  /** What else the line says. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** What a line may hold its text in; `prompt` goes with `completion`. */
const FORMS = ["text", "prompt", "completion", "messages", "ids"] as const;

/** What is written of a text: a line may not say it already. */
const WRITTEN = [
  "tokens",
  "logprobs",
  "sum",
  "count",
  "completion_start",
  "completion_sum",
  "completion_count",
  "completion_unscored",
] as const;

/** What is written: {@linkcode WRITTEN}. */
export type Written = Readonly<Partial<Record<typeof WRITTEN[number], unknown>>>;

/**
 * A line as tokens: `{"text"}` with the tokens that the tokenizer puts around texts, `{"prompt", "completion"}` as one text
 * (two texts, or two lists of messages), `{"messages"}` as the model's chat template writes them, or `{"ids"}` as they are.
 * Nothing is cut, and no end token is added.
 *
 * @param line whatever JSON gave
 * @param tokenizer asked for only where there is a text
 * @throws UserError for another line, an empty text, one longer than the model was made for, ids that it does not have
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const model = { vocabulary: 20, maxLength: 64 };
 * const { ids, rest } = await textToScore({ id: "a", ids: [3, 1] }, model, () => Promise.reject(new Error("not asked for")));
 * assert.deepEqual([[...ids], rest], [[3, 1], { id: "a" }]);
 * ```
 */
export async function textToScore(
  line: unknown,
  { vocabulary, maxLength }: Pick<LanguageModelConfig, "vocabulary" | "maxLength">,
  tokenizer: () => Promise<Tokenizer>,
): Promise<TextToScore> {
  if (typeof line !== "object" || line === null || Array.isArray(line)) throw new UserError("is no object");
  const record = line as Readonly<Record<string, unknown>>;
  const forms = FORMS.filter((key) => Object.hasOwn(record, key));
  const taken = WRITTEN.find((key) => Object.hasOwn(record, key));
  if (taken !== undefined) throw new UserError(`has ${taken}, which is to be written: call it otherwise`);
  const { ids, completion } = await encoded(forms.join(" "), record, tokenizer);
  if (ids.length === 0) throw new UserError("the text is empty: it has no token");
  if (ids.length > maxLength) {
    throw new UserError(`${ids.length} tokens, and the model was made for ${maxLength}: shorten the text`);
  }
  const outside = ids.find((id) => id >= vocabulary);
  if (outside !== undefined) throw new UserError(`id ${outside} is outside of the model's ${vocabulary} tokens`);
  const rest = Object.fromEntries(Object.entries(record).filter(([key]) => !(forms as string[]).includes(key)));
  return { ids, ...(completion === undefined ? {} : { completion }), rest };
}

/** @param form keys of the line that hold a text */
async function encoded(
  form: string,
  record: Readonly<Record<string, unknown>>,
  tokenizer: () => Promise<Tokenizer>,
): Promise<{ readonly ids: Uint32Array; readonly completion?: number }> {
  switch (form) {
    case "ids":
      return { ids: idsOf(record.ids) };
    case "text":
      return { ids: (await tokenizer()).encode(textOf(record, "text"), { special: true }) };
    case "messages": {
      const { applyChat, encode } = await tokenizer();
      return { ids: encode(applyChat(messagesOf(record, "messages"))) };
    }
    case "prompt completion": {
      const side = (key: string) => Array.isArray(record[key]) ? messagesOf(record, key) : textOf(record, key);
      const rules = { start: "tokenizer", end: false } as const;
      const { ids, tokens } = encodePair(await tokenizer(), side("prompt"), side("completion"), rules);
      if (tokens === 0) throw new UserError("the completion is empty: it has no token");
      return { ids, completion: ids.length - tokens };
    }
  }
  const wanted = "one of text, prompt with completion, messages, ids";
  throw new UserError(
    form === "" ? `has no text: write ${wanted}` : `has ${form.replaceAll(" ", ", ")}: write ${wanted}`,
  );
}

/**
 * The ids of a line.
 *
 * @throws UserError where they are no list of whole numbers from 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...idsOf([3, 1])], [3, 1]);
 * ```
 */
export function idsOf(ids: unknown): Uint32Array {
  if (!Array.isArray(ids)) throw new UserError("ids: write a list of whole numbers");
  const wrong = ids.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < 2 ** 32));
  if (wrong >= 0) throw new UserError(`ids[${wrong}] is ${JSON.stringify(ids[wrong])}: write whole numbers from 0`);
  return Uint32Array.from(ids);
}

/**
 * A text of a line.
 *
 * @throws UserError where it is none
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(textOf({ text: "a" }, "text"), "a");
 * ```
 */
export function textOf(record: Readonly<Record<string, unknown>>, key: string): string {
  const value = record[key];
  if (typeof value !== "string") throw new UserError(`${key} is no text: write it in quotes`);
  return value;
}

/**
 * A chat of a line.
 *
 * @throws UserError where it is no list of messages
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => messagesOf({ messages: "hi" }, "messages"), /^UserError: messages is no list of messages/);
 * ```
 */
export function messagesOf(record: Readonly<Record<string, unknown>>, key: string): readonly Message[] {
  const value = record[key];
  const isMessage = (each: unknown) => typeof each === "object" && each !== null && !Array.isArray(each);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isMessage)) {
    throw new UserError(`${key} is no list of messages: write [{"role": "user", "content": "…"}]`);
  }
  return value;
}

/**
 * A prompt and its completion as one sequence of tokens, and which of them are the completion's.
 *
 * @module
 */
import type { Tokenizer } from "./llama2c.ts";

/** A text in tokens, of which some are to be scored. */
interface Completion {
  /** Start token, prompt and completion `[T]`. */
  readonly ids: Uint32Array;
  /** 1 for each token of the completion `[T]`. */
  readonly mask: Uint8Array;
  /** Tokens of the completion. */
  readonly tokens: number;
}

/**
 * Encodes a prompt with its completion as one text, as a model has seen texts, and marks what the prompt alone does not
 * determine.
 *
 * Two texts encoded apart and put together are another sequence: a tokenizer merges across the seam and may put a space in
 * front of each text, so that the completion's log-prob is that of a text which nobody writes. The completion's tokens are
 * those after the longest run that prompt and whole text begin with alike; where a token spans the seam it is the
 * completion's.
 *
 * @param tokenizer of the model that is to score it
 * @param prompt may be empty
 * @param completion may be empty, which leaves no token to score
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * // A tokenizer that knows letters, and "ab" as one token.
 * const encode = (text: string) => Uint32Array.from(text.match(/ab|./g) ?? [], (t) => t === "ab" ? 9 : t.charCodeAt(0));
 * const tokenizer = { size: 256, start: 1, encode, decode: () => "" };
 * const { ids, mask } = encodeCompletion(tokenizer, "xa", "bc");
 * assert.deepEqual([...ids], [1, 120, 9, 99]);
 * assert.deepEqual([...mask], [0, 0, 1, 1]);
 * ```
 */
export function encodeCompletion(tokenizer: Tokenizer, prompt: string, completion: string): Completion {
  const alone = tokenizer.encode(prompt), whole = tokenizer.encode(prompt + completion);
  let shared = 0;
  while (shared < alone.length && alone[shared] === whole[shared]) shared++;
  const ids = Uint32Array.of(tokenizer.start, ...whole);
  const mask = Uint8Array.from(ids, (_, i) => Number(i > shared));
  return { ids, mask, tokens: whole.length - shared };
}

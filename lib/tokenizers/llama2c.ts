/**
 * Vocabularies in the format of llama2.c, version 0: byte sequences with scores, little-endian, without a magic number.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { scoredJson, surround } from "./gguf_tokenizer.ts";
import { makeTokenizer, type Tokenizer } from "./tokenizer.ts";

const UNKNOWN = 0, START = 1, END = 2, FIRST_BYTE = 3;

/**
 * Reads a vocabulary: an int32 (longest token), then for each token a float32 score, an int32 length and its bytes.
 *
 * Token 0 is unknown, 1 starts and 2 ends a text, 3 to 258 are raw bytes. Encoding puts a space in front of a text, which
 * decoding takes away. Around a text stands the start token: the file does not say so, but llama2.c's `tinystories.py` put it
 * before each text that models learned from, and its `run.c` before each prompt; neither puts an end token behind.
 *
 * @param from the file, for errors
 * @throws UserError when the file is cut off
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => llama2cTokenizer(Uint8Array.of(1, 0, 0, 0, 9), "a.bin"), { name: "UserError" });
 * ```
 */
export function llama2cTokenizer(bytes: Uint8Array, from: string): Tokenizer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tokens: string[] = [], scores: number[] = [];
  for (let at = 4; at < bytes.length;) {
    const length = at + 8 <= bytes.length ? view.getInt32(at + 4, true) : NaN;
    if (!(length >= 0 && at + 8 + length <= bytes.length)) {
      throw new UserError(`${from}: cut off at byte ${at}: fetch the file again`);
    }
    const id = tokens.length, byte = id - FIRST_BYTE;
    // Spaces are written as such; a byte's token has the name that byte fallback looks for.
    const text = new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length)).replaceAll(" ", "▁");
    tokens.push(byte >= 0 && byte < 256 ? `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>` : text);
    scores.push(view.getFloat32(at, true));
    at += 8 + length;
  }
  const isText = (id: number) => id >= FIRST_BYTE + 256;
  const added = [["<unk>", UNKNOWN], ["<s>", START], ["</s>", END]] as const;
  // The file writes them with line breaks around.
  for (const [content, id] of added) tokens[id] = content;
  const json = scoredJson({
    ...{ tokens, scores, isText, prefix: true, around: surround(["<s>"], []), from },
    added: added.map(([content, id]) => ({ id, content, special: true, normalized: false })),
  });
  return makeTokenizer({ json, start: START, end: END, unknown: UNKNOWN, from });
}

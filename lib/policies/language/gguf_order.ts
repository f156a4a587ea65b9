/**
 * How GGUF files lay out what Hugging Face lays out otherwise.
 *
 * @module
 */
import type { LanguageModelConfig } from "./config.ts";

/**
 * Llama's queries and keys lie in GGUF files in pairs of rows that are turned together, elsewhere in halves; Gemma's gains
 * have their 1 in GGUF files (llama.cpp, `convert_hf_to_gguf.py`: `LlamaModel.permute`, `Gemma2Model.modify_tensors`).
 *
 * @param name of Hugging Face
 * @param numbers as the file has them; changed in place
 * @returns the same array
 * @example Two pairs of rows of one number become two halves
 * ```ts
 * import assert from "node:assert/strict";
 * import { tinyConfig } from "./checkpoint_test_helpers.ts";
 * const config = { ...tinyConfig("llama"), heads: 1, keyHeads: 1, headWidth: 4 };
 * const rows = asHuggingFace("model.layers.0.self_attn.q_proj.bias", Float32Array.of(0, 2, 1, 3), config);
 * assert.deepEqual([...rows], [0, 1, 2, 3]);
 * ```
 */
export function asHuggingFace(name: string, numbers: Float32Array, config: LanguageModelConfig): Float32Array {
  rowsAsHuggingFace(name, numbers, config);
  if (config.gainOffset === 1 && /norm\.weight$/.test(name)) {
    for (let i = 0; i < numbers.length; i++) numbers[i] -= config.gainOffset;
  }
  return numbers;
}

/**
 * The same for the rows of a matrix alone, whatever their numbers are packed in.
 *
 * @param name of Hugging Face
 * @param rows as the file has them, all of the same size; changed in place
 * @returns the same array
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tinyConfig } from "./checkpoint_test_helpers.ts";
 * const config = { ...tinyConfig("llama"), heads: 1, keyHeads: 1, headWidth: 4 };
 * const rows = rowsAsHuggingFace("model.layers.0.self_attn.q_proj.weight", Uint8Array.of(0, 0, 2, 2, 1, 1, 3, 3), config);
 * assert.deepEqual([...rows], [0, 0, 1, 1, 2, 2, 3, 3]);
 * ```
 */
export function rowsAsHuggingFace<T extends Float32Array | Uint8Array>(
  name: string,
  rows: T,
  config: LanguageModelConfig,
): T {
  if (config.architecture === "llama" && /self_attn\.[qk]_proj\./.test(name)) halves(rows, name, config);
  return rows;
}

/** Row `2i + s` of each head becomes row `i + s·headWidth/2`, in place. */
function halves(
  numbers: Float32Array | Uint8Array,
  name: string,
  { heads, keyHeads, headWidth }: LanguageModelConfig,
): void {
  const count = name.includes("q_proj") ? heads : keyHeads, size = numbers.length / count, row = size / headWidth;
  for (let head = 0; head < count; head++) {
    const pairs = numbers.slice(head * size, (head + 1) * size);
    for (let r = 0; r < headWidth; r++) {
      numbers.set(pairs.subarray(r * row, (r + 1) * row), head * size + ((r >> 1) + (r & 1) * headWidth / 2) * row);
    }
  }
}

/**
 * Queries, keys and values that a GGUF file has as one tensor.
 *
 * @module
 */
import type { GgufFile } from "../../formats/gguf.ts";
import type { TensorInfo } from "../../formats/tensor_file.ts";
import type { LanguageModelConfig } from "./config.ts";

/** Which rows of which tensor. */
interface Rows {
  readonly whole: string;
  readonly from: number;
  readonly to: number;
}

/** What is asked of a GGUF file, with tensors of their own for queries, keys and values. */
type Separated = Pick<GgufFile, "path" | "tensors" | "readFloats" | "readBlocks" | "close">;

/**
 * A file whose `attn_qkv` (llama.cpp's `convert_hf_to_gguf.py --fuse-qkv`: rows of the queries, then of the keys, then of the
 * values) are there as `attn_q`, `attn_k` and `attn_v`. One of another height is left as it is.
 *
 * @example
 * ```ts ignore
 * const file = GgufFile.open("qwen3-fused.gguf");
 * separated(file, configFromGguf(file)).tensors.has("blk.0.attn_q.weight"); // true
 * ```
 */
export function separated(file: GgufFile, { heads, keyHeads, headWidth }: LanguageModelConfig): Separated {
  const tensors = new Map<string, TensorInfo & { readonly offset: number }>(), parts = new Map<string, Rows>();
  const ends = [heads, heads + keyHeads, heads + 2 * keyHeads].map((count) => count * headWidth);
  for (const [whole, info] of file.tensors) {
    const [, before, kind] = /^(blk\.\d+\.attn_)qkv(\.\w+)$/.exec(whole) ?? [];
    if (before === undefined || info.shape[0] !== ends[2]) {
      tensors.set(whole, info);
      continue;
    }
    ["q", "k", "v"].forEach((name, i) => {
      const from = i === 0 ? 0 : ends[i - 1], to = ends[i];
      parts.set(`${before}${name}${kind}`, { whole, from, to });
      tensors.set(`${before}${name}${kind}`, { ...info, shape: [to - from, ...info.shape.slice(1)] });
    });
  }
  const cut = <T extends Float32Array | Uint8Array>(numbers: T, { from, to }: Rows): T =>
    numbers.slice(numbers.length / ends[2] * from, numbers.length / ends[2] * to) as T;
  return {
    path: file.path,
    tensors,
    readFloats(name) {
      const part = parts.get(name);
      return part === undefined ? file.readFloats(name) : cut(file.readFloats(part.whole), part);
    },
    readBlocks(name) {
      const part = parts.get(name), found = file.readBlocks(part?.whole ?? name);
      return part === undefined || found === undefined ? found : { ...found, blocks: cut(found.blocks, part) };
    },
    close: () => file.close(),
  };
}

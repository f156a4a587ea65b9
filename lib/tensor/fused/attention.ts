/**
 * Causal softmax attention.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/** How the columns of attention's input are shared out. */
interface AttentionHeads {
  /** Number of query heads `H`. */
  readonly heads: number;
  /** Number of key heads and of value heads `K`, which divides `H`: each serves H/K neighbouring query heads. */
  readonly keyHeads: number;
}

/**
 * softmax(q kᵀ/√D + causal mask) v for each head; grouped-query attention where there are fewer keys than queries
 * (Vaswani et al. 2017, arXiv 1706.03762, eq. 1; Ainslie et al. 2023, arXiv 2305.13245).
 *
 * @param x `[B, T, (H + 2K)·D]`: the queries of all heads side by side, then the keys, then the values
 * @returns `[B, T, H·D]`; position t sees positions 0 .. t
 * @throws TypeError when heads and columns do not fit
 * @example One position sees itself only
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const y = attention(tf.tensor3d([[[1, 2, 3, 4, 5, 6]]]), { heads: 1, keyHeads: 1 });
 * assert.deepEqual([...y.dataSync()], [5, 6]);
 * ```
 */
export function attention(x: Tensor, { heads, keyHeads }: AttentionHeads): Tensor {
  if (x.rank !== 3 || heads % keyHeads !== 0 || x.shape[2]! % (heads + 2 * keyHeads) !== 0) {
    throw new TypeError(`x: expected [B, T, (${heads} + 2 x ${keyHeads}) D], got shape [${x.shape}]`);
  }
  if (!hasKernel("Attention")) return plainAttention(x, { heads, keyHeads });
  const op = tf.customGrad((x, save) => {
    const [y, shares] = runKernel("Attention", { x: x as Tensor }, { heads, keyHeads });
    (save as Save)([x as Tensor, shares]);
    return {
      value: y,
      gradFunc: (dy: Tensor, [x, shares]: Tensor[]) =>
        runKernel("AttentionGrad", { x, shares, dy }, { heads, keyHeads })[0],
    };
  });
  return op(x);
}

/** The same in stock operations, for engines without the kernel. */
function plainAttention(x: Tensor, { heads, keyHeads }: AttentionHeads): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  const head = width / (heads + 2 * keyHeads), group = heads / keyHeads;
  const later = tf.tensor2d(
    Float32Array.from({ length: length * length }, (_, i) => i % length > Math.floor(i / length) ? -1e9 : 0),
    [length, length],
  );
  const columns = (at: number) => tf.slice(x, [0, 0, at * head], [batch, length, head]);
  const outputs = Array.from({ length: heads }, (_, h) => {
    const shared = Math.floor(h / group);
    const [q, k, v] = [columns(h), columns(heads + shared), columns(heads + keyHeads + shared)];
    const scores = tf.add(tf.mul(tf.matMul(q, tf.transpose(k, [0, 2, 1])), 1 / Math.sqrt(head)), later);
    return tf.matMul(tf.softmax(scores), v);
  });
  return tf.concat(outputs, 2);
}

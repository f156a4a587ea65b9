/**
 * Products whose rows do not depend on each other.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel } from "./dispatch.ts";

/**
 * x·Wᵀ for few rows, each of which is what it is alone: a BLAS rounds a row by how many there are. It has no gradient.
 *
 * @param x `[N, in]`
 * @param weight `[out, in]`
 * @returns `[N, out]`
 * @throws TypeError when inner sizes differ
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * assert.deepEqual([...rowwiseProduct(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 10]])).dataSync()], [21, 43]);
 * ```
 */
export function rowwiseProduct(x: Tensor, weight: Tensor): Tensor {
  const [rows, columns] = x.shape as [number, number], [outputs, inner] = weight.shape as [number, number];
  if (columns !== inner) throw new TypeError(`weight: expected [out, ${columns}], got shape [${weight.shape}]`);
  if (hasKernel("RowwiseProduct")) return runKernel("RowwiseProduct", { x, weight })[0];
  if (rows === 0) return tf.zeros([0, outputs]);
  const each = Array.from(
    { length: rows },
    (_, i) => tf.matMul(tf.slice(x, [i, 0], [1, columns]), weight, false, true),
  );
  return each.length === 1 ? each[0] : tf.concat(each, 0);
}

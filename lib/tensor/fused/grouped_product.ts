/**
 * Products of groups of rows that do not depend on each other.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel } from "./dispatch.ts";

/**
 * x·Wᵀ for groups of rows, each of which is to the bit what it is alone: a BLAS rounds a row by how many there are. The
 * weights are read once for all groups. It has no gradient.
 *
 * @param x `[N, in]`, the groups one below the other
 * @param weight `[out, in]`
 * @param lengths rows of each group, >= 1
 * @returns `[N, out]`
 * @throws TypeError when inner sizes differ, or the groups are not all rows
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const x = tf.tensor2d([[1, 2], [3, 4], [5, 6]]);
 * assert.deepEqual([...groupedProduct(x, tf.tensor2d([[1, 10]]), Uint32Array.of(2, 1)).dataSync()], [21, 43, 65]);
 * ```
 */
export function groupedProduct(x: Tensor, weight: Tensor, lengths: Uint32Array): Tensor {
  const [rows, columns] = x.shape as [number, number], inner = weight.shape[1];
  if (columns !== inner) throw new TypeError(`weight: expected [out, ${columns}], got shape [${weight.shape}]`);
  const total = lengths.reduce((a, b) => a + b, 0);
  if (total !== rows || lengths.includes(0)) throw new TypeError(`lengths: expected a sum of ${rows}, got ${lengths}`);
  if (hasKernel("GroupedProduct")) return runKernel("GroupedProduct", { x, weight }, { lengths })[0];
  let from = 0;
  const each = Array.from(lengths, (length) => {
    const group = tf.slice(x, [from, 0], [length, columns]);
    from += length;
    return tf.matMul(group, weight, false, true);
  });
  return each.length === 1 ? each[0] : tf.concat(each, 0);
}

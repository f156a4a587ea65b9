/**
 * Root-mean-square layer normalisation.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/**
 * y = x / √(mean(x²) + ε) · gain over the last axis (Zhang & Sennrich 2019, arXiv 1910.07467, eq. 4).
 *
 * @param x `[..., D]`
 * @param gain `[D]`
 * @param epsilon added to the mean square, >= 0
 * @returns `[..., D]`
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const [first] = rmsNorm(tf.tensor2d([[3, 4]]), tf.ones([2]), 0).dataSync();
 * assert.ok(Math.abs(first - 3 / Math.sqrt(12.5)) < 1e-6);
 * ```
 */
export function rmsNorm(x: Tensor, gain: Tensor, epsilon: number): Tensor {
  if (!hasKernel("RmsNorm")) return plainRmsNorm(x, gain, epsilon);
  const op = tf.customGrad((x, gain, save) => {
    const [y, scale] = runKernel("RmsNorm", { x: x as Tensor, gain: gain as Tensor }, { epsilon });
    (save as Save)([x as Tensor, gain as Tensor, scale]);
    return {
      value: y,
      gradFunc: (dy: Tensor, [x, gain, scale]: Tensor[]) => runKernel("RmsNormGrad", { x, gain, scale, dy }),
    };
  });
  return op(x, gain);
}

/** The same in stock operations, for engines without the kernel. */
function plainRmsNorm(x: Tensor, gain: Tensor, epsilon: number): Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, epsilon))), gain);
}

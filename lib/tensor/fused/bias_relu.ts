/**
 * What follows the product in a dense layer.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/**
 * x + bias, or max(x + bias, 0), with a bias for each replicate.
 *
 * @param x `[R, N, D]`
 * @param bias `[R, 1, D]`
 * @param rectify whether to cut off below 0; the gradient at 0 is 0
 * @returns `[R, N, D]`
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * assert.deepEqual([...biasRelu(tf.tensor3d([[[1, 2]]]), tf.tensor3d([[[1, -3]]]), true).dataSync()], [2, 0]);
 * ```
 */
export function biasRelu(x: Tensor, bias: Tensor, rectify: boolean): Tensor {
  if (!hasKernel("BiasRelu")) return plainBiasRelu(x, bias, rectify);
  const [replicates, , width] = x.shape;
  if (x.rank !== 3 || bias.shape.join() !== [replicates, 1, width].join()) {
    throw new TypeError(`bias: expected [${replicates}, 1, ${width}] for x [${x.shape}], got [${bias.shape}]`);
  }
  const floor = rectify ? 0 : -Infinity;
  const op = tf.customGrad((x, bias, save) => {
    const [y] = runKernel("BiasRelu", { x: x as Tensor, bias: bias as Tensor }, { floor });
    (save as Save)([y, bias as Tensor]);
    return {
      value: y,
      gradFunc: (dy: Tensor, [y, bias]: Tensor[]) => runKernel("BiasReluGrad", { y, bias, dy }, { floor }),
    };
  });
  return op(x, bias);
}

/** The same in stock operations, for engines without the kernel. */
function plainBiasRelu(x: Tensor, bias: Tensor, rectify: boolean): Tensor {
  const sum = tf.add(x, bias);
  return rectify ? tf.relu(sum) : sum;
}

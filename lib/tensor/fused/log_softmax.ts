/**
 * Log-probabilities from logits.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/**
 * Log-probabilities over the last axis: x − logsumexp(x), with the maximum taken out first.
 *
 * @param x logits `[..., X]`
 * @returns `[..., X]`, each slice summing to one after `exp`
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [a, b] = logSoftmax(tf.tensor2d([[1000, 1000]])).dataSync();
 * assert.ok(Math.abs(a + Math.LN2) < 1e-6 && a === b);
 * ```
 */
export function logSoftmax(x: Tensor): Tensor {
  if (!hasKernel("RowLogSoftmax") || x.rank === 0) return plainLogSoftmax(x);
  const op = tf.customGrad((x, save) => {
    const [y] = runKernel("RowLogSoftmax", { x: x as Tensor });
    (save as Save)([y]);
    return { value: y, gradFunc: (dy: Tensor, [y]: Tensor[]) => runKernel("RowLogSoftmaxGrad", { y, dy })[0] };
  });
  return op(x);
}

/** The same in stock operations, for engines without the kernel. */
export function plainLogSoftmax(x: Tensor): Tensor {
  const op = tf.customGrad((value, save) => {
    // Shifted by the maximum before the sum, not after: x − logsumexp(x) loses the digits that large logits share.
    const shifted = tf.sub(value as Tensor, tf.max(value as Tensor, -1, true));
    const logp = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
    (save as Save)([logp]);
    return {
      value: logp,
      gradFunc: (dy: Tensor, [logp]: Tensor[]) => tf.sub(dy, tf.mul(tf.exp(logp), tf.sum(dy, -1, true))),
    };
  });
  return op(x);
}

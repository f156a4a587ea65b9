/**
 * Log-space primitives and the few operations whose stock gradients are missing or wrong on some backend.
 *
 * Every function works on every backend of `backend.ts`; forward and backward are tested on each.
 *
 * @module
 */
import { type Tensor, tf } from "./backend.ts";

export { logSoftmax } from "./fused/log_softmax.ts";
export { meanAll, meanLast } from "./fused/mean.ts";
export { takeAlongLast } from "./fused/take.ts";
export { logSigmoid, softplus } from "./fused/softplus.ts";

/**
 * log(1 − e^x) for x < 0, stable near 0 and at −∞, elementwise.
 *
 * Uses log(−expm1(x)) above −ln 2 and log1p(−e^x) below (Mächler, 2012).
 *
 * @example
 * ```ts
 * import { startBackend, tf } from "./backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [near] = log1mexp(tf.tensor1d([-1e-8])).dataSync();
 * assert.ok(Math.abs(near - Math.log(1e-8)) < 1e-4);
 * ```
 */
export function log1mexp(x: Tensor): Tensor {
  const op = tf.customGrad((value) => {
    const x = value as Tensor;
    // Computed in float64 on the host: float32 kernels for expm1 differ by backend and lose the digits that matter.
    const input = x.dataSync();
    const out = new Float32Array(input.length), slope = new Float32Array(input.length);
    for (let i = 0; i < input.length; i++) {
      const v = input[i];
      out[i] = v > -Math.LN2 ? Math.log(-Math.expm1(v)) : Math.log1p(-Math.exp(v));
      slope[i] = -1 / Math.abs(Math.expm1(-v)); // the absolute value turns −0 at v = 0 into the limit from below
    }
    const shape = x.shape;
    return { value: tf.tensor(out, shape), gradFunc: (dy: Tensor) => tf.mul(dy, tf.tensor(slope, shape)) };
  });
  return op(x);
}

/**
 * The same values, as a constant to every gradient.
 *
 * @param x `[...]`
 * @returns `[...]`, sharing the memory of `x`
 * @example
 * ```ts
 * import { startBackend, tf } from "./backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const slope = tf.grad((x) => tf.mul(x, stopGradient(x as typeof three)));
 * const three = tf.scalar(3);
 * assert.equal(slope(three).dataSync()[0], 3); // of x·x the gradient would be 6
 * ```
 */
export function stopGradient(x: Tensor): Tensor {
  const op = tf.customGrad((value) => ({
    value: tf.reshape(value as Tensor, (value as Tensor).shape),
    gradFunc: (dy: Tensor) => tf.zerosLike(dy),
  }));
  return op(x);
}

/**
 * The two ends of the logistic function in log space.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/**
 * log σ(x) = −log(1 + e^{−x}), stable at both ends, elementwise.
 *
 * The gradient of `tf.logSigmoid` throws on computed inputs.
 *
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.ok(Math.abs(logSigmoid(tf.scalar(0)).dataSync()[0] + Math.LN2) < 1e-7);
 * ```
 */
export function logSigmoid(x: Tensor): Tensor {
  return hasKernel("SignedSoftplus") ? signed(x, -1) : tf.neg(plainSoftplus(tf.neg(x)));
}

/**
 * log(1 + e^x) = max(x, 0) + log1p(e^{−|x|}), elementwise.
 *
 * The stock kernel switches to the identity at a threshold that loses half the float32 digits.
 *
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(softplus(tf.scalar(200)).dataSync()[0], 200);
 * ```
 */
export function softplus(x: Tensor): Tensor {
  return hasKernel("SignedSoftplus") ? signed(x, 1) : plainSoftplus(x);
}

/** sign·log(1 + e^{sign·x}). */
function signed(x: Tensor, sign: 1 | -1): Tensor {
  const op = tf.customGrad((x, save) => {
    (save as Save)([x as Tensor]);
    return {
      value: runKernel("SignedSoftplus", { x: x as Tensor }, { sign })[0],
      gradFunc: (dy: Tensor, [x]: Tensor[]) => runKernel("SignedSoftplusGrad", { x, dy }, { sign })[0],
    };
  });
  return op(x);
}

/** Softplus in stock operations, for engines without the kernel. */
function plainSoftplus(x: Tensor): Tensor {
  // The gradient is written out (σ(x)): that of |x| is 0 at 0, where softplus has slope 1/2.
  const op = tf.customGrad((value, save) => {
    const x = value as Tensor;
    (save as Save)([x]);
    return {
      value: tf.add(tf.relu(x), log1p(tf.exp(tf.neg(tf.abs(x))))),
      gradFunc: (dy: Tensor, [x]: Tensor[]) => tf.mul(dy, tf.sigmoid(x)),
    };
  });
  return op(x);
}

/** log(1 + y) for y >= 0 without the stock kernel, which WebAssembly lacks: Kahan's corrected logarithm. */
function log1p(y: Tensor): Tensor {
  const u = tf.add(y, 1);
  const d = tf.sub(u, 1);
  const isTiny = tf.equal(d, 0);
  // y·log(u)/(u−1) is exact to rounding even where u = 1 + y has lost digits of y.
  const corrected = tf.div(tf.mul(tf.log(u), y), tf.where(isTiny, tf.onesLike(d), d));
  return tf.where(isTiny, y, corrected);
}

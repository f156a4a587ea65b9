/**
 * Log-space primitives and the few operations whose stock gradients are missing or wrong on some backend.
 *
 * Every function works on every backend of `backend.ts`; forward and backward are tested on each.
 *
 * @module
 */
import { type Tensor, tf } from "./backend.ts";

export { logSoftmax } from "./fused/log_softmax.ts";
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

/**
 * Picks `values[r, index[r, i]]` along the last axis, with a gradient on every backend.
 *
 * The stock gradient of `gather` needs a segment-sum kernel that WebAssembly lacks.
 *
 * @param values `[R, X]`
 * @param index row-major `[R, n]`, each entry in `0 .. X-1`
 * @returns `[R, n]`
 * @throws RangeError when an index is out of range, TypeError when the sizes disagree
 * @example
 * ```ts
 * import { startBackend, tf } from "./backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const picked = takeAlongLast(tf.tensor2d([[1, 2, 3]]), Uint32Array.of(2, 0, 2), 3);
 * assert.deepEqual([...picked.dataSync()], [3, 1, 3]);
 * ```
 */
export function takeAlongLast(values: Tensor, index: Uint32Array, n: number): Tensor {
  if (values.rank !== 2) throw new TypeError(`values: expected shape [R, X], got [${values.shape}]`);
  const [rows, width] = values.shape;
  if (index.length !== rows * n) {
    throw new TypeError(`index: expected ${rows} x ${n} entries for values [${values.shape}], got ${index.length}`);
  }
  for (let i = 0; i < index.length; i++) {
    if (index[i] >= width) throw new RangeError(`index[${i}] is ${index[i]}, but the last axis has ${width} entries`);
  }
  const op = tf.customGrad((input) => {
    const source = (input as Tensor).dataSync();
    const out = new Float32Array(rows * n);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < n; i++) out[r * n + i] = source[r * width + index[r * n + i]];
    }
    return {
      value: tf.tensor2d(out, [rows, n]) as Tensor,
      gradFunc: (dy: Tensor) => {
        const upstream = dy.dataSync();
        const sums = new Float64Array(rows * width);
        for (let r = 0; r < rows; r++) {
          for (let i = 0; i < n; i++) sums[r * width + index[r * n + i]] += upstream[r * n + i];
        }
        return tf.tensor2d(Float32Array.from(sums), [rows, width]) as Tensor;
      },
    };
  });
  return op(values);
}

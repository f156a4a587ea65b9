/**
 * Picks along rows.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel } from "./dispatch.ts";

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
 * import { startBackend, tf } from "../backend.ts";
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
  if (!hasKernel("TakeAlongLast")) return plainTakeAlongLast(values, index, n);
  const op = tf.customGrad((x) => ({
    value: runKernel("TakeAlongLast", { x: x as Tensor }, { index, n })[0],
    gradFunc: (dy: Tensor) => runKernel("TakeAlongLastGrad", { dy }, { index, width })[0],
  }));
  return op(values);
}

/** The same on the host, for engines without the kernel. */
function plainTakeAlongLast(values: Tensor, index: Uint32Array, n: number): Tensor {
  const [rows, width] = values.shape as [number, number];
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

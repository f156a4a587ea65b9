/**
 * Means of rows.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel } from "./dispatch.ts";

/**
 * Mean over the last axis: of the examples of each replicate, say. Added up in float64 and divided last, in one order: every
 * engine gives the same bits, and a mean that float32 can hold is finite.
 *
 * tfjs's own divides first on one engine and last on another: of 3e38 twice cpu says 3e38 and WebAssembly ∞, of 2^-149
 * twice 0 and 2^-149 (tfjs 4.22).
 *
 * @param x `[..., B]`, B >= 1
 * @param keepDims whether the last axis stays, of size 1
 * @returns `[...]`, or `[..., 1]`
 * @throws TypeError for numbers that are not float32
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * assert.deepEqual([...meanLast(tf.tensor2d([[1, 3], [5, 9]])).dataSync()], [2, 7]);
 * assert.deepEqual(meanLast(tf.tensor2d([[3e38, 3e38]]), true).arraySync(), [[Math.fround(3e38)]]);
 * ```
 */
export function meanLast(x: Tensor, keepDims = false): Tensor {
  const width = x.shape[x.rank - 1];
  const op = hasKernel("MeanRows")
    ? tf.customGrad((x) => ({
      value: runKernel("MeanRows", { x: x as Tensor })[0],
      gradFunc: (dy: Tensor) => runKernel("MeanRowsGrad", { dy }, { width })[0],
    }))
    : tf.customGrad((x) => ({ value: plainMean(x as Tensor), gradFunc: (dy: Tensor) => plainMeanGrad(dy, width) }));
  const mean = op(x);
  return keepDims ? tf.reshape(mean, [...mean.shape, 1]) : mean;
}

/**
 * Mean of all numbers, added up in float64 and divided last as {@linkcode meanLast} does it: of the examples of a batch,
 * whatever shape they are in.
 *
 * @param x any shape, at least one number
 * @returns one number
 * @throws TypeError for numbers that are not float32
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * assert.equal(meanAll(tf.tensor2d([[3e38, 3e38], [3e38, 3e38]])).dataSync()[0], Math.fround(3e38));
 * ```
 */
export function meanAll(x: Tensor): Tensor {
  return meanLast(tf.reshape(x, [x.size]) as Tensor);
}

/** On the host, in the order of the kernel: four sums side by side, then the two halves, then what is left over. */
function plainMean(x: Tensor): Tensor {
  if (x.dtype !== "float32") throw new TypeError(`meanLast: expected x as float32, got ${x.dtype}; cast it first`);
  const from = x.dataSync(), width = x.shape[x.rank - 1], whole = width - width % 4;
  const out = new Float32Array(x.size / width);
  for (let r = 0, at = 0; r < out.length; r++, at += width) {
    let a = 0, b = 0, c = 0, d = 0;
    for (let k = at; k < at + whole; k += 4) {
      a += from[k];
      b += from[k + 1];
      c += from[k + 2];
      d += from[k + 3];
    }
    let total = (a + c) + (b + d);
    for (let k = at + whole; k < at + width; k++) total += from[k];
    out[r] = total / width;
  }
  return tf.tensor(out, x.shape.slice(0, -1));
}

function plainMeanGrad(dy: Tensor, width: number): Tensor {
  return tf.mul(tf.reshape(tf.div(dy, width), [...dy.shape, 1]), tf.fill([...dy.shape, width], 1));
}

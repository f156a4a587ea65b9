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
    const [y] = runKernel("RmsNorm", { x: x as Tensor, gain: gain as Tensor }, { epsilon });
    (save as Save)([x as Tensor, gain as Tensor]);
    return {
      value: y,
      gradFunc: (dy: Tensor, [x, gain]: Tensor[]) => runKernel("RmsNormGrad", { x, gain, dy }, { epsilon }).slice(0, 2),
    };
  });
  return op(x, gain);
}

/** What the way back of {@linkcode rmsNorm} gives. */
interface RmsNormBack {
  /** Slope of what went in `[..., D]`. */
  readonly dx: Tensor;
  /** Slope of the gains `[D]`. */
  readonly dgain: Tensor;
  /** What came out, once more `[..., D]`. */
  readonly y: Tensor;
}

/**
 * The slopes of what went into {@linkcode rmsNorm}, and what came out, which the product behind it needs on its way back;
 * without a tape, and in one pass where the engine has the kernel.
 *
 * @param x `[..., D]`
 * @param gain `[D]`
 * @param epsilon as on the way there
 * @param dy slope of what came out `[..., D]`
 * @param onto is added to the slope of x: that of the stream beside the norm `[..., D]`
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const x = tf.tensor2d([[3, 4]]), { dx, y } = rmsNormBack(x, tf.ones([2]), 0, x);
 * assert.ok(dx.dataSync().every((v) => Math.abs(v) < 1e-6)); // along x nothing changes
 * assert.deepEqual(y.dataSync(), rmsNorm(x, tf.ones([2]), 0).dataSync());
 * ```
 */
export function rmsNormBack(x: Tensor, gain: Tensor, epsilon: number, dy: Tensor, onto?: Tensor): RmsNormBack {
  if (!hasKernel("RmsNormGrad")) {
    const { value, grads: [dx, dgain] } = tf.valueAndGrads((x: Tensor, gain: Tensor) => plainRmsNorm(x, gain, epsilon))(
      [x, gain],
      dy,
    );
    return { dx: onto === undefined ? dx : tf.add(onto, dx), dgain, y: value };
  }
  const [dx, dgain, y] = runKernel("RmsNormGrad", { x, gain, dy, ...(onto && { onto }) }, { epsilon });
  return { dx, dgain, y };
}

/** The same in stock operations, for engines without the kernel. */
function plainRmsNorm(x: Tensor, gain: Tensor, epsilon: number): Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, epsilon))), gain);
}

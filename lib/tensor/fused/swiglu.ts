/**
 * The gated middle of a feed-forward layer.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/**
 * silu(g) · u, where the first half of the last axis is g and the second u, and silu(g) = g·σ(g) (Shazeer 2020, arXiv
 * 2002.05202, eq. 6 between its products).
 *
 * @param x `[N, 2D]`
 * @returns `[N, D]`
 * @throws TypeError when the last axis is odd
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const [y] = swiglu(tf.tensor2d([[2, 10]])).dataSync();
 * assert.ok(Math.abs(y - 20 / (1 + Math.exp(-2))) < 1e-5);
 * ```
 */
export function swiglu(x: Tensor): Tensor {
  if (x.rank !== 2 || x.shape[1]! % 2 !== 0) throw new TypeError(`x: expected shape [N, 2D], got [${x.shape}]`);
  if (!hasKernel("Swiglu")) return plainSwiglu(x);
  const op = tf.customGrad((x, save) => {
    (save as Save)([x as Tensor]);
    return {
      value: runKernel("Swiglu", { x: x as Tensor })[0],
      gradFunc: (dy: Tensor, [x]: Tensor[]) => runKernel("SwigluGrad", { x, dy })[0],
    };
  });
  return op(x);
}

/** What the way back of a fused operation gives. */
export interface SwigluBack {
  /** Slope of what went in `[N, 2D]`. */
  readonly dx: Tensor;
  /** What came out, once more `[N, D]`. */
  readonly y: Tensor;
}

/**
 * The slope of what went into {@linkcode swiglu}, and what came out, which the product behind it needs on its way back.
 *
 * @param x `[N, 2D]`
 * @param dy slope of what came out `[N, D]`
 * @throws TypeError when sizes disagree
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const [, slope] = swigluBack(tf.tensor2d([[2, 10]]), tf.ones([1, 1])).dx.dataSync();
 * assert.ok(Math.abs(slope - 2 / (1 + Math.exp(-2))) < 1e-6);
 * ```
 */
export function swigluBack(x: Tensor, dy: Tensor): SwigluBack {
  if (x.rank !== 2 || dy.rank !== 2 || x.shape[0] !== dy.shape[0] || x.shape[1] !== 2 * dy.shape[1]!) {
    throw new TypeError(`x: expected shape [N, 2D] with slopes [N, D], got [${x.shape}] and [${dy.shape}]`);
  }
  if (!hasKernel("SwigluGrad")) {
    const { value, grad } = tf.valueAndGrad((x) => plainSwiglu(x as Tensor))(x, dy);
    return { dx: grad as Tensor, y: value as Tensor };
  }
  const [dx, y] = runKernel("SwigluGrad", { x, dy });
  return { dx, y };
}

/** The same in stock operations, for engines without the kernel. */
function plainSwiglu(x: Tensor): Tensor {
  const [rows, both] = x.shape, width = both! / 2;
  const g = tf.slice(x, [0, 0], [rows, width]), u = tf.slice(x, [0, width], [rows, width]);
  return tf.mul(tf.mul(g, tf.sigmoid(g)), u);
}

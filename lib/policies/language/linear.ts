/**
 * Products with weights, whole or with a low-rank change beside them.
 *
 * @module
 */
import { type HeldMatrix, isHeld, type Matrix } from "../../tensor/held_matrix.ts";
import { type Tensor, tf, type Variable } from "../../tensor/tf.ts";
import type { Slopes } from "./slopes.ts";

/** A low-rank change of some rows of a matrix: `scale·B·A` is added to them (Hu et al. 2021, arXiv 2106.09685, eq. 3). */
export interface LowRank {
  /** First row that is changed. */
  readonly from: number;
  /** `[r, in]` */
  readonly a: Variable;
  /** `[rows, r]` */
  readonly b: Variable;
  /** alpha/r, or alpha/√r for rsLoRA. */
  readonly scale: number;
}

/** A matrix with what belongs to it. */
export interface Linear {
  /** `[out, in]` */
  readonly weight: Matrix;
  /** `[out]` */
  readonly bias?: Variable;
  /** Changes of rows that do not overlap, from the first row on. */
  readonly changes: readonly LowRank[];
  /** Whether weight and bias are trained. */
  readonly trained: boolean;
}

/**
 * Whether a gradient needs what went into the product.
 *
 * @example
 * ```ts ignore
 * const kept = needsInput(layer) ? x : undefined;
 * ```
 */
export const needsInput = ({ changes, trained }: Linear): boolean => trained || changes.length > 0;

/** x·Wᵀ of `[N, in]` and `[out, in]`. */
export type Product = (x: Tensor, weight: Tensor | HeldMatrix) => Tensor;

/** As the engine multiplies. */
export const product: Product = (x, weight) => isHeld(weight) ? weight.times(x) : tf.matMul(x, weight, false, true);

/**
 * dy·W: the slope of what went into a product.
 *
 * @throws TypeError where the matrix is held in a form without a way back
 * @example
 * ```ts ignore
 * const dx = productBack(dy, layer.weight);
 * ```
 */
export const productBack = (dy: Tensor, weight: Matrix): Tensor =>
  isHeld(weight) ? weight.back(dy) : tf.matMul(dy, weight);

/**
 * The numbers of a matrix that is trained.
 *
 * @throws TypeError where it is held in another form
 * @example
 * ```ts ignore
 * slopes.add(numbersOf(layer.weight), tf.matMul(dy, x, true, false));
 * ```
 */
export function numbersOf(weight: Matrix): Variable {
  if (isHeld(weight)) throw new TypeError("a matrix that is trained is held in float32");
  return weight;
}

/**
 * x·Wᵀ + bias, and x·Aᵀ·Bᵀ·scale for each change; call it inside `tf.tidy`.
 *
 * @param x `[N, in]`
 * @param by who multiplies
 * @returns `[N, out]`
 * @example
 * ```ts
 * import { startBackend, tf } from "../../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const layer = { weight: tf.variable(tf.tensor2d([[1, 2]])), changes: [], trained: false };
 * assert.deepEqual([...times(layer, tf.tensor2d([[3, 4]])).dataSync()], [11]);
 * ```
 */
export function times(layer: Linear, x: Tensor, by: Product = product): Tensor {
  let y = by(x, layer.weight);
  if (layer.changes.length > 0) {
    const { down, up } = stacked(layer);
    y = tf.add(y, by(by(x, down), up));
  }
  return layer.bias === undefined ? y : tf.add(y, layer.bias);
}

/** The way back through a product. */
interface ProductBack {
  /** Slope of what went in `[N, in]`. */
  readonly dx: Tensor;
  /** Adds the slopes of what is trained, given what went in `[N, in]`: it may be found on the way from `dx` on. */
  learn(x: Tensor, slopes: Slopes): void;
}

/**
 * The slope of what went into {@linkcode times}, and those of what is trained. Call it inside `tf.tidy`.
 *
 * @param dy `[N, out]`
 * @example
 * ```ts ignore
 * const { dx, learn } = timesBack(layer, dy);
 * learn(x, slopes);
 * ```
 */
export function timesBack(layer: Linear, dy: Tensor): ProductBack {
  const { bias, changes, trained, weight } = layer, straight = productBack(dy, weight);
  const beside = changes.length === 0 ? undefined : stacked(layer), dinner = beside && tf.matMul(dy, beside.up);
  return {
    dx: beside === undefined ? straight : tf.add(straight, tf.matMul(dinner!, beside.down)),
    learn(x, slopes) {
      if (trained) {
        slopes.add(numbersOf(weight), tf.matMul(dy, x, true, false));
        if (bias !== undefined) slopes.add(bias, tf.sum(dy, 0));
      }
      if (beside === undefined) return;
      const ddown = tf.matMul(dinner!, x, true, false);
      const dup = tf.matMul(dy, tf.matMul(x, beside.down, false, true), true, false);
      let at = 0;
      for (const { from, a, b, scale } of changes) {
        const [rank, width] = a.shape as [number, number];
        slopes.add(a, tf.slice(ddown, [at, 0], [rank, width]));
        slopes.add(b, tf.mul(tf.slice(dup, [from, at], [b.shape[0], rank]), scale));
        at += rank;
      }
    },
  };
}

/** All changes as one pair of matrices: `down` `[Σr, in]`, and `up` `[out, Σr]` with the scales in it. */
function stacked({ weight, changes }: Linear): { down: Tensor; up: Tensor } {
  const down = changes.length === 1 ? changes[0].a : tf.concat(changes.map(({ a }) => a), 0);
  const ranks = down.shape[0], rows = weight.shape[0];
  const bands: Tensor[] = [];
  let row = 0, at = 0;
  const zeros = (height: number, width: number) => tf.zeros([height, width]);
  for (const { from, a, b, scale } of changes) {
    const [rank] = a.shape, [height] = b.shape;
    if (from > row) bands.push(zeros(from - row, ranks));
    const parts = [zeros(height, at), tf.mul(b, scale), zeros(height, ranks - at - rank)];
    bands.push(tf.concat(parts.filter(({ size }) => size > 0), 1));
    row = from + height;
    at += rank;
  }
  if (row < rows) bands.push(zeros(rows - row, ranks));
  return { down, up: bands.length === 1 ? bands[0] : tf.concat(bands, 0) };
}

/**
 * Matrices that an engine holds in another form than float32.
 *
 * @module
 */
import type { Tensor, Variable } from "./tf.ts";

/** A frozen matrix W, `[out, in]`, in a form of its own. */
export interface HeldMatrix {
  /** `[out, in]` */
  readonly shape: readonly [number, number];
  /**
   * x·Wᵀ of `[N, in]`. Groups of rows, where their lengths are given, do not depend on each other; else all are one group.
   */
  times(x: Tensor, lengths?: Uint32Array): Tensor;
  /** x·Wᵀ for few rows, each of which is what it is alone. */
  timesEach(x: Tensor): Tensor;
  /** dy·W of `[N, out]`: the slope of what went into the product. @throws TypeError where there is no way back */
  back(dy: Tensor): Tensor;
  /** Rows as float32 `[N, in]`. @throws RangeError naming an id that is not in the matrix */
  rows(ids: Uint32Array): Tensor;
  /** Frees it. */
  dispose(): void;
}

/** A matrix as numbers, or held in another form. */
export type Matrix = Variable | HeldMatrix;

/**
 * Whether a matrix is held in another form than float32.
 *
 * @example
 * ```ts ignore
 * const y = isHeld(weight) ? weight.times(x) : tf.matMul(x, weight, false, true);
 * ```
 */
export const isHeld = (matrix: Tensor | HeldMatrix): matrix is HeldMatrix => "timesEach" in matrix;

/**
 * Ids of rows, once they are found to be in a matrix.
 *
 * @throws RangeError naming one that is not
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkRows(Uint32Array.of(1, 7), 4), { message: "ids[1] is 7: expected 0 .. 3" });
 * ```
 */
export function checkRows(ids: Uint32Array, rows: number): void {
  const wrong = ids.findIndex((id) => id >= rows);
  if (wrong >= 0) throw new RangeError(`ids[${wrong}] is ${ids[wrong]}: expected 0 .. ${rows - 1}`);
}

/**
 * The losses of the table as curves of numbers.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import type { LossEntry } from "./types.ts";

/** A loss and its slope against the margin. */
export interface LossCurve {
  /** Margins, ascending. */
  readonly margin: readonly number[];
  /** The loss at each. */
  readonly loss: readonly number[];
  /** Its derivative in the margin. */
  readonly slope: readonly number[];
}

/**
 * A loss at given margins, with its slope by the engine's own gradient.
 *
 * @returns undefined for a loss that one number does not describe
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import { lossNamed } from "./mod.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.deepEqual(sampleCurve(lossNamed("hinge"), [0, 2]), { margin: [0, 2], loss: [1, 0], slope: [-1, 0] });
 * ```
 */
export function sampleCurve({ curve }: LossEntry, margin: readonly number[]): LossCurve | undefined {
  if (!curve) return undefined;
  // Without the sign of zero, which says nothing here.
  const numbers = (x: Tensor) => Array.from(x.dataSync(), (v) => v === 0 ? 0 : v);
  let found: LossCurve | undefined;
  tf.tidy(() => {
    const at: Tensor = tf.tensor1d([...margin]);
    const slope = tf.grad((x) => tf.sum(curve(x as Tensor)))(at);
    found = { margin, loss: numbers(curve(at)), slope: numbers(slope) };
  });
  return found;
}

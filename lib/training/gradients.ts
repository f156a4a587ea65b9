/**
 * Losses of replicates and their gradients.
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";

/** What {@linkcode lossAndGradients} finds. */
export interface LossAndGradients {
  /** The objective of each replicate, on the host, `[R]`. */
  readonly loss: Float32Array;
  /** Gradients of the sum over replicates, one for each parameter, of its shape. */
  readonly gradients: Tensor[];
}

/**
 * Evaluates a loss and its gradients; call it inside `tf.tidy`.
 *
 * @param loss gives the objective of each replicate, `[R]`
 * @param replicates `R`
 * @throws TypeError when the loss is not one value for each replicate
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const x = tf.variable(tf.tensor2d([[3], [-2]]));
 * const { loss, gradients } = lossAndGradients([x], () => tf.square(x).sum(1), 2);
 * assert.deepEqual([...loss], [9, 4]);
 * assert.deepEqual([...gradients[0].dataSync()], [6, -4]);
 * ```
 */
export function lossAndGradients(
  parameters: readonly Variable[],
  loss: () => Tensor,
  replicates: number,
): LossAndGradients {
  const evaluated = () => {
    const losses = loss();
    if (losses.rank !== 1 || losses.size !== replicates) {
      throw new TypeError(`loss: expected one value for each of ${replicates} seeds, got shape [${losses.shape}]`);
    }
    return losses;
  };
  // An upstream gradient of ones is that of the sum.
  const { value, grads } = tf.valueAndGrads(evaluated)(
    [...parameters],
    tf.tensor1d(new Float32Array(replicates).fill(1)),
  );
  return { loss: value.dataSync<"float32">(), gradients: grads };
}

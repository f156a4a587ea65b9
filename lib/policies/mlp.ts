/**
 * Multi-layer perceptrons, one for each replicate.
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { biasRelu } from "../tensor/fused/bias_relu.ts";
import { logSoftmax, takeAlongLast } from "../tensor/ops.ts";
import type { Rng } from "../random.ts";

/** Trainable networks: `R` independent copies trained in one program. */
interface MlpPolicy {
  /** Weights `[R, in, out]` and biases `[R, 1, out]` of each layer, in order. */
  readonly parameters: readonly Variable[];
  /**
   * log π(a|x) of every action, in nats.
   *
   * @param x `[R, N, D]`
   * @returns `[R, N, A]`, differentiable
   */
  logProbs(x: Tensor): Tensor;
  /**
   * log π(action|x) in nats.
   *
   * @param logProbs what {@linkcode logProbs} gives: computed once for several actions
   * @param actions one for each row, row-major `[R, N]`
   * @returns `[R, N]`, differentiable
   * @throws TypeError when there are other numbers of actions, RangeError naming an action that is out of range
   */
  logProb(logProbs: Tensor, actions: Uint32Array): Tensor;
  /** Frees the tensors. */
  dispose(): void;
}

/**
 * Networks of dense layers with rectifiers between them; the last gives logits of a softmax policy.
 *
 * Weights start normal with variance 2/in (He et al. 2015, arXiv 1502.01852, eq. 10), biases at 0.
 *
 * @param options.widths of the input, the hidden layers and the output
 * @param options.rngs one stream for each replicate, `[R]`
 * @throws RangeError when there are fewer than two widths
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const policy = mlp({ widths: [3, 8, 4], rngs: [Rng.seed(0), Rng.seed(1)] });
 * assert.deepEqual(policy.logProbs(tf.zeros([2, 5, 3])).shape, [2, 5, 4]);
 * policy.dispose();
 * ```
 */
export function mlp(
  { widths, rngs }: { readonly widths: readonly number[]; readonly rngs: readonly Rng[] },
): MlpPolicy {
  if (widths.length < 2) throw new RangeError(`widths: expected at least input and output, got ${widths.length}`);
  const R = rngs.length, A = widths[widths.length - 1];
  const layers = widths.slice(1).map((out, n) => {
    const draws = rngs.map((rng) => rng.fork(n).normals(widths[n] * out)), scale = Math.sqrt(2 / widths[n]);
    const weights = new Float32Array(R * widths[n] * out);
    draws.forEach((values, r) => weights.set(values.map((z) => scale * z), r * values.length));
    return tf.tidy(() => ({
      weight: tf.variable(tf.tensor3d(weights, [R, widths[n], out])),
      bias: tf.variable(tf.zeros([R, 1, out])),
    }));
  });
  const parameters = layers.flatMap(({ weight, bias }): Variable[] => [weight, bias]);
  return {
    parameters,
    logProbs: (x) =>
      logSoftmax(
        layers.reduce((x, { weight, bias }, n) => biasRelu(tf.matMul(x, weight), bias, n < layers.length - 1), x),
      ),
    logProb: (logProbs, actions) =>
      tf.reshape(takeAlongLast(tf.reshape(logProbs, [actions.length, A]), actions, 1), [R, actions.length / R]),
    dispose: () => tf.dispose(parameters),
  };
}

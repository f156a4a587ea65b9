/**
 * Multi-layer perceptrons, one for each replicate.
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { biasRelu } from "../tensor/fused/bias_relu.ts";
import { pickedLogProbs, type Picks, picksOf } from "../tensor/fused/picked.ts";
import type { Rng } from "../tensor/random.ts";

/** Trainable networks: `R` independent copies trained in one program. */
export interface MlpPolicy {
  /** Weights `[R, in, out]` and biases `[R, 1, out]` of each layer, in order. */
  readonly parameters: readonly Variable[];
  /**
   * Logits of every action.
   *
   * @param x `[R, N, D]`
   * @returns `[R, N, A]`, differentiable
   */
  logits(x: Tensor): Tensor;
  /**
   * Checked actions, for {@linkcode logProb}.
   *
   * @param actions row-major `[R, N]`
   * @throws TypeError when they do not split into replicates, RangeError naming an action that is out of range
   */
  choices(actions: Uint32Array): Picks;
  /**
   * log π(action|x) in nats.
   *
   * @param logits what {@linkcode logits} gives
   * @param choices one action for each row
   * @returns `[R, N]`, differentiable
   */
  logProb(logits: Tensor, choices: Picks): Tensor;
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
 * import { Rng } from "../tensor/random.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const policy = mlp({ widths: [3, 8, 4], rngs: [Rng.seed(0), Rng.seed(1)] });
 * assert.deepEqual(policy.logits(tf.zeros([2, 5, 3])).shape, [2, 5, 4]);
 * policy.dispose();
 * ```
 */
export function mlp(
  { widths, rngs }: { readonly widths: readonly number[]; readonly rngs: readonly Rng[] },
): MlpPolicy {
  if (widths.length < 2) throw new RangeError(`widths: expected at least input and output, got ${widths.length}`);
  const R = rngs.length, actions = widths[widths.length - 1];
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
    logits: (x) =>
      layers.reduce((x, { weight, bias }, n) => biasRelu(tf.matMul(x, weight), bias, n < layers.length - 1), x),
    choices: (ids) => {
      if (ids.length % R !== 0) throw new TypeError(`actions: ${ids.length} do not split into ${R} replicates`);
      const rows = Uint32Array.from(ids, (_, i) => i);
      return picksOf({ rows, ids }, { rows: ids.length, width: actions, outputs: ids.length });
    },
    logProb: (logits, choices) => pickedLogProbs(logits, choices, [R, choices.sizes.outputs / R]),
    dispose: () => tf.dispose(parameters),
  };
}

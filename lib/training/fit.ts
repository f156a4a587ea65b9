/**
 * Full-batch training of replicated policies: every seed in one batched program, none touching another.
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";

/** What to minimise and for how long. */
export interface FitOptions {
  /** Trainable tensors, each `[R, ...]`. */
  readonly parameters: readonly Variable[];
  /** The objective of each replicate, `[R]`: averaged over examples, not summed over replicates. */
  readonly loss: () => Tensor;
  /** Adam steps, >= 0. */
  readonly steps: number;
  /** Adam's step size. */
  readonly learningRate: number;
  /** Named in the error when a number stops being finite. */
  readonly arm: string;
  /** Seed of each replicate, `[R]`; named in errors. */
  readonly seeds: readonly number[];
}

/** How training ended, per replicate. */
export interface FitResult {
  /** Final value of the objective `[R]`. */
  readonly loss: Float64Array;
  /** Euclidean norm of the final gradient `[R]`: how far from converged. */
  readonly gradientNorm: Float64Array;
}

/**
 * Minimises the sum over replicates of a per-replicate loss with Adam (β1 = 0.9, β2 = 0.999).
 *
 * Adam is elementwise, so summing over replicates trains each as if it were alone.
 *
 * @throws Error when a loss or gradient stops being finite, naming arm, seed, step and tensor, with the parameters as
 * they were before that step; TypeError when the loss is not one value per seed; RangeError when `steps` is not a count
 * @example Two replicates of a parabola
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const x = tf.variable(tf.tensor2d([[3], [-2]]));
 * const loss = () => tf.square(x).sum(1);
 * fit({ parameters: [x], loss, steps: 300, learningRate: 0.1, arm: "parabola", seeds: [0, 1] });
 * assert.ok(x.dataSync().every((v) => Math.abs(v) < 1e-3));
 * ```
 */
export function fit(options: FitOptions): FitResult {
  const { parameters, steps, learningRate, arm, seeds } = options;
  if (!(Number.isSafeInteger(steps) && steps >= 0)) throw new RangeError(`steps must be an integer >= 0, got ${steps}`);
  const optimiser = tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  const finite = (values: ArrayLike<number>, perReplicate: number, step: number, tensor: string) => {
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue;
      const seed = seeds[Math.floor(i / perReplicate)];
      throw new Error(`training stopped: ${tensor} is ${values[i]} (arm ${arm}, seed ${seed}, step ${step})`);
    }
  };
  const norms = (loss: Float32Array, grads: Record<string, Variable>, step: number): Float64Array => {
    const squares = new Float64Array(loss.length);
    for (const variable of parameters) {
      const gradient = grads[variable.name].dataSync();
      const perReplicate = gradient.length / loss.length;
      finite(gradient, perReplicate, step, "gradient");
      gradient.forEach((g, i) => squares[Math.floor(i / perReplicate)] += g * g);
    }
    return squares.map(Math.sqrt);
  };
  try {
    // One pass more than there are steps: it only measures where training ended.
    let result: FitResult | undefined;
    for (let step = 0; step <= steps; step++) {
      tf.tidy(() => {
        const { loss, grads } = evaluate(options);
        finite(loss, 1, step, "loss");
        const gradientNorm = norms(loss, grads, step); // every step: a bad gradient must not reach the parameters
        if (step < steps) optimiser.applyGradients(grads);
        else result = { loss: Float64Array.from(loss), gradientNorm };
      });
    }
    return result!;
  } finally {
    optimiser.dispose();
  }
}

/** Loss `[R]` on the host and the gradients of its sum, by variable name. */
function evaluate({ parameters, loss, seeds }: FitOptions) {
  let perReplicate: Float32Array | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const losses = loss();
    if (losses.rank !== 1 || losses.size !== seeds.length) {
      throw new TypeError(`loss: expected one value for each of ${seeds.length} seeds, got shape [${losses.shape}]`);
    }
    perReplicate = losses.dataSync() as Float32Array;
    return tf.sum(losses) as ReturnType<typeof tf.scalar>;
  }, [...parameters]);
  value.dispose();
  return { loss: perReplicate!, grads: grads as Record<string, Variable> };
}

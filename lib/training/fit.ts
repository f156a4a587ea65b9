/**
 * Full-batch training of replicated policies: every seed in one batched program, none touching another.
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { DivergenceError } from "../user_error.ts";
import { adamW, NonFiniteGradient } from "./adamw.ts";
import { type LossAndGradients, lossAndGradients } from "./gradients.ts";

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

/** What a loss refuses after the first step is what training made of its parameters, not what it was given. */
function evaluated({ parameters, loss, arm, seeds }: FitOptions, step: number): LossAndGradients {
  try {
    return lossAndGradients(parameters, loss, seeds.length);
  } catch (error) {
    if (step === 0 || !(error instanceof RangeError)) throw error;
    throw new DivergenceError(`training stopped: ${error.message} (arm ${arm}, step ${step})`, { cause: error });
  }
}

/**
 * Minimises the sum over replicates of a per-replicate loss with Adam (β1 = 0.9, β2 = 0.999).
 *
 * Adam is elementwise, so summing over replicates trains each as if it were alone.
 *
 * @throws DivergenceError when a loss or gradient stops being finite, naming arm, seed, step and tensor, with the parameters as
 * they were before that step, and when the loss refuses what training made; TypeError when the loss is not one value per seed; RangeError when `steps` is not a count
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
  const stopped = (what: string, value: number, replicate: number, step: number) =>
    DivergenceError.of({ what, value, arm, seed: seeds[replicate], step });
  const optimiser = adamW(parameters, { learningRate, replicates: seeds.length });
  try {
    // One pass more than there are steps: it only measures where training ended.
    let result: FitResult | undefined;
    for (let step = 0; step <= steps; step++) {
      tf.tidy(() => {
        const { loss, gradients } = evaluated(options, step);
        const bad = loss.findIndex((value) => !Number.isFinite(value));
        if (bad >= 0) throw stopped("loss", loss[bad], bad, step);
        try {
          if (step < steps) optimiser.step(gradients);
          else result = { loss: Float64Array.from(loss), gradientNorm: optimiser.norms(gradients) };
        } catch (error) {
          if (error instanceof NonFiniteGradient) throw stopped("gradient", error.value, error.replicate, step);
          throw error;
        }
      });
    }
    return result!;
  } finally {
    optimiser.dispose();
  }
}

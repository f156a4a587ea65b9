/**
 * Training a language model on pairs of texts by a loss of their margins, in float64 but for the model.
 *
 * @module
 */
import type { MarginLoss } from "../../exact/loss_forms.ts";
import type { LanguageModel } from "../../policies/language/model.ts";
import { Slopes } from "../../policies/language/slopes.ts";
import type { Rng } from "../../random.ts";
import { tf } from "../../tensor/backend.ts";
import { DivergenceError } from "../../user_error.ts";
import { adamW, NonFiniteGradient } from "../adamw.ts";
import type { Response } from "./examples.ts";
import { repeatedPasses } from "./repeated_passes.ts";
import { textLogps } from "./text_trainer.ts";
import type { NamedVariable } from "./trainer.ts";

/** Chosen and rejected answer to one prompt. */
export type TextPair = readonly [chosen: Response, rejected: Response];

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

/**
 * log π(y_w|x) − log π(y_l|x) of pairs.
 *
 * @returns in nats `[N]`
 * @example
 * ```ts ignore
 * const before = marginsOf(model, pairs);
 * ```
 */
export function marginsOf(model: LanguageModel, pairs: readonly TextPair[]): Float64Array {
  return margins(textLogps(model, pairs));
}

/**
 * Margins from the log-probs of both texts of each pair, one pair behind the other.
 *
 * @param logps nats `[2N]`
 * @returns in nats `[N]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...margins([-1, -3, -2, -1])], [2, -1]);
 * ```
 */
export function margins(logps: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: logps.length / 2 }, (_, i) => logps[2 * i] - logps[2 * i + 1]);
}

/** What is trained, on what, and how. */
interface MarginTraining {
  /** Named in errors. */
  readonly arm: string;
  /** Named in errors. */
  readonly seed: number;
  /** The model, which training moves. */
  readonly model: LanguageModel;
  /** Its tensors that are trained. */
  readonly trained: readonly NamedVariable[];
  readonly pairs: readonly TextPair[];
  /** {@linkcode marginsOf} under π0, nats `[N]`. */
  readonly reference: Float64Array;
  /** The loss of ξ = β (margin − that under π0) of pair i. */
  readonly loss: MarginLoss;
  readonly beta: number;
  /** Times that each pair is learned from. */
  readonly epochs: number;
  /** Pairs of a step. */
  readonly batch: number;
  readonly learningRate: number;
  /** Order of the pairs. */
  readonly rng: Rng;
}

/**
 * Trains by Adam on the mean loss of batches of pairs, each epoch in an order of its own.
 *
 * @returns Euclidean norm of the last step's gradient
 * @throws DivergenceError where numbers stop being finite
 * @example
 * ```ts ignore
 * trainMargins({ ...about, pairs, reference, loss: exactLosses.dpo.form({ beta: 1 }), beta: 0.1, epochs: 1, batch: 8, rng });
 * ```
 */
export function trainMargins(
  { arm, seed, model, trained, pairs, reference, loss, beta, epochs, batch, learningRate, rng }: MarginTraining,
): number {
  const variables = trained.map(({ variable }) => variable), optimiser = adamW(variables, { learningRate });
  const out = new Float64Array(3), pass = repeatedPasses(model);
  let gradientNorm = 0, step = 0;
  const take = (places: Uint32Array): void => {
    const texts = pass(Array.from(places, (i) => pairs[i]));
    const logps = texts.logps.map(sum), slopes = new Slopes();
    try {
      const bySide = Array.from(places).flatMap((i, k) => {
        const margin = logps[2 * k] - logps[2 * k + 1] - reference[i];
        loss(beta * margin, i, out);
        if (!Number.isFinite(out[0])) throw DivergenceError.of({ what: "loss", value: out[0], arm, seed, step });
        const slope = beta * out[1] / places.length;
        return [slope, -slope];
      });
      texts.back(texts.logps.map((of, k) => of.map(() => bySide[k])), slopes);
      tf.tidy(() => {
        [gradientNorm] = optimiser.step(slopes.of(variables));
      });
    } catch (error) {
      if (!(error instanceof NonFiniteGradient)) throw error;
      throw DivergenceError.of({ what: "gradient", value: error.value, arm, seed, step });
    } finally {
      slopes.dispose();
    }
    step++;
  };
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = rng.permutation(pairs.length);
      for (let at = 0; at < order.length; at += batch) take(order.subarray(at, at + batch));
    }
  } finally {
    optimiser.dispose();
  }
  return gradientNorm;
}

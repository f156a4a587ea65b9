/**
 * A language model trained by a loss that reads how likely whole texts are.
 *
 * Where `candidate_trainer.ts` makes one law of the candidates of a prompt, here every text has the log-prob that the model
 * gives it, so that weights P^f(y)/P^R(y) are those of whole sequences and need not sum to one.
 *
 * @module
 */
import type { LanguageModel } from "../../policies/language/model.ts";
import { Slopes } from "../../policies/language/slopes.ts";
import { type Tensor, tf } from "../../tensor/backend.ts";
import { DivergenceError } from "../../user_error.ts";
import { adamW, NonFiniteGradient } from "../adamw.ts";
import { lossAndGradients } from "../gradients.ts";
import type { TextGroups } from "./examples.ts";
import { repeatedPasses } from "./repeated_passes.ts";
import { scoreTexts } from "./scoring.ts";
import type { NamedVariable } from "./trainer.ts";

/** What is trained, on which texts, and how. */
interface TextTrainingOptions {
  /** Named in errors. */
  readonly arm: string;
  /** Named in errors. */
  readonly seed: number;
  /** The model, which training moves. */
  readonly model: LanguageModel;
  /** Its tensors that are trained. */
  readonly trained: readonly NamedVariable[];
  /** N texts in all; those of a group may begin alike. */
  readonly texts: TextGroups;
  /** Steps of Adam. */
  readonly steps: number;
  /** Their size. */
  readonly learningRate: number;
}

/**
 * Log-probs of whole texts: of their tokens from `from` on, added up in float64.
 *
 * @param options.withoutChanges those of the model without its low-rank changes
 * @returns nats, in the order of the groups `[N]`
 * @example
 * ```ts ignore
 * const before = textLogps(model, candidates);
 * ```
 */
export function textLogps(
  model: LanguageModel,
  texts: TextGroups,
  options: { readonly withoutChanges?: boolean } = {},
): Float64Array {
  return Float64Array.from(scoreTexts(model, texts, options), sum);
}

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

/**
 * Trains a model: every step runs all texts, evaluates the loss and moves the weights against its gradient.
 *
 * @param loss of the texts' log-probs in nats `[N]`, one number; it is told the step, from 0
 * @throws DivergenceError where loss or gradient are not finite, or the loss refuses what training made of the log-probs
 * @example
 * ```ts ignore
 * trainTexts({ arm: "sft", seed: 0, model, trained, texts, steps: 10, learningRate: 3e-4 }, (logp) => tf.mean(sft(logp)));
 * ```
 */
export function trainTexts(
  { arm, seed, model, trained, texts, steps, learningRate }: TextTrainingOptions,
  loss: (logp: Tensor, step: number) => Tensor,
): void {
  const variables = trained.map(({ variable }) => variable), optimiser = adamW(variables, { learningRate });
  const run = repeatedPasses(model);
  const stopped = (what: string, value: number, step: number) => DivergenceError.of({ what, value, arm, seed, step });
  /** Slopes of the loss in the texts' log-probs `[N]`. */
  const slopesAt = (logps: readonly Float32Array[], step: number): Float32Array =>
    tf.tidy(() => {
      const logp = tf.variable(tf.tensor1d(logps.map(sum)));
      try {
        const one = () => tf.reshape(loss(logp, step), [1]);
        const { loss: [value], gradients: [gradient] } = lossAndGradients([logp], one, 1);
        if (!Number.isFinite(value)) throw stopped("loss", value, step);
        return gradient.dataSync<"float32">().slice() as unknown as Tensor;
      } finally {
        logp.dispose();
      }
    }) as unknown as Float32Array;
  try {
    for (let step = 0; step < steps; step++) {
      const pass = run(texts), slopes = new Slopes();
      let went = false;
      try {
        const slope = slopesAt(pass.logps, step);
        went = true;
        pass.back(pass.logps.map((logps, i) => logps.map(() => slope[i])), slopes);
        tf.tidy(() => void optimiser.step(slopes.of(variables)));
      } catch (error) {
        if (error instanceof NonFiniteGradient) throw stopped("gradient", error.value, step);
        if (step === 0 || !(error instanceof RangeError)) throw error;
        throw new DivergenceError(`training stopped: ${error.message} (arm ${arm}, step ${step})`, { cause: error });
      } finally {
        if (!went) pass.dispose();
        slopes.dispose();
      }
    }
  } finally {
    optimiser.dispose();
  }
}

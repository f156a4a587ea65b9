/**
 * Steps of training a language model: gradient, clipping, AdamW.
 *
 * @module
 */
import type { LanguageModel } from "../../policies/language/model.ts";
import { Slopes } from "../../policies/language/slopes.ts";
import { type Tensor, tf, type Variable } from "../../tensor/backend.ts";
import { DivergenceError, UserError } from "../../user_error.ts";
import { adamW, type AdamWState, NonFiniteGradient } from "../adamw.ts";
import { checkFinite, type Example } from "./examples.ts";
import { scoreTexts } from "./scoring.ts";
import type { Setting } from "./setting.ts";
import { type BatchResult, runBatch } from "./step.ts";

/** A tensor that is trained, and what it is called. */
export interface NamedVariable {
  readonly name: string;
  readonly variable: Variable;
}

/** How a model is trained. */
interface TrainerOptions {
  /** λ of AdamW on matrices; gains of norms and biases have none, as in TRL and transformers. */
  readonly weightDecay: number;
  /** Longer gradients are shortened to this length, over all that is trained. */
  readonly clipNorm: number;
  /** Named in errors. */
  readonly seed: number;
}

/** What a step came to. */
interface StepResult extends BatchResult {
  /** Length of the gradient over all that is trained, before clipping. */
  readonly gradientNorm: number;
}

/** All that changes in training but the weights. */
interface TrainerState {
  readonly optimiser: AdamWState;
  /** δ of BCO, and the rewards behind it. */
  readonly points: { readonly mean: number; readonly count: number };
}

/** Takes steps. */
export interface Trainer {
  /** Steps that were taken. */
  readonly steps: number;
  /**
   * One step.
   *
   * @throws DivergenceError where log-probs, loss or gradient are not finite: nothing has moved then
   */
  step(batch: readonly Example[], learningRate: number): StepResult;
  /** The objective without a step. */
  evaluate(examples: readonly Example[]): BatchResult;
  /** What to go on from later, with the weights. */
  state(): TrainerState;
  /** Goes on from a state. */
  restore(state: TrainerState): void;
  /** Frees the moments; what is trained is the caller's. */
  dispose(): void;
}

/**
 * Tensors of a model that are trained, by the names of the checkpoint.
 *
 * @param trained as `languageModel` was told
 * @example
 * ```ts ignore
 * const model = languageModel(checkpoint, { trained });
 * const weights = trainedWeights(model, trained);
 * ```
 */
export function trainedWeights(model: LanguageModel, trained: (name: string) => boolean): NamedVariable[] {
  return model.parameters.filter(({ parts }) => parts.every(({ name }) => trained(name))).map((
    { variable, parts },
  ) => ({
    name: parts.map(({ name }) => name).join(" + "),
    variable,
  }));
}

/**
 * A trainer of some tensors of a model.
 *
 * @param setting model, objective and what they need
 * @param trained all tensors of which the model gives slopes
 * @example
 * ```ts ignore
 * const trainer = trainerOf(setting, weights, { weightDecay: 0, clipNorm: 1, seed: 0 });
 * for (const batch of batches) console.log(trainer.step(batch, 1e-4).loss);
 * ```
 */
export function trainerOf(setting: Setting, trained: readonly NamedVariable[], options: TrainerOptions): Trainer {
  const { objective: { name: arm }, points } = setting, { weightDecay, clipNorm, seed } = options;
  const variables = trained.map(({ variable }) => variable);
  const optimiser = adamW(variables, {
    learningRate: 0,
    weightDecay: variables.map(({ rank }) => rank > 1 ? weightDecay : 0),
    ...(clipNorm < Infinity && { clipNorm }),
  });
  let steps = 0;
  const stopped = (what: string, value: number) => DivergenceError.of({ what, value, arm, seed, step: steps });
  /** What a loss refuses after the first step is what training made of the model. */
  const run = (batch: readonly Example[], slopes?: Slopes): BatchResult => {
    try {
      return runBatch(setting, batch, slopes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (steps === 0) {
        for (const example of batch) {
          for (const logps of scoreTexts(setting.model, [example.responses])) checkFinite(example, logps, "the model");
        }
        throw new UserError(`loss ${arm}: ${error.message}`, { cause: error });
      }
      const where = `(arm ${arm}, seed ${seed}, step ${steps})`;
      throw new DivergenceError(`training stopped: ${error.message} ${where}`, { cause: error });
    }
  };
  const update = (slopes: Slopes, learningRate: number): number => {
    const gradients = slopes.of(variables);
    try {
      return optimiser.step(gradients, learningRate)[0];
    } catch (error) {
      if (!(error instanceof NonFiniteGradient)) throw error;
      const bad = gradients.findIndex((gradient: Tensor) => !gradient.dataSync().every(Number.isFinite));
      throw stopped(`gradient of ${trained[bad].name}`, error.value);
    }
  };
  return {
    get steps() {
      return steps;
    },
    step(batch, learningRate) {
      const slopes = new Slopes(), before = { ...points };
      try {
        const result = run(batch, slopes);
        if (!Number.isFinite(result.loss)) throw stopped("loss", result.loss);
        const gradientNorm = tf.tidy(() => update(slopes, learningRate) as unknown as Tensor) as unknown as number;
        steps++;
        return { ...result, gradientNorm };
      } catch (error) {
        Object.assign(points, before);
        throw error;
      } finally {
        slopes.dispose();
      }
    },
    evaluate: (examples) => run(examples),
    state: () => ({ optimiser: optimiser.state(), points: { ...points } }),
    restore(state) {
      optimiser.restore(state.optimiser);
      Object.assign(points, state.points);
      steps = state.optimiser.steps;
    },
    dispose: () => optimiser.dispose(),
  };
}

/**
 * Training a language model by a loss of the candidates of some prompts at a time.
 *
 * @module
 */
import type { LanguageModel } from "../../lib/policies/language/model.ts";
import { Slopes } from "../../lib/policies/language/slopes.ts";
import type { Rng } from "../../lib/random.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { adamW, NonFiniteGradient } from "../../lib/training/adamw.ts";
import { lossAndGradients } from "../../lib/training/gradients.ts";
import { repeatedPasses } from "../../lib/training/language/repeated_passes.ts";
import type { NamedVariable } from "../../lib/training/language/trainer.ts";
import type { Pairs } from "../../lib/training/pairs.ts";
import { DivergenceError } from "../../lib/user_error.ts";
import { type LanguageGiven, languageLosses } from "./language_arms.ts";
import type { Labels, LanguageWorld } from "./language_world.ts";

/** Prompts of a step. */
const BATCH = 8;

interface LanguageTraining {
  readonly arm: string;
  readonly seed: number;
  readonly model: LanguageModel;
  readonly trained: readonly NamedVariable[];
  readonly world: LanguageWorld;
  /** All pairs of the candidates, prompt by prompt. */
  readonly pairs: Pairs;
  readonly labels: Labels;
  /** Of each candidate `[X·A]`. */
  readonly reward: Float64Array;
  readonly gamma: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Order of the prompts. */
  readonly rng: Rng;
}

/**
 * Trains by Adam on batches of prompts, each epoch in an order of its own.
 *
 * @throws DivergenceError where loss or gradient stop being finite
 */
export function trainOnCandidates(
  { arm, seed, model, trained, world, pairs, labels, reward, gamma, epochs, learningRate, rng }: LanguageTraining,
): void {
  const { training, logStart, states } = world, responses = training[0].length, pass = repeatedPasses(model, states);
  const perPrompt = pairs.first.length / training.length;
  const scale = pairs.first.length / (labels.won.reduce((a, b) => a + b, 0) + labels.lost.reduce((a, b) => a + b, 0));
  const variables = trained.map(({ variable }) => variable), optimiser = adamW(variables, { learningRate });
  const stopped = (what: string, value: number, step: number) => DivergenceError.of({ what, value, arm, seed, step });
  /** What the loss reads of these prompts. */
  const given = (prompts: Uint32Array, policy: Tensor): LanguageGiven => {
    const cells = Array.from(prompts).flatMap((x) => Array.from({ length: responses }, (_, a) => x * responses + a));
    const places = Array.from(prompts).flatMap((x) => Array.from({ length: perPrompt }, (_, k) => x * perPrompt + k));
    const inBatch = (texts: Uint32Array) =>
      tf.tensor1d(
        Int32Array.from(places, (pair, k) => Math.floor(k / perPrompt) * responses + texts[pair] % responses),
        "int32",
      ) as Tensor;
    const of = (values: Float64Array, where: readonly number[], by = 1) =>
      tf.tensor1d(Float32Array.from(where, (i) => by * values[i])) as Tensor;
    return {
      ...{ policy, reference: of(logStart, cells), reward: of(reward, cells), responses, gamma },
      ...{ first: inBatch(pairs.first), second: inBatch(pairs.second) },
      ...{ won: of(labels.won, places, scale), lost: of(labels.lost, places, scale) },
    };
  };
  const take = (prompts: Uint32Array, step: number): void => {
    const texts = pass(Array.from(prompts, (x) => training[x]));
    const slopes = new Slopes();
    let went = false;
    try {
      const logps = texts.logps.map((of) => of.reduce((a, b) => a + b, 0));
      let slope!: Float32Array;
      tf.tidy(() => {
        const policy = tf.variable(tf.tensor1d(logps)), loss = () => languageLosses[arm](given(prompts, policy));
        const { loss: [value], gradients: [gradient] } = lossAndGradients(
          [policy],
          () => tf.reshape(loss(), [1]) as Tensor,
          1,
        );
        policy.dispose();
        if (!Number.isFinite(value)) throw stopped("loss", value, step);
        slope = gradient.dataSync<"float32">().slice();
      });
      went = true;
      texts.back(texts.logps.map((of, i) => of.map(() => slope[i])), slopes);
      tf.tidy(() => void optimiser.step(slopes.of(variables)));
    } catch (error) {
      if (error instanceof NonFiniteGradient) throw stopped("gradient", error.value, step);
      throw error;
    } finally {
      if (!went) texts.dispose();
      slopes.dispose();
    }
  };
  try {
    for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
      const order = rng.permutation(training.length);
      for (let from = 0; from < order.length; from += BATCH) take(order.subarray(from, from + BATCH), step++);
    }
  } finally {
    optimiser.dispose();
  }
}

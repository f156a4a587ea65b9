/**
 * Writers of one family: stories260K as it is, the same model trained on the known quality of stories, and the same moved the
 * other way.
 *
 * @module
 */
import type { Store } from "../../lib/datasets/mod.ts";
import { exactRlhf } from "../../lib/losses/mod.ts";
import { type LanguageModel, languageModel } from "../../lib/policies/language/model.ts";
import type { Rng } from "../../lib/random.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import { tf } from "../../lib/tensor/backend.ts";
import { withCandidateTrainer } from "../../lib/training/language/candidate_trainer.ts";
import { storiesOf, storyWriter, type Writer } from "../../lib/training/language/stories.ts";
import { type NamedVariable, trainedWeights } from "../../lib/training/language/trainer.ts";
import { learn } from "../../lib/training/loglinear.ts";

/**
 * What readers like: warm words, half as much people, and by as much less what is sensational; weights of `storyFeatures`.
 * The other features are of no worth, and nothing keeps a method from moving them.
 */
const LIKED = [-0.5, 0, 0, 0.5, 0, 1, 0, 0];

/** What the stronger writer learns from, whatever the seeds: openings a step, candidates of each, step size, price of KL. */
const SCHOOL = { openings: 2, responses: 4, learningRate: 5e-4, tau: 0.3 };

/** Every weight is trained. */
export const everything = (): boolean => true;

/** The family, and what its stories are worth. */
export interface Writers extends Writer {
  /** What readers like in a continuation: mean 0 and standard deviation 1 over what the untrained model writes. */
  readonly quality: (text: string) => number;
  /** What learning the quality added to each weight, in the order of `trainedWeights`. */
  readonly learned: readonly Float32Array[];
}

/**
 * The writers: the stronger one by RLHF on the known quality itself, an oracle's training.
 *
 * @param steps of that training; twice as many openings are learned from
 */
export async function writersOf(store: Store, steps: number, rng: Rng): Promise<Writers> {
  const writer = await storyWriter(store), { responses, learningRate, tau } = SCHOOL;
  const prompts = SCHOOL.openings * steps;
  const { texts, features, table, candidates } = storiesOf(writer, { prompts, responses, heldOut: 1 }, rng);
  const dimensions = table.length / texts.length;
  const liking = (of: Float64Array) => of.reduce((sum, value, k) => sum + value * LIKED[k], 0);
  const known = texts.map((_, i) => liking(table.subarray(i * dimensions, (i + 1) * dimensions)));
  const centre = mean(known), scale = standardDeviation(known);
  const model = languageModel(writer.source, { trained: everything }), trained = trainedWeights(model, everything);
  try {
    const before = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
    const start = new Float64Array(texts.length).fill(-Math.log(responses));
    withCandidateTrainer(
      {
        ...{ arm: "oracle", seed: 0, sample: known, start, model, trained, candidates },
        phases: [{ steps, learningRate }],
      },
      (trainer) =>
        learn(trainer, (policy) => {
          const { data } = trainer, reward = data.table("quality", (values) => values.map((v) => (v - centre) / scale));
          const laws = { policy: data.laws(policy), reference: data.laws(data.reference), reward: data.laws(reward) };
          return tf.mean(exactRlhf(laws, { beta: tau }), -1);
        }),
    );
    const learned = trained.map(({ variable }, k) =>
      variable.dataSync<"float32">().map((value, i) => value - before[k][i])
    );
    return { ...writer, learned, quality: (text) => (liking(features(text)) - centre) / scale };
  } finally {
    model.dispose();
  }
}

/**
 * Lets a writer of the family work, and frees it.
 *
 * @param strength 0 for the model as it is, 1 for the stronger writer, −1 for one that is as far from it the other way
 */
export function withWriter<T>(
  { source, learned }: Writers,
  strength: number,
  work: (model: LanguageModel, trained: readonly NamedVariable[]) => T,
): T {
  const model = languageModel(source, { trained: everything }), trained = trainedWeights(model, everything);
  try {
    if (strength !== 0) {
      trained.forEach(({ variable }, k) =>
        tf.tidy(() => variable.assign(tf.add(variable, tf.tensor(learned[k].map((v) => strength * v), variable.shape))))
      );
    }
    return work(model, trained);
  } finally {
    model.dispose();
  }
}

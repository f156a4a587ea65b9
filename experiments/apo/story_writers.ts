/**
 * Writers of one family: stories260K as it is, the same model trained on the known quality of stories, and the same moved the
 * other way.
 *
 * @module
 */
import type { Store } from "../../lib/datasets/mod.ts";
import { exactRlhf } from "../../lib/losses/mod.ts";
import type { Rng } from "../../lib/random.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import { tf } from "../../lib/tensor/backend.ts";
import { meanLast } from "../../lib/tensor/ops.ts";
import { withCandidateTrainer } from "../../lib/training/language/candidate_trainer.ts";
import { storiesOf } from "../../lib/training/language/stories.ts";
import { type TrainedWriter, trainedWriter } from "../../lib/training/language/trained_writer.ts";
import { storyWriter, type Writer, type WriterChoice } from "../../lib/training/language/writer.ts";
import { learn } from "../../lib/training/loglinear.ts";

/**
 * What readers like: warm words, half as much people, and by as much less what is sensational; weights of `storyFeatures`.
 * The other features are of no worth, and nothing keeps a method from moving them.
 */
const LIKED = [-0.5, 0, 0, 0.5, 0, 1, 0, 0];

/** What the stronger writer learns from, whatever the seeds: openings a step, candidates of each, step size, price of KL. */
const SCHOOL = { openings: 2, responses: 4, learningRate: 5e-4, tau: 0.3 };

/** Seed of the first factors of every adapter: the writers of a family begin with the same. */
const ADAPTER = 0;

/** The family, and what its stories are worth. */
export interface Writers extends Writer {
  /** What readers like in a continuation: mean 0 and standard deviation 1 over what the untrained model writes. */
  readonly quality: (text: string) => number;
  /** What learning the quality added to each weight, in the order of `trainedWriter`. */
  readonly learned: readonly Float32Array[];
}

/**
 * The writers: the stronger one by RLHF on the known quality itself, an oracle's training.
 *
 * @param steps of that training; twice as many openings are learned from
 */
export async function writersOf(
  store: Store,
  steps: number,
  rng: Rng,
  chosen: WriterChoice | undefined,
): Promise<Writers> {
  const writer = await storyWriter(store, chosen), { responses, learningRate, tau } = SCHOOL;
  const prompts = SCHOOL.openings * steps;
  const { texts, features, table, candidates } = storiesOf(writer, { prompts, responses, heldOut: 1 }, rng);
  const dimensions = table.length / texts.length;
  const liking = (of: Float64Array) => of.reduce((sum, value, k) => sum + value * LIKED[k], 0);
  const known = texts.map((_, i) => liking(table.subarray(i * dimensions, (i + 1) * dimensions)));
  const centre = mean(known), scale = standardDeviation(known);
  const { model, trained, dispose } = trainedWriter(writer, ADAPTER);
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
          return meanLast(exactRlhf(laws, { beta: tau }));
        }),
    );
    const learned = trained.map(({ variable }, k) =>
      variable.dataSync<"float32">().map((value, i) => value - before[k][i])
    );
    return { ...writer, learned, quality: (text) => (liking(features(text)) - centre) / scale };
  } finally {
    dispose();
  }
}

/**
 * Lets a writer of the family work, and frees it.
 *
 * @param strength 0 for the model as it is, 1 for the stronger writer, −1 for one that is as far from it the other way
 */
export function withWriter<T>(
  { source, trains, learned }: Writers,
  strength: number,
  work: (writer: TrainedWriter) => T,
): T {
  const writer = trainedWriter({ source, trains }, ADAPTER);
  try {
    if (strength !== 0) {
      writer.trained.forEach(({ variable, first }, k) => {
        const scale = first ? 1 : strength; // what B·A adds is turned round by B alone
        tf.tidy(() => variable.assign(tf.add(variable, tf.tensor(learned[k].map((v) => scale * v), variable.shape))));
      });
    }
    return work(writer);
  } finally {
    writer.dispose();
  }
}

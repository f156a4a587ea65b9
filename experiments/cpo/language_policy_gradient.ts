/**
 * A language model trained by the policy gradient of a reward: in rounds, of texts that it wrote when the round began.
 *
 * @module
 */
import { cpo, plain } from "../../lib/losses/causal.ts";
import type { LanguageModel } from "../../lib/policies/language/model.ts";
import type { Rng } from "../../lib/random.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { meanLast } from "../../lib/tensor/ops.ts";
import type { Response, TextGroups } from "../../lib/training/language/examples.ts";
import { CONTINUATION, type Stories, written } from "../../lib/training/language/stories.ts";
import { textLogps, trainTexts } from "../../lib/training/language/text_trainer.ts";
import type { NamedVariable } from "../../lib/training/language/trainer.ts";
import type { Writer } from "../../lib/training/language/writer.ts";
import type { Readers } from "./language_readers.ts";

/** What an arm is given. */
export interface Lesson {
  readonly arm: string;
  readonly seed: number;
  readonly writer: Writer;
  readonly stories: Stories;
  readonly readers: Readers;
  /** log f0 of the texts that are learned from `[T]`. */
  readonly start: Float64Array;
  /** log f0 of any texts, in the order of the groups. */
  readonly f0: (texts: TextGroups) => Float64Array;
  /** The model, which training moves, and its tensors that are trained. */
  readonly model: LanguageModel;
  readonly trained: readonly NamedVariable[];
  readonly steps: number;
  readonly learningRate: number;
  /** What a nat of KL(f ‖ f0) costs, in standard deviations of the reward. */
  readonly klWeight: number;
  readonly rng: Rng;
}

/** Steps on one set of texts; then the model writes new ones. */
const ROUND = 2;

/** Numbers of texts or rows as a tensor. */
export const vector = (values: ArrayLike<number>): Tensor => tf.tensor1d(Float32Array.from(values));

/**
 * RLHF's second half. The texts of the first round are those that f0 wrote for everyone; within a round texts are weighed by
 * how much more likely they have become, and a reward counts above the mean of its opening.
 *
 * @param reward of what can be seen of a text `[K]`
 */
export function policyGradient({ steps, ...lesson }: Lesson, reward: (of: ArrayLike<number>) => number): void {
  const { readers, writer, stories, model, klWeight, rng, f0 } = lesson;
  const rewardsOf = (texts: TextGroups) =>
    texts.flat().map(({ ids, from }) =>
      reward(stories.features(writer.tokenizer.decode([...ids.subarray(from)], { skipSpecial: true })))
    );
  const scale = standardDeviation(rewardsOf(readers.texts)) || 1; // the same for all texts: nothing to learn at any scale
  for (let done = 0; done < steps; done += ROUND) {
    const texts = done === 0 ? readers.texts : rewritten(model, readers.texts, rng.fork(done));
    const [start, before] = done === 0 ? [lesson.start, lesson.start] : [textLogps(model, texts), f0(texts)];
    const worth = rewardsOf(texts).map((r, i) => r / scale - klWeight * (start[i] - before[i]));
    const size = texts[0].length, usual = texts.map((_, x) => mean(worth.slice(x * size, (x + 1) * size)));
    const outcome = worth.map((value, i) => value - usual[Math.floor(i / size)]);
    const round = { ...lesson, texts, steps: Math.min(ROUND, steps - done) };
    trainTexts(round, (now) => meanLast(cpo({ logpF: now, logpR: vector(start), outcome: vector(outcome) }, plain)));
  }
}

/** As many texts after the same openings, by the model as it is. */
function rewritten(model: LanguageModel, texts: TextGroups, rng: Rng): TextGroups {
  const prompts = texts.flat().map(({ ids, from }) => ({ ids: ids.slice(0, from), seed: rng.uint32() }));
  const all = written(model, prompts, CONTINUATION).map((own, i): Response => ({
    ids: Uint32Array.from([...prompts[i].ids, ...own]),
    from: prompts[i].ids.length,
  }));
  const size = texts[0].length;
  return texts.map((_, x) => all.slice(x * size, (x + 1) * size));
}

/**
 * Arms of the question on a language model, and what is measured of what they write under constitutions.
 *
 * @module
 */
import { mutualInformation } from "../../lib/losses/mod.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import type { LanguageModel } from "../../lib/policies/language/model.ts";
import type { Rng } from "../../lib/random.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import {
  answer,
  asked,
  constitutionsOf,
  learnConstitutions,
  PRINCIPLES,
  SIDES,
} from "../../lib/training/language/constitutions.ts";
import type { Response } from "../../lib/training/language/examples.ts";
import { completions, CONTINUATION } from "../../lib/training/language/stories.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import type { TrainedWriter } from "../../lib/training/language/trained_writer.ts";
import type { NamedVariable } from "../../lib/training/language/trainer.ts";
import { beginningOf, type Writer } from "../../lib/training/language/writer.ts";
import { storyCounts } from "../../lib/worlds/story_features.ts";
import type { BenchmarkOptions } from "./options.ts";

/** Arms: SAMI, its control whose constitutions say nothing of the responses, and four times as many steps. */
export const methods = {
  "sami": { steps: 1, shuffled: false },
  "sami-shuffled": { steps: 1, shuffled: true },
  "sami-longer": { steps: 4, shuffled: false },
  "reference": { steps: 0, shuffled: false },
} as const;
export type LanguageArm = keyof typeof methods;

/** What is trained, and by what it is measured. */
interface Task {
  readonly arm: LanguageArm;
  readonly seed: number;
  readonly model: LanguageModel;
  readonly trained: readonly NamedVariable[];
  readonly writer: Writer;
  /** Openings that are learned from `[queries × iterations]`, and those that are held out, with their start. */
  readonly openings: readonly (readonly number[])[];
  readonly heldOut: readonly (readonly number[])[];
}

/** Algorithm 1, as often and as long as the arm says. */
export function learn(
  { arm, openings, ...task }: Omit<Task, "heldOut">,
  { languageSteps, languageQueries: queries, languageRate: learningRate }: BenchmarkOptions,
  rng: Rng,
): void {
  const { steps, shuffled } = methods[arm];
  if (steps === 0) return;
  const iterations = languageSteps.map((own, i) => ({
    openings: openings.slice(i * queries, (i + 1) * queries),
    steps: steps * own,
  }));
  learnConstitutions({ ...task, arm, iterations, shuffled, learningRate }, rng);
}

/** What the base model wrote under each constitution, for one seed. */
interface BaseStories {
  readonly prompts: readonly { readonly ids: number[]; readonly seed: number }[];
  readonly texts: readonly Response[];
  /** Log-probs of the candidates `[X·C·C]`: each query's, under each constitution. */
  readonly told: readonly (readonly number[])[];
  /** Standard deviation of each principle's count. */
  readonly spreads: readonly number[];
}

const countsOf = ({ tokenizer }: Writer, ids: readonly number[]) =>
  storyCounts(tokenizer.decode(ids, { skipSpecial: true }));

/** The base model's stories on held-out openings. */
export function baseStories(base: LanguageModel, writer: Writer, heldOut: Task["heldOut"], rng: Rng): BaseStories {
  const constitutions = constitutionsOf(writer), begin = beginningOf(writer);
  const prompts = heldOut.flatMap((opening) => {
    const seed = rng.uint32();
    return constitutions.map((constitution) => ({ ids: asked(begin, constitution, opening), seed }));
  });
  const told = completions(base, prompts, CONTINUATION).map(({ ids }) => Array.from(ids));
  return {
    ...{ prompts, told, texts: told.map((ids, i) => answer(prompts[i].ids, ids)) },
    // Where a count is the same in all of them, there is nothing to measure it in: any unit serves.
    spreads: PRINCIPLES.map(({ counts }) => standardDeviation(told.map((ids) => countsOf(writer, ids)[counts])) || 1),
  };
}

/** Log-probs of every answer to a query under every constitution, query by query `[X][C][C]`, rows constitutions. */
function crossed(
  model: LanguageModel,
  prompts: BaseStories["prompts"],
  told: readonly (readonly number[])[],
): number[][][] {
  const c = SIDES.length, queries = prompts.length / c;
  const groups = prompts.map(({ ids }, i) => {
    const own = Math.floor(i / c) * c;
    return told.slice(own, own + c).map((answerIds) => answer(ids, answerIds));
  });
  const logps = textLogps(model, groups);
  return Array.from(
    { length: queries },
    (_, x) => Array.from({ length: c }, (_, k) => Array.from(logps.subarray((x * c + k) * c, (x * c + k + 1) * c))),
  );
}

/** Measures of a model on openings that nobody learned from, and what it writes there. */
export function measure(
  { model, before, writer }: Pick<TrainedWriter, "model" | "before"> & { readonly writer: Writer },
  { prompts, told: candidates, spreads }: BaseStories,
): { readonly metrics: Record<string, number>; readonly told: readonly (readonly number[])[] } {
  const written = completions(model, prompts, CONTINUATION), told = written.map(({ ids }) => Array.from(ids));
  const c = SIDES.length;
  const follows = PRINCIPLES.map(({ counts }, p) =>
    mean(told.map((ids, i) => (1 - 2 * SIDES[i % c][p]) * countsOf(writer, ids)[counts] / spreads[p])) * 2
  );
  // Exact on the base model's answers to a query: the law that the model is on these, under each constitution.
  const information = mean(
    crossed(model, prompts, candidates).map((rows) =>
      mutualInformation(rows.map((row) => logSoftmaxRows(Float64Array.from(row), c)))
    ),
  );
  // The bound reads the model's own answers.
  const bound = mean(
    crossed(model, prompts, told).flatMap((rows) =>
      rows.map((_, j) => logSoftmaxRows(Float64Array.from(rows, (row) => row[j]), c)[j] + Math.log(c))
    ),
  );
  const start = mean(Array.from(before([told.map((ids, i) => answer(prompts[i].ids, ids))])));
  const now = mean(written.map(({ logp }) => Array.from(logp).reduce((sum, value) => sum + value, 0)));
  const different = mean(told.map((ids) => new Set(ids).size / ids.length));
  return {
    told,
    metrics: {
      ...{ follows: mean(follows), cheer: follows[0], loudness: follows[1], information, bound },
      ...{ fluency: start / CONTINUATION, "kl-of-stories": Math.max(0, now - start), different },
    },
  };
}

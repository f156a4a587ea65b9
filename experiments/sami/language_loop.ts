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
  UNLEARNED,
  wordsOf,
} from "../../lib/training/language/constitutions.ts";
import { completions, CONTINUATION } from "../../lib/training/language/stories.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import type { TrainedWriter } from "../../lib/training/language/trained_writer.ts";
import type { NamedVariable } from "../../lib/training/language/trainer.ts";
import { beginningOf, type Writer } from "../../lib/training/language/writer.ts";
import { storyCounts } from "../../lib/worlds/story_features.ts";
import type { BenchmarkOptions } from "./options.ts";

/**
 * Arms: SAMI, the same by constitutions of a weak writer, its control whose constitutions say nothing of the responses, and
 * four times as many steps.
 */
export const methods = {
  "sami": { steps: 1 },
  "sami-weak-writer": { steps: 1, by: "weakly" },
  "sami-shuffled": { steps: 1, shuffled: true },
  "sami-longer": { steps: 4 },
  "reference": { steps: 0 },
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
  const { steps, ...how } = methods[arm];
  if (steps === 0) return;
  const iterations = languageSteps.map((own, i) => ({
    openings: openings.slice(i * queries, (i + 1) * queries),
    steps: steps * own,
  }));
  learnConstitutions({ ...task, arm, iterations, ...how, learningRate }, rng);
}

/** What the base model wrote under each constitution, for one seed. */
interface BaseStories {
  readonly prompts: readonly { readonly ids: number[]; readonly seed: number }[];
  /** Log-probs of the candidates `[X·C·C]`: each query's, under each constitution. */
  readonly told: readonly (readonly number[])[];
  /** Standard deviation of each principle's count. */
  readonly spreads: readonly number[];
  /** The same under either side of the principle that nobody learned. */
  readonly unlearned: Pick<BaseStories, "prompts" | "told" | "spreads">;
}

const countsOf = ({ tokenizer }: Writer, ids: readonly number[]) =>
  storyCounts(tokenizer.decode(ids, { skipSpecial: true }));

/** The base model's stories on held-out openings. */
export function baseStories(base: LanguageModel, writer: Writer, heldOut: Task["heldOut"], rng: Rng): BaseStories {
  const begin = beginningOf(writer);
  const under = (constitutions: readonly number[][], seeds: readonly number[], counts: readonly number[]) => {
    const prompts = heldOut.flatMap((opening, x) =>
      constitutions.map((constitution) => ({ ids: asked(begin, constitution, opening), seed: seeds[x] }))
    );
    const told = completions(base, prompts, CONTINUATION).map(({ ids }) => Array.from(ids));
    // Where a count is the same in all of them, there is nothing to measure it in: any unit serves.
    const spreads = counts.map((k) => standardDeviation(told.map((ids) => countsOf(writer, ids)[k])) || 1);
    return { prompts, told, spreads };
  };
  const seeds = (of: Rng) => heldOut.map(() => of.uint32());
  const sides = UNLEARNED.words.map((words) => wordsOf(writer, words));
  return {
    ...under(constitutionsOf(writer), seeds(rng), PRINCIPLES.map(({ counts }) => counts)),
    unlearned: under(sides, seeds(rng.fork("unlearned")), [UNLEARNED.counts]),
  };
}

/** Log-probs of every answer to a query under each of c constitutions, query by query `[X][C][C]`, rows constitutions. */
function crossed(
  model: LanguageModel,
  prompts: BaseStories["prompts"],
  told: readonly (readonly number[])[],
  c: number,
): number[][][] {
  const queries = prompts.length / c;
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

/** Exact on the base model's answers to a query: of the law that the model is on these, under each of c constitutions. */
const informationOn = (model: LanguageModel, { prompts, told }: BaseStories["unlearned"], c: number): number =>
  mean(
    crossed(model, prompts, told, c).map((rows) =>
      mutualInformation(rows.map((row) => logSoftmaxRows(Float64Array.from(row), c)))
    ),
  );

/** Measures of a model on openings that nobody learned from, and what it writes there. */
export function measure(
  { model, before, writer }: Pick<TrainedWriter, "model" | "before"> & { readonly writer: Writer },
  stories: BaseStories,
): { readonly metrics: Record<string, number>; readonly told: readonly (readonly number[])[] } {
  const { prompts, spreads, unlearned } = stories;
  const written = completions(model, prompts, CONTINUATION), told = written.map(({ ids }) => Array.from(ids));
  const c = SIDES.length;
  /** How far a count is apart between the sides of a principle, in units of its spread. */
  const apart = (of: readonly (readonly number[])[], counts: number, spread: number, side: (i: number) => number) =>
    mean(of.map((ids, i) => (1 - 2 * side(i)) * countsOf(writer, ids)[counts] / spread)) * 2;
  const follows = PRINCIPLES.map(({ counts }, p) => apart(told, counts, spreads[p], (i) => SIDES[i % c][p]));
  const others = completions(model, unlearned.prompts, CONTINUATION).map(({ ids }) => Array.from(ids));
  // The bound reads the model's own answers.
  const bound = mean(
    crossed(model, prompts, told, c).flatMap((rows) =>
      rows.map((_, j) => logSoftmaxRows(Float64Array.from(rows, (row) => row[j]), c)[j] + Math.log(c))
    ),
  );
  const start = mean(Array.from(before([told.map((ids, i) => answer(prompts[i].ids, ids))])));
  const now = mean(written.map(({ logp }) => Array.from(logp).reduce((sum, value) => sum + value, 0)));
  const different = mean(told.map((ids) => new Set(ids).size / ids.length));
  const characters = mean(told.map((ids) => writer.tokenizer.decode(ids, { skipSpecial: true }).length));
  return {
    told,
    metrics: {
      ...{ follows: mean(follows), cheer: follows[0], loudness: follows[1] },
      ...{ information: informationOn(model, stories, c), bound },
      "follows-unlearned": apart(others, UNLEARNED.counts, unlearned.spreads[0], (i) => i % 2),
      "information-unlearned": informationOn(model, unlearned, 2),
      ...{ fluency: start / CONTINUATION, "kl-of-stories": Math.max(0, now - start), different, characters },
    },
  };
}

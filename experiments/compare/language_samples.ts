/**
 * The population of `samples.ts` on texts that a language model wrote: its readers react to stories.
 *
 * @module
 */
import { scaledTo } from "../../lib/exact/kl_budget.ts";
import { expectation } from "../../lib/exact/laws.ts";
import { generate, type Prompt } from "../../lib/policies/language/generate.ts";
import { type LanguageModel, languageModel } from "../../lib/policies/language/model.ts";
import type { WeightSource } from "../../lib/policies/language/weights.ts";
import type { Rng } from "../../lib/random.ts";
import type { UnitContext } from "../../lib/run/experiment.ts";
import type { Tokenizer } from "../../lib/tokenizers/tokenizer.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Response, TextGroups } from "../../lib/training/language/examples.ts";
import { scoreTexts } from "../../lib/training/language/scoring.ts";
import type { NamedVariable } from "../../lib/training/language/trainer.ts";
import { tf } from "../../lib/tensor/backend.ts";
import { DIMENSIONS, population } from "../../lib/worlds/population.ts";
import { storyFeatures } from "../../lib/worlds/story_features.ts";
import { outcomeModel, type RewardModel, rewardModel } from "./nuisance.ts";
import type { CompareOptions } from "./options.ts";
import { recordOf } from "./record.ts";
import type { Sample, Setting } from "./samples.ts";

/** A model that is there for all units. */
export interface Writer {
  readonly source: WeightSource;
  readonly tokenizer: Tokenizer;
}

/** Tokens of an opening, and of what follows it. */
const OPENING = 16, CONTINUATION = 24;
/** Sequences that grow at a time: it decides nothing. */
const AT_ONCE = 32;

/** What a model that nobody trained wrote, for one seed. */
export interface Stories {
  /** Candidates of each prompt. */
  readonly candidates: TextGroups;
  /** Features of any text. */
  readonly features: (text: string) => Float64Array;
  /** Features of the candidates `[X·A, 8]`. */
  readonly table: Float64Array;
  /** Openings that are held out, each with a seed of its own. */
  readonly heldOut: readonly Prompt[];
  /** What the untrained model goes on with there. */
  readonly untrained: readonly (readonly number[])[];
}

/** Integers that seed as many sequences. */
const seedsOf = (count: number, rng: Rng): number[] => Array.from({ length: count }, () => rng.uint32());

/** Openings of stories. */
function openings(model: LanguageModel, start: number, count: number, rng: Rng): number[][] {
  const prompts = seedsOf(count, rng).map((seed) => ({ ids: [start], seed }));
  return written(model, prompts, OPENING - 1).map((ids) => [start, ...ids]);
}

/** What a model goes on with: as many tokens for each prompt, whatever they are. */
function written(model: LanguageModel, prompts: readonly Prompt[], tokens: number): number[][] {
  return generate(model, prompts, { temperature: 1, maxTokens: tokens, end: [], atOnce: AT_ONCE })
    .map(({ ids }) => [...ids]);
}

/** How many. */
interface StoryCounts {
  readonly prompts: number;
  /** Candidates of a prompt. */
  readonly responses: number;
  /** Openings that no method learns from. */
  readonly heldOut: number;
}

/** Stories of one seed. */
export function storiesOf(
  { source, tokenizer }: Writer,
  { prompts, responses, heldOut }: StoryCounts,
  rng: Rng,
): Stories {
  const model = languageModel(source), start = tokenizer.start!;
  try {
    const begun = openings(model, start, prompts, rng.fork("openings"));
    const asked = begun.flatMap((ids) => Array.from({ length: responses }, () => ids));
    const seeds = seedsOf(asked.length, rng.fork("candidates"));
    const told = written(model, asked.map((ids, i) => ({ ids, seed: seeds[i] })), CONTINUATION);
    const texts = told.map((ids) => tokenizer.decode(ids, { skipSpecial: true }));
    const features = storyFeatures(texts), table = new Float64Array(texts.length * DIMENSIONS);
    texts.forEach((text, i) => table.set(features(text), i * DIMENSIONS));
    const whole = told.map((ids, i): Response => ({ ids: Uint32Array.from([...asked[i], ...ids]), from: OPENING }));
    const candidates = begun.map((_, x) => whole.slice(x * responses, (x + 1) * responses));
    const held = openings(model, start, heldOut, rng.fork("held-out")), draws = seedsOf(heldOut, rng.fork("draws"));
    const asking = held.map((ids, i) => ({ ids, seed: draws[i] }));
    return { candidates, features, table, heldOut: asking, untrained: written(model, asking, CONTINUATION) };
  } finally {
    model.dispose();
  }
}

/** The readers of one seed's stories. */
export function readersOf(
  { options, streams }: Pick<UnitContext<CompareOptions, unknown>, "options" | "streams">,
  { table }: Stories,
  { n, record, ...knobs }: Setting,
): Sample {
  const { budget, languagePrompts: prompts, languageResponses: responses } = options;
  const [rng, logs, folds, draws, records] = ["world", "log", "folds", "samples", "record"].map((name) =>
    streams(name)[0]
  );
  const world = population({ prompts, responses, ...knobs }, rng, table), log = world.draw(n, logs);
  const cells = prompts * responses, identity = new Float64Array(cells * cells);
  for (let i = 0; i < cells; i++) identity[i * cells + i] = 1;
  const space = { logStart: world.logStart, features: identity, responses };
  // All laws on the candidates are of the class: the best at a distance tilts by quality.
  const { scale, logp } = scaledTo(space, world.quality, budget);
  let reward: RewardModel | undefined;
  return {
    ...{ world, log, space, record: recordOf(log, record, records), draws },
    model: outcomeModel(world, log, folds.fork("outcomes")),
    reward: () => reward ??= rewardModel(world, log, folds.fork("preferences")),
    principles: [new Float64Array(cells), new Float64Array(cells)],
    best: world.quality.map((q) => scale * q),
    bestValue: expectation(logp, world.quality, responses),
  };
}

/** What a model writes at one change of its weights. */
interface Written {
  /** Mean liking above what the untrained model writes. */
  readonly value: number;
  /** Mean of log π(y)/π0(y) over what it writes, nats a text. */
  readonly kl: number;
  /** Mean log-prob of a token of it under the untrained model, nats. */
  readonly fluency: number;
}

/**
 * Judges what a model writes as trained, and with the change of its weights scaled so that KL is at a budget. Call it before
 * training: it keeps the weights and what the untrained model says.
 *
 * KL grows as the square of a small change. So the root of KL is taken to be linear between what was measured, and so is
 * value between the two places that are next to the budget; one is at it but for noise.
 */
export function judgeOf(
  { source, tokenizer }: Writer,
  { heldOut, features, untrained }: Stories,
  weights: Float64Array,
  model: LanguageModel,
  trained: readonly NamedVariable[],
): (budget: number) => Record<string, number> {
  const liking = (ids: readonly number[]) =>
    features(tokenizer.decode(ids, { skipSpecial: true })).reduce((sum, value, k) => sum + value * weights[k], 0);
  const usual = mean(untrained.map(liking));
  const before = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
  const measured = (): Written => {
    const ids = written(model, heldOut, CONTINUATION);
    const texts = [ids.map((own, i): Response => ({
      ids: Uint32Array.from([...Array.from(heldOut[i].ids), ...own]),
      from: OPENING,
    }))];
    const logProb = (of: LanguageModel) =>
      mean(scoreTexts(of, texts).map((logps) => logps.reduce((sum, logp) => sum + logp, 0)));
    const original = languageModel(source);
    try {
      const start = logProb(original);
      const kl = Math.max(0, logProb(model) - start); // an estimate may be below
      return { value: mean(ids.map(liking)) - usual, kl, fluency: start / CONTINUATION };
    } finally {
      original.dispose();
    }
  };
  return (budget) => {
    const after = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
    const scaledBy = (scale: number): Written => {
      trained.forEach(({ variable }, k) => {
        const numbers = after[k].map((value, i) => before[k][i] + scale * (value - before[k][i]));
        const next = tf.tensor(numbers, variable.shape);
        variable.assign(next);
        next.dispose();
      });
      return measured();
    };
    const whole = measured(), told = { "value-as-trained": whole.value, "kl-as-trained": whole.kl };
    // A model that training did not move is where it was at any scale.
    if (!(whole.kl > 0)) return { value: whole.value, "kl-spent": 0, fluency: whole.fluency, ...told };
    const at = scaledBy(Math.sqrt(budget / whole.kl));
    const places = [{ value: 0, kl: 0 }, at, whole].toSorted((a, b) => a.kl - b.kl);
    const found = places.findIndex(({ kl }) => kl >= budget), above = found < 1 ? places.length - 1 : found;
    const [low, high] = places.slice(above - 1, above + 1);
    const share = (Math.sqrt(budget) - Math.sqrt(low.kl)) / (Math.sqrt(high.kl) - Math.sqrt(low.kl));
    return {
      value: low.value + share * (high.value - low.value),
      "kl-spent": at.kl,
      fluency: at.fluency,
      ...told,
    };
  };
}

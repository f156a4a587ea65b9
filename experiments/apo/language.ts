/**
 * CLAIR and APO on a language model that generates: its answers are revised, judged and outdone by writers of its family, and
 * each objective is judged by what the model writes then.
 *
 * @module
 */
import { question, type UnitContext } from "../../lib/run/experiment.ts";
import { claim, lead, type Metric, statistic } from "../../lib/run/quantity.ts";
import type { WrittenText } from "../../lib/run/written_text.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { judgeOf } from "../../lib/training/language/judge.ts";
import { CONTINUATION, shownTexts, written } from "../../lib/training/language/stories.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import { languageArms } from "./language_arms.ts";
import { language as drawn } from "./language_figures.ts";
import * as terms from "./language_terms.ts";
import { first, fresh, last, value } from "./language_terms.ts";
import type { BenchmarkOptions } from "./options.ts";
import { contrastOf, type StoryWorld, storyWorld } from "./story_pairs.ts";
import { movementOf, trainOnPairs } from "./story_training.ts";
import { withWriter, type Writers, writersOf } from "./story_writers.ts";
import { chosen, jaccard, levenshtein, rejected, rightOrder } from "./terms.ts";
import { winRates } from "./win_rate.ts";

/** A training run: what there is to say of the model after each epoch, and what it writes at the end. */
interface Run {
  readonly epochs: readonly Readonly<Record<string, number>>[];
  /** Before training, then after it, of each opening that is shown. */
  readonly texts: readonly WrittenText[];
}

/** What all units of a worker share. */
interface Prepared {
  readonly writers: Writers;
  /** By seed, which arms share. */
  readonly worlds: Map<number, StoryWorld>;
  /** By arm and seed, which epochs share. */
  readonly runs: Map<string, Run>;
}

type Context = UnitContext<BenchmarkOptions, Prepared>;

function worldOf({ options, seeds: [seed], streams, prepared: { writers, worlds } }: Context): StoryWorld {
  const sizes = { pairs: options.languagePairs, heldOut: options.languageTexts };
  return worlds.getOrInsertComputed(
    seed,
    () => storyWorld(writers, sizes, options.languageReviser, streams("stories")[0]),
  );
}

function runOf(context: Context): Run {
  const { options, arm, seeds: [seed], prepared: { writers } } = context, { tokenizer } = writers;
  const { loss, data } = languageArms[arm], world = worldOf(context), { stories } = world;
  const told = (ids: ArrayLike<number>) => tokenizer.decode(Array.from(ids), { skipSpecial: true });
  const liking = (ids: readonly number[]) => writers.quality(told(ids));
  const read = (texts: readonly (readonly number[])[]) =>
    texts.map(told).map((text) => ({ worth: writers.quality(text), length: text.length }));
  const { languageBeta: beta, languageBatch: batch, languageEpochs, languageRate: learningRate } = options;
  return withWriter(writers, 0, ({ model, trained, before: start }) => {
    const judge = judgeOf({ stories, liking, model, trained, before: start });
    const pairs = world.pairs[data], moved = movementOf(model, pairs), usual = mean(stories.untrained.map(liking));
    const epochs: Record<string, number>[] = [];
    const setting = { model, trained, loss, pairs, beta, batch, epochs: languageEpochs, learningRate, seed };
    trainOnPairs(setting, (epoch) => {
      const scores = data === "clair" && epoch < languageEpochs; // curves are drawn of revisions alone
      const value = () => mean(written(model, stories.heldOut, CONTINUATION).map(liking)) - usual;
      epochs.push({ ...moved(), ...(scores && { "value-as-trained": value() }) });
    });
    const fresh = mean(textLogps(model, [world.fresh.texts])) - world.fresh.logProb;
    const { whole, atBudgets: [{ value, near }] } = judge([options.languageBudget]);
    const [own, before] = [near.ids, stories.untrained].map(read), { raw, controlled } = winRates(own, before);
    Object.assign(epochs[languageEpochs - 1], {
      ...{
        value,
        "kl-spent": near.kl,
        "fluency": near.fluency,
        "value-as-trained": whole.value,
        "kl-as-trained": whole.kl,
      },
      ...{ "win-rate": raw, "win-rate-controlled": controlled },
      ...{ "characters": mean(own.map(({ length }, i) => length - before[i].length)), fresh },
      ...contrastOf(writers, world, data),
    });
    const prompts = stories.heldOut.map(({ ids }) => ids);
    const texts = [stories.untrained, near.ids].flatMap((of) => shownTexts(writers, seed, prompts, of));
    return { epochs, texts };
  });
}

/** DPO on each kind of pairs that the paper compares with revisions. */
const NOT_REVISED = ["dpo-on-policy", "dpo-off-policy", "dpo-stronger"];
/** How far revisions are from the nearest of the other kinds of data. */
const nearest = (metric: Metric, of: (...means: number[]) => number) =>
  statistic(
    `mean ${metric.label}, CLAIR − the nearest of the paper's other kinds`,
    [metric.of("dpo", last), ...NOT_REVISED.map((arm) => metric.of(arm, last))],
    ([clair, ...others]) => mean(clair) - of(...others.map(mean)),
  );

const TABLE_1 = { source: "table 1", paper: "CLAIR best on both text measures" };
const SECTION_4 = { source: "section 4: gradients, and likelihood along training" };
const VARIANTS = { source: "section 4: the variant must match the data" };
const CONTRASTIVE = { source: "section 3: contrastive pairs", paper: "CLAIR best" };
const UNDERSPECIFIED = {
  source: "section 3: underspecification",
  paper: "uncontrastive pairs teach spurious differences",
};
const QUALITATIVE = { source: "results of the paper, as told in notes on it" };
const REVISERS_ERR = {
  kind: "question",
  source: "design check, not in the paper",
  paper: "errors of revisers not studied",
} as const;
const CONTROL = { kind: "control", source: "control, not in the paper" } as const;
const OURS = { kind: "question", source: "design check, not in the paper" } as const;

const atLast = (metric: Metric, arm: string) => metric.of(arm, last);

export const language = question({
  id: "language",
  asks: "And where a language model writes, and is judged by what it writes?",
  method:
    "stories260K, a language model, goes on with openings of stories; what readers like in a text is known. A stronger writer " +
    "of the same family has learned that quality itself (RLHF on it). CLAIR: the model's answer, and its revision, in which " +
    "the stronger writer keeps three quarters, half, a quarter or nothing of the answer and goes on from there: the first of " +
    "the four that is better by half a standard deviation. On-policy judge: two of the model's answers, and a judge that errs " +
    "where they are near. Off-policy judge: two answers of others, nine in ten by the model moved away from the stronger " +
    "writer. Stronger preferred: the stronger writer's answer above the model's. Random revisions keep as much of the answer " +
    "as CLAIR's and go on as the model does. Unchecked revisions keep as much too, and a writer between the model and the " +
    "stronger one goes on, once: nobody looks whether that is better, and it wins all the same. How often it is worse is " +
    "counted, and a judge of the model's own pairs errs as often. Every arm trains all weights, with the same steps. Value is " +
    "that of what the model then writes on held-out openings, above what it wrote there with the same random numbers, at " +
    "equal KL as the change of the weights is scaled.",
  dataset: "stories-260k",
  writer: "stories260K",
  module: import.meta.url,
  arms: Object.keys(languageArms),
  replicates: "seeds",
  tensors: true,
  block: 1,
  seeds: (o: BenchmarkOptions) => Math.min(o.seeds, o.languageSeeds),
  conditions: ({ languageEpochs }: BenchmarkOptions) =>
    Array.from({ length: languageEpochs }, (_, i) => ({ epoch: i + 1 })),
  shares: (_, arm) => arm,
  prepare: async ({ options, store, rng, writer }): Promise<Prepared> => ({
    writers: await writersOf(store, options.languageWriterSteps, rng.fork("writers"), writer),
    worlds: new Map(),
    runs: new Map(),
  }),
  counts: ({ writers: { weights } }) => ({ read: weights, leftOut: {} }),
  run(context) {
    const { options, arm, seeds: [seed], condition: { epoch }, prepared: { runs } } = context;
    const { epochs, texts } = runs.getOrInsertComputed(`${arm} ${seed}`, () => runOf(context));
    if (epoch === options.languageEpochs) texts.forEach((text) => context.keep(text));
    return [epochs[epoch - 1]];
  },
  claims: [
    claim(
      "language-clair-jaccard",
      "Written by models, CLAIR pairs share the largest part of their tokens",
      nearest(jaccard, Math.max).above(0),
      TABLE_1,
    ),
    claim(
      "language-clair-levenshtein",
      "And the fewest characters tell them apart",
      nearest(levenshtein, Math.min).below(0),
      TABLE_1,
    ),
    claim(
      "language-random-contrast",
      "Random revisions are as contrastive as CLAIR's, to within 0.05 of Jaccard similarity",
      atLast(jaccard, "apo-zero-random-revisions").minus("apo-zero").between(-0.05, 0.05),
      CONTROL,
    ),
    claim(
      "language-zero-raises-winners",
      "APO-zero raises the winners of CLAIR pairs",
      atLast(chosen, "apo-zero").above(0),
      { ...SECTION_4, paper: "up" },
    ),
    claim("language-zero-lowers-losers", "And lowers their losers", atLast(rejected, "apo-zero").below(0), {
      ...SECTION_4,
      paper: "down",
    }),
    claim("language-down-lowers-winners", "APO-down lowers winners", atLast(chosen, "apo-down").below(0), {
      ...SECTION_4,
      paper: "down",
    }),
    claim(
      "language-down-lowers-losers-more",
      "And it lowers losers further",
      atLast(chosen, "apo-down").minus(rejected).above(0),
      { ...SECTION_4, paper: "both down, losers more" },
    ),
    claim(
      "language-dpo-lowers-winners",
      "DPO lowers the winners of CLAIR pairs",
      atLast(chosen, "dpo").below(0),
      { ...SECTION_4, paper: "often down" },
    ),
    claim(
      "language-dpo-winners-fall",
      "DPO's winners are less likely after the last epoch than after the first",
      atLast(chosen, "dpo").minus(first).below(0),
      { ...OURS, paper: "not fixed by the loss: “?”" },
    ),
    claim(
      "language-zero-above-dpo",
      "Winners end likelier with APO-zero than with DPO",
      atLast(chosen, "apo-zero").minus("dpo").above(0),
      { ...SECTION_4, paper: "APO-zero raises them, DPO need not" },
    ),
    claim(
      "language-zero-keeps-fresh",
      "Off the data APO-zero keeps more of the untrained model's answers than DPO",
      atLast(fresh, "apo-zero").minus("dpo").above(0),
      { ...OURS, paper: "anchored" },
    ),
    ...([["dpo", "DPO"], ["apo-zero", "APO-zero"]] as const).flatMap(([arm, name]) => [
      claim(
        `language-stronger-moves-fresh-${arm}`,
        `${name} on the stronger writer's answers moves the model further off the data than on CLAIR pairs`,
        atLast(fresh, arm).minus(`${arm}-stronger`).above(0),
        UNDERSPECIFIED,
      ),
      claim(
        `language-judge-moves-fresh-${arm}`,
        `${name} on judged pairs of the model's own moves it further off the data than on CLAIR pairs`,
        atLast(fresh, arm).minus(`${arm}-on-policy`).above(0),
        UNDERSPECIFIED,
      ),
      claim(
        `language-clair-beats-judge-${arm}`,
        `With ${name}, stories are worth more after revisions than after judged pairs of the model's own`,
        atLast(value, arm).minus(`${arm}-on-policy`).above(0),
        CONTRASTIVE,
      ),
      claim(
        `language-clair-beats-stronger-${arm}`,
        `With ${name}, stories are worth more after revisions than after answers of the stronger writer`,
        atLast(value, arm).minus(`${arm}-stronger`).above(0),
        CONTRASTIVE,
      ),
    ]),
    claim(
      "language-clair-beats-random",
      "With APO-zero, stories are worth more after revisions than after random ones: contrast alone teaches less",
      atLast(value, "apo-zero").minus("apo-zero-random-revisions").above(0),
      CONTROL,
    ),
    claim(
      "language-random-teaches-nothing",
      "Random revisions leave the worth of stories within 0.1 standard deviations of the untrained model's",
      atLast(value, "apo-zero-random-revisions").between(-0.1, 0.1),
      CONTROL,
    ),
    claim(
      "language-unchecked-contrast",
      "Unchecked revisions are as contrastive as CLAIR's, to within 0.05 of Jaccard similarity",
      atLast(jaccard, "apo-zero-unchecked").minus("apo-zero").between(-0.05, 0.05),
      CONTROL,
    ),
    claim(
      "language-unchecked-errs",
      "A tenth or more of unchecked revisions are worth less than the answer",
      atLast(terms.worse, "apo-zero-unchecked").above(0.1),
      CONTROL,
    ),
    claim(
      "language-errs-as-often",
      "The judge who errs as often has as many pairs in their right place as unchecked revisions, to within 0.05",
      atLast(rightOrder, "apo-zero-on-policy-erring").minus("apo-zero-unchecked").between(-0.05, 0.05),
      CONTROL,
    ),
    ...([["dpo", "DPO"], ["apo-zero", "APO-zero"]] as const).flatMap(([arm, name]) => [
      claim(
        `language-errors-cost-${arm}`,
        `With ${name}, stories are worth less after revisions that nobody checked than after CLAIR's`,
        atLast(value, arm).minus(`${arm}-unchecked`).above(0),
        REVISERS_ERR,
      ),
      claim(
        `language-unchecked-helps-${arm}`,
        `With ${name}, unchecked revisions still make stories better`,
        atLast(value, `${arm}-unchecked`).above(0),
        REVISERS_ERR,
      ),
      claim(
        `language-unchecked-beats-judge-${arm}`,
        `With ${name} and as many errors, stories are worth more after unchecked revisions than after judged pairs`,
        atLast(value, `${arm}-unchecked`).minus(`${arm}-on-policy-erring`).above(0),
        REVISERS_ERR,
      ),
    ]),
    claim(
      "language-zero-fits-clair",
      "Where winners are better than the model, APO-zero's stories are worth more than APO-down's",
      atLast(value, "apo-zero").minus("apo-down").above(0),
      { ...VARIANTS, paper: "zero for better winners" },
    ),
    claim(
      "language-down-fits-off-policy",
      "Where winners are worse than the model, APO-down's stories are worth more than APO-zero's",
      atLast(value, "apo-down-off-policy").minus("apo-zero-off-policy").above(0),
      { ...VARIANTS, paper: "down best on off-policy data" },
    ),
    claim(
      "language-down-beats-dpo-off-policy",
      "And more than DPO's",
      atLast(value, "apo-down-off-policy").minus("dpo-off-policy").above(0),
      { ...QUALITATIVE, paper: "down best on off-policy data" },
    ),
    claim(
      "language-down-hurts-on-clair",
      "APO-down on CLAIR pairs makes stories worse",
      atLast(value, "apo-down").below(0),
      { ...QUALITATIVE, paper: "negative" },
    ),
    claim(
      "language-stronger-hurts",
      "DPO on answers of the stronger writer makes stories worse",
      atLast(value, "dpo-stronger").below(0),
      { ...QUALITATIVE, paper: "contrastive objectives hurt on Stronger Preferred" },
    ),
    claim(
      "language-clair-zero-best",
      "CLAIR with APO-zero writes stories worth more than every other combination",
      lead(
        "value at equal KL, APO-zero on CLAIR − the best other combination, last epoch",
        atLast(value, "apo-zero"),
        Object.keys(languageArms).filter((arm) => arm !== "apo-zero").map((arm) => atLast(value, arm)),
      ).above(0),
      { source: "abstract", paper: "+7.65 points, the best" },
    ),
    claim(
      "language-zero-beats-dpo",
      "On CLAIR pairs APO-zero's stories are worth more than DPO's",
      atLast(value, "apo-zero").minus("dpo").above(0),
      {
        source: "results of the paper",
        paper: "APO best on every data set",
        note: "Revisions have no wrong labels here; in made worlds APO does not beat DPO on such data either.",
      },
    ),
    claim(
      "language-zero-beats-dpo-as-trained",
      "And as trained, after the same steps",
      atLast(terms.valueAsTrained, "apo-zero").minus("dpo").above(0),
      { source: "results of the paper", paper: "APO best on every data set" },
    ),
    claim("language-sft-helps", "Fine-tuning on revisions makes stories better", atLast(value, "sft").above(0), {
      source: "section 4",
      paper: "winners better than the model",
    }),
    claim(
      "language-zero-wins",
      "At equal KL, and were both as long, APO-zero's stories on CLAIR pairs win more than half against the untrained model's",
      atLast(terms.controlled, "apo-zero").above(0.5),
      { source: "results of the paper", paper: "length-controlled win rate up" },
    ),
    claim(
      "language-zero-keeps-length",
      "At equal KL APO-zero on revisions writes texts as long as before, to within 2 characters",
      atLast(terms.longer, "apo-zero").between(-2, 2),
      { ...OURS, paper: "length controlled win rate" },
    ),
  ],
  ...drawn,
});

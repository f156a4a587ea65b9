/**
 * Preference pairs of stories: how writers and a judge make each of the paper's four kinds of data, and a control.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import { levenshtein, tokenEdits, tokenJaccard } from "../../lib/losses/revision.ts";
import type { Prompt } from "../../lib/policies/language/generate.ts";
import type { LanguageModel } from "../../lib/policies/language/model.ts";
import type { Rng } from "../../lib/random.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Response } from "../../lib/training/language/examples.ts";
import { CONTINUATION, type Stories, storiesOf, written } from "../../lib/training/language/stories.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import { pairSources } from "../../lib/worlds/revisions.ts";
import { judged as judgedAt, rightShare } from "./erring_judge.ts";
import { withWriter, type Writers } from "./story_writers.ts";

/**
 * Kinds of pairs: the paper's; revisions that nobody's quality has to do with; those of a reviser who errs, since nobody
 * checks them; and pairs of the model's own, of a judge who errs as often.
 */
export const storyData = [...pairSources, "random-revisions", "unchecked", "on-policy-erring"] as const;
/** A kind of pairs. */
export type StoryData = typeof storyData[number];

/** A preference. */
export interface StoryPair {
  readonly chosen: Response;
  readonly rejected: Response;
}

/** Tokens of an answer that a revision keeps, the most first: it ends at the first whose rewrite is good enough. */
const KEPT = [3, 2, 1, 0].map((quarters) => quarters * CONTINUATION / 4);
/** What a revision is to add to the known quality, in standard deviations of answers. */
const BETTER = 0.5;
/** How steeply the judge's chance to prefer the better of two grows with the known quality: it errs where they are near. */
const JUDGE = 2;
/** Share of off-policy answers that the weaker writer gives; the stronger one gives the others. */
const WEAK = 0.9;

/** What all arms of a seed share. */
export interface StoryWorld {
  readonly stories: Stories;
  readonly pairs: Readonly<Record<StoryData, readonly StoryPair[]>>;
  /** What the untrained model goes on with where nobody learns, and its mean log-prob of a text, nats. */
  readonly fresh: { readonly texts: readonly Response[]; readonly logProb: number };
  /** Mean known quality of what the untrained model answers where it is learned from. */
  readonly usual: number;
}

const opened = (opening: readonly number[], ids: readonly number[]): Response => ({
  ids: Uint32Array.from([...opening, ...ids]),
  from: opening.length,
});
const newTokens = ({ ids, from }: Response): number[] => Array.from(ids.subarray(from));

/**
 * Pairs of every kind for the same openings.
 *
 * The model's first answer is what is revised, what the stronger writer's own answer is preferred to, and one of the two that
 * the on-policy judge compares. A revision keeps the beginning of the answer and the stronger writer goes on from there: from
 * three quarters, half, a quarter, nothing of it. It is the first of the four that is better by half a standard deviation, so
 * that as much is kept as can be; where none is, the best of them. The control keeps as much of the same answer, and goes on
 * as the untrained model does. The reviser whom nobody checks keeps as much too, and goes on once: what it writes is preferred,
 * be it worse. A judge sees as many of the model's own pairs the wrong way round.
 *
 * @param sizes openings to learn from, and held-out ones
 * @param reviser strength of the one whom nobody checks, see `withWriter`
 */
export function storyWorld(
  writers: Writers,
  sizes: { readonly pairs: number; readonly heldOut: number },
  reviser: number,
  rng: Rng,
): StoryWorld {
  const stories = storiesOf(
    writers,
    { prompts: sizes.pairs, responses: 2, heldOut: sizes.heldOut },
    rng.fork("stories"),
  );
  const qualityOf = (ids: readonly number[]) => writers.quality(writers.tokenizer.decode(ids, { skipSpecial: true }));
  const openings = stories.candidates.map(([{ ids, from }]) => Array.from(ids.subarray(0, from)));
  const [own, second] = [0, 1].map((k) => stories.candidates.map((answers) => newTokens(answers[k])));
  const every = openings.map((_, x) => x);
  /** Answers to all openings, several to each: as many tokens of the model's own first one stay as `kept` says. */
  const goesOn = (model: LanguageModel, kept: (x: number, k: number) => number, count: number, stream: Rng) => {
    const asked = Array.from(
      { length: count },
      (_, k) => every.map((x) => ({ x, begun: own[x].slice(0, kept(x, k)), k })),
    );
    const prompts = asked.flat().map(({ x, begun, k }): Prompt => ({
      ids: [...openings[x], ...begun],
      seed: stream.fork(k).fork(x).uint32(),
    }));
    const told = written(model, prompts, CONTINUATION);
    return asked.map((some, k) =>
      some.map(({ x, begun }) => [...begun, ...told[k * every.length + x]].slice(0, CONTINUATION))
    );
  };
  const [stronger, others, ...rewrites] = withWriter(
    writers,
    1,
    ({ model }) => goesOn(model, (_, k) => [0, 0, ...KEPT][k], 2 + KEPT.length, rng.fork("strong")),
  );
  const weak = withWriter(writers, -1, ({ model }) => goesOn(model, () => 0, 2, rng.fork("weak")));
  const revised = every.map((x) => {
    const gains = rewrites.map((of) => qualityOf(of[x]) - qualityOf(own[x]));
    const enough = gains.findIndex((gain) => gain >= BETTER);
    return enough >= 0 ? enough : gains.indexOf(Math.max(...gains));
  });
  const [unchecked] = withWriter(
    writers,
    reviser,
    ({ model }) => goesOn(model, (x) => KEPT[revised[x]], 1, rng.fork("unchecked")),
  );
  const texts = stories.untrained.map((ids, i) => opened(Array.from(stories.heldOut[i].ids), ids));
  const { random: [random], logProb } = withWriter(writers, 0, ({ model }) => ({
    random: goesOn(model, (x) => KEPT[revised[x]], 1, rng.fork("random")),
    logProb: mean(textLogps(model, [texts])),
  }));
  const pair = (x: number, chosen: readonly number[], rejected: readonly number[]): StoryPair => ({
    chosen: opened(openings[x], chosen),
    rejected: opened(openings[x], rejected),
  });
  const judging = rng.fork("judge"), mixing = rng.fork("mixture");
  const judged = (x: number, first: readonly number[], other: readonly number[], stream: Rng): StoryPair => {
    const chance = sigmoid(JUDGE * (qualityOf(first) - qualityOf(other)));
    return stream.bernoulli(chance) ? pair(x, first, other) : pair(x, other, first);
  };
  const gapOf = (a: readonly number[], b: readonly number[]) => qualityOf(a) - qualityOf(b);
  const gaps = every.map((x) => gapOf(own[x], second[x])), distances = gaps.map(Math.abs);
  const right = judgedAt(
    distances,
    rightShare(every.map((x) => gapOf(unchecked[x], own[x]))),
    judging.fork("on-policy-erring"),
  );
  const offPolicy = weak.map((of, k) => every.map((x) => mixing.bernoulli(WEAK) ? of[x] : [stronger, others][k][x]));
  return {
    stories,
    fresh: { texts, logProb },
    usual: mean(own.map(qualityOf)),
    pairs: {
      "clair": every.map((x) => pair(x, rewrites[revised[x]][x], own[x])),
      "on-policy": every.map((x) => judged(x, own[x], second[x], judging.fork("on-policy").fork(x))),
      "off-policy": every.map((x) => judged(x, offPolicy[0][x], offPolicy[1][x], judging.fork("off-policy").fork(x))),
      "stronger": every.map((x) => pair(x, stronger[x], own[x])),
      "random-revisions": every.map((x) => pair(x, random[x], own[x])),
      "unchecked": every.map((x) => pair(x, unchecked[x], own[x])),
      "on-policy-erring": every.map((x) =>
        right[x] === (gaps[x] >= 0) ? pair(x, own[x], second[x]) : pair(x, second[x], own[x])
      ),
    },
  };
}

/** How contrastive pairs are, and what their winners are worth. */
export function contrastOf(
  { tokenizer, quality }: Writers,
  { pairs, usual }: StoryWorld,
  data: StoryData,
): Record<string, number> {
  const read = pairs[data].map(({ chosen, rejected }) => {
    const [w, l] = [chosen, rejected].map((response) => {
      const ids = newTokens(response), text = tokenizer.decode(ids, { skipSpecial: true });
      return { ids, text, worth: quality(text) };
    });
    return { w, l };
  });
  const average = (of: (pair: typeof read[number]) => number) => mean(read.map(of));
  return {
    "jaccard": average(({ w, l }) => tokenJaccard(w.ids, l.ids)),
    "token-edits": average(({ w, l }) => tokenEdits(w.ids, l.ids)),
    "levenshtein": average(({ w, l }) => levenshtein(w.text, l.text)),
    "quality-difference": average(({ w, l }) => w.worth - l.worth),
    "winner-above-model": average(({ w }) => w.worth) - usual,
    // Of two that are worth the same neither is in the wrong place.
    "right-order": average(({ w, l }) => w.worth === l.worth ? 0.5 : Number(w.worth > l.worth)),
    "worse": average(({ w, l }) => Number(w.worth < l.worth)),
  };
}

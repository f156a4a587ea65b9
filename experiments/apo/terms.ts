/**
 * What is measured, where, and what the words of a place need of the options.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import type { Condition } from "../../lib/run/experiment.ts";
import { over, some } from "../../lib/run/needs.ts";
import { type Place, place } from "../../lib/run/place.ts";
import { type Cell, Metric, type Quantity, unless } from "../../lib/run/quantity.ts";
import { type PairSource, pairSources } from "../../lib/worlds/revisions.ts";
import type { Optimiser } from "./descent.ts";
import type { SyntheticOptions } from "./options.ts";

/** Differences of gains below this, a hundredth of what training gains, are too small to claim. */
export const LEAST_GAIN = 0.01;

export const nuisance = Metric.amount("nuisance-distance", "distance in all features but quality", 2);
export const jaccard = Metric.share("jaccard", "Jaccard similarity of tokens", 2);
export const levenshtein = Metric.amount("levenshtein", "Levenshtein distance in characters", 1);
export const rewardDifference = new Metric("reward-difference", "difference in reward", 2);
export const winnerAbovePolicy = new Metric("winner-above-policy", "winner − policy's mean", 2);
export const rightOrder = Metric.share("right-order", "winner truly better", 2);

export const rewardChosen = new Metric("reward-chosen", "r_w", 2);
export const rewardRejected = new Metric("reward-rejected", "r_l", 2);
export const firstSlopeChosen = new Metric("first-slope-chosen", "∂L/∂r_w at 0", 3);
export const firstSlopeRejected = new Metric("first-slope-rejected", "∂L/∂r_l at 0", 3);

const MOVED = "mean change of log π";
export const chosen = new Metric("chosen", `${MOVED} of winners`, 2, "mean change of log π(y|x) of winners, nats");
export const rejected = new Metric("rejected", `${MOVED} of losers`, 2, "mean change of log π(y|x) of losers, nats");

const OVER_CHECKPOINTS = "over checkpoints of the gain in true reward over π0";
export const gainMean = new Metric("gain-mean", "mean gain over checkpoints", 3, `mean ${OVER_CHECKPOINTS}`);
export const gainMax = new Metric("gain-max", "best gain", 3, `best ${OVER_CHECKPOINTS}`);
export const gainLast = new Metric("gain-last", "last gain", 3);
export const klLast = Metric.amount("kl-last", "last KL", 2);
export const gradientNorm = Metric.amount("gradient-norm", "last gradient", 4);

export const gainAtKl = new Metric("gain", "gain", 3, "gain in true reward over π0");
export const reached = Metric.share("reached", "reached", 2);

/** Name of a kind of data. */
export const dataLabel = (data: PairSource | Pairing): string => labelOf(data);

/** A condition for each kind of data and each of some others. */
export function overData<C extends Condition>(others: readonly C[]): (C & { readonly data: PairSource })[] {
  return pairSources.flatMap((data) => others.map((other) => ({ data, ...other })));
}

/** Data whose training paths are drawn: winners better than the policy, and winners worse. */
export const SHOWN = ["clair", "off-policy"] as const satisfies readonly PairSource[];

/** Epochs that are shown: powers of two, and the last. */
export function shownEpochs({ epochs }: Pick<SyntheticOptions, "epochs">): number[] {
  const powers = Array.from({ length: 1 + Math.floor(Math.log2(epochs)) }, (_, i) => 2 ** i);
  return [...powers.filter((epoch) => epoch <= epochs / 1.5), epochs];
}

/** The one condition of a question that has no knob. */
export const here = place("", (_: SyntheticOptions) => ({}));

/** A kind of data after one epoch, and after all of them. */
export const early = (data: PairSource) => place(`${dataLabel(data)}, first epoch`, () => ({ data, epoch: 1 }));
export const end = (data: PairSource) =>
  place(`${dataLabel(data)}, last epoch`, ({ epochs }: SyntheticOptions) => ({ data, epoch: epochs }));
/** The end, where it is said to come after a beginning. */
export const late = (data: PairSource) => place(end(data).words, end(data).of, over("epochs", 1));

/** A kind of data with an optimiser. */
export const on = (data: PairSource, optimiser: Optimiser = "SGD") =>
  place(`${dataLabel(data)}, ${optimiser}`, () => ({ data, optimiser }));

/** The KL in the middle of the list, where claims are tested. */
export const middle = ({ kls }: SyntheticOptions) => kls.toSorted((a, b) => a - b)[Math.floor(kls.length / 2)];
export const atMiddleKl = (data: PairSource, optimiser: Optimiser = "SGD") =>
  place(`${on(data, optimiser).words}, middle KL`, (o: SyntheticOptions) => ({ data, optimiser, kl: middle(o) }));

/** A kind of data at the highest noise, which must be much. */
export const noisy = (data: PairSource) =>
  place(
    `${dataLabel(data)}, highest noise`,
    ({ noises }: SyntheticOptions) => ({ data, noise: Math.max(...noises) }),
    some("noises", (noise) => noise >= 0.2, "a value of --noises of 0.2 or more"),
  );

/**
 * A cell less the same of another arm or at another place, at one KL. Where a run was prolonged to get there, the point is
 * not of training, and nothing is tested.
 *
 * @param there 1 in every replicate whose run got there by itself
 * @param why says what is missing of the first cell some of whose runs did not
 */
export function onceReached<O>(
  one: Cell<O>,
  other: string | Place<O>,
  there: Metric,
  why: (cell: Cell<O>, options: O) => string,
): Quantity<O> {
  const cells = [one, typeof other === "string" ? one.metric.of(other, one.place) : one.metric.of(one.arm, other)];
  return unless(one.minus(other), (view, o) => {
    const ended = cells.find(({ arm, place }) => Math.min(...there.of(arm, place).series(view, o).values) < 1);
    return ended && why(ended, o);
  });
}

/** How winners and losers of real texts are put together. */
export const pairings = ["matched", "mismatched"] as const;
/** `matched`: a text and its revision; `mismatched`: a text above another one's original. */
export type Pairing = typeof pairings[number];

/** Distance from π0 in nats at which drift is compared once more, however far training went. */
export const EQUAL_KL = 0.5;

export const accuracy = Metric.share(
  "accuracy",
  "held-out accuracy",
  3,
  "share of held-out pairs ranked right by the implicit reward",
);
export const margin = new Metric("margin", "margin", 2);
export const heldChosen = new Metric("chosen", `${MOVED} of held-out winners`, 2, `${MOVED} of held-out winners, nats`);
export const heldRejected = new Metric(
  "rejected",
  `${MOVED} of held-out losers`,
  2,
  `${MOVED} of held-out losers, nats`,
);
export const seenChosen = new Metric("training-chosen", "training winners", 2);
export const seenRejected = new Metric("training-rejected", "training losers", 2);
export const drift = Metric.share(
  "drift",
  "drift",
  3,
  "share of the policy's change that does not separate winners from losers",
);
export const equalDrift = Metric.share("equal-kl-drift", `drift at ${EQUAL_KL} nat`, 3);
export const equalReached = Metric.share("equal-kl-reached", "got there", 2);
export const driftInPairs = Metric.share("drift-in-pairs", "drift, classifier of pairs", 3);
export const judgeAccuracy = Metric.share("judge-accuracy", "accuracy of the classifier", 3);
export const judgeInPairs = Metric.share("judge-in-pairs-accuracy", "accuracy of that of pairs", 3);
export const kl = Metric.amount("kl", "KL(π ‖ π0)", 2);

export const matched = place("revisions", () => ({ pairs: "matched" }));
export const mismatched = place("mismatched pairs", () => ({ pairs: "mismatched" }));

export const wordJaccard = Metric.share("jaccard", "Jaccard similarity of words", 3);
export const textLevenshtein = Metric.amount(
  "levenshtein",
  "Levenshtein distance",
  1,
  "Levenshtein distance, characters",
);
export const meanJaccard = Metric.share("mean-jaccard", "mean Jaccard similarity of words", 3);
export const meanLevenshtein = Metric.amount("mean-levenshtein", "mean Levenshtein distance", 1);
/** Why pairs are left out, by the names of their counts. */
export const LEFT_OUT = {
  equal: "whose two texts are equal, which holds no preference",
  sampled: "beyond the number that the options ask for, by chance",
} as const;
/** Shares of pairs whose measures are shown. */
export const SHARES = [0.05, 0.25, 0.5, 0.75, 0.95];
/** Where medians stand; means over pairs are the same at every share. */
export const median = place("", () => ({ share: 0.5 }));

/**
 * Real pairs as differences of features, and the labels of one replicate.
 *
 * @module
 */
import { scoresOf } from "../../lib/exact/scores.ts";
import { loadHarmless, loadParaDetox, loadPoliteness, type Store } from "../../lib/datasets/mod.ts";
import { semanticFeatures, whitenDifferences } from "../../lib/datasets/semantic_features.ts";
import { sigmoid, softplus } from "../../lib/exact/logistic.ts";
import type { RowCounts } from "../../lib/run/row_counts.ts";
import { UserError } from "../../lib/user_error.ts";
import type { Rng } from "../../lib/random.ts";
import { fitPairs } from "./learner.ts";
import type { SgpoOptions } from "./options.ts";
import { dpoLoss } from "./pair_losses.ts";
import type { Supply, Trajectory } from "./self_annotation.ts";
import { POOLS } from "./terms.ts";

/** Two texts, one preferred. */
interface TextPair {
  readonly chosen: string;
  readonly rejected: string;
}

/** Pairs, and rows of the file that are none. */
interface Loaded {
  readonly pairs: readonly TextPair[];
  readonly parted: number;
}

/** Harmlessness comparisons, of which some are no two replies to one prompt. */
async function harmlessPairs(store: Store): Promise<Loaded> {
  const { pairs, counts } = await loadHarmless(store);
  return { pairs, parted: counts.leftOut };
}

/** Toxic sentences against the first of their rewrites. */
async function detoxPairs(store: Store): Promise<Loaded> {
  const rows = await loadParaDetox(store);
  return {
    pairs: rows.map(({ toxic, neutral }) => ({ chosen: neutral[0].trim(), rejected: toxic.trim() })),
    parted: 0,
  };
}

/** The data sets, by id. */
export const textSets = {
  politeness: {
    name: "politeness pairs",
    load: async (store: Store): Promise<Loaded> => ({ pairs: await loadPoliteness(store), parted: 0 }),
  },
  harmless: { name: "harmlessness comparisons", load: harmlessPairs },
  paradetox: { name: "detoxified sentences", load: detoxPairs },
} as const;
/** Id of a data set of pairs. */
export type TextSet = keyof typeof textSets;

/** Share of the pairs to learn from; the rest is held out. */
export const TRAINING = 0.8;

/** Pairs of a data set. */
interface TextPairs {
  /** φ(chosen) − φ(rejected) `[pairs, D]`, second moments those of the identity. */
  readonly differences: Float64Array;
  readonly pairs: number;
  /** Rows read, and left out: dialogues that part before the last reply, equal texts, and pairs beyond `--text-pairs`. */
  readonly counts: RowCounts;
}

/** Loads pairs and learns features of their texts, which no label enters. @throws UserError where pairs are too few for them */
export async function prepareTexts(
  set: TextSet,
  { options: { textPairs, textDimensions }, store, rng }: { options: SgpoOptions; store: Store; rng: Rng },
): Promise<TextPairs> {
  const loaded = await textSets[set].load(store);
  // Two equal texts hold no preference.
  const all = loaded.pairs.filter(({ chosen, rejected }) => chosen !== rejected);
  const order = rng.fork("order").permutation(all.length).subarray(0, textPairs);
  const texts = Array.from(order).flatMap((i) => [all[i].chosen, all[i].rejected]);
  const [features] = semanticFeatures(texts, [], textDimensions, rng.fork("svd"));
  const white = whitenDifferences(features, textDimensions), pairs = order.length;
  if (!white.every(Number.isFinite)) {
    throw new UserError(
      `--text-dimensions: the differences within ${pairs} pairs of ${set} have fewer dimensions than ${textDimensions}: ` +
        "ask for fewer, or for more --text-pairs",
    );
  }
  const differences = new Float64Array(pairs * textDimensions);
  for (let i = 0; i < pairs; i++) {
    for (let k = 0; k < textDimensions; k++) {
      const at = 2 * i * textDimensions + k;
      differences[i * textDimensions + k] = white[at] - white[at + textDimensions];
    }
  }
  const { parted } = loaded, read = loaded.pairs.length + parted;
  const leftOut = { parted, equal: loaded.pairs.length - all.length, sampled: all.length - pairs };
  return { differences, pairs, counts: { read, leftOut } };
}

/** What one replicate learns from, and what it is measured on. */
interface TextSplit {
  readonly supply: Supply;
  /** Held-out differences, chosen − rejected. */
  readonly held: Float64Array;
}

/**
 * A random split: pairs set aside for the outside ranker and held-out pairs first, then the seed, then the rounds' pools
 * without labels.
 */
export function splitTexts(
  { differences, pairs }: Pick<TextPairs, "differences" | "pairs">,
  { noise, options }: { readonly noise: number; readonly options: SgpoOptions },
  rng: Rng,
): TextSplit {
  const { seedShare, rankerShare, textDimensions: d, proximal } = options;
  const order = rng.fork("split").permutation(pairs), many = Math.round(TRAINING * pairs);
  const outside = Math.max(2, Math.round(rankerShare * many)), learned = many - outside;
  const seeds = Math.max(2, Math.round(seedShare * learned));
  const rows = (from: number, to: number, turn: (i: number) => boolean = () => false) => {
    const out = new Float64Array((to - from) * d);
    for (let i = from; i < to; i++) {
      const sign = turn(i) ? -1 : 1;
      for (let k = 0; k < d; k++) out[(i - from) * d + k] = sign * differences[order[i] * d + k];
    }
    return out;
  };
  // Which text comes first, and which labels are flipped, by place in the order.
  const coins = rng.fork("flips"), flips = Uint8Array.from({ length: learned }, () => coins.uniform() < noise ? 1 : 0);
  const sides = rng.fork("sides"), swapped = Uint8Array.from({ length: learned }, () => sides.bernoulli(0.5) ? 1 : 0);
  const shares = POOLS.reduce((a, b) => a + b, 0);
  const end = (round: number) =>
    seeds + Math.round((learned - seeds) * POOLS.slice(0, round).reduce((a, b) => a + b, 0) / shares);
  const start = new Float64Array(d);
  return {
    held: rows(many, pairs),
    supply: {
      dimensions: d,
      seed: { differences: rows(0, seeds, (i) => flips[i] === 1) },
      all: () => ({ differences: rows(0, learned, (i) => flips[i] === 1) }),
      rounds: POOLS.length,
      pool: (round) => ({ differences: rows(end(round - 1), end(round), (i) => swapped[i] === 1) }),
      ranker: () => fitPairs({ differences: rows(learned, many) }, dpoLoss, { start, proximal }).theta,
    },
  };
}

/** Held-out accuracy and calibration after the seed and each round. */
export function textMetrics(
  splits: readonly TextSplit[],
  trajectories: readonly Trajectory[],
): Record<string, number>[] {
  return trajectories.map(({ thetas, gradientNorm }, r) => {
    const rows = thetas.flatMap((theta, t) => {
      const margins = scoresOf(splits[r].held, theta), n = margins.length;
      let right = 0, loss = 0, confidence = 0;
      for (const xi of margins) {
        right += xi > 0 ? 1 : xi === 0 ? 0.5 : 0;
        loss += softplus(-xi);
        confidence += sigmoid(Math.abs(xi));
      }
      return [
        [`accuracy-${t}`, right / n],
        [`log-loss-${t}`, loss / n],
        [`confidence-${t}`, confidence / n],
        [`overconfidence-${t}`, (confidence - right) / n],
      ];
    });
    return { ...Object.fromEntries(rows), "gradient-norm": gradientNorm };
  });
}

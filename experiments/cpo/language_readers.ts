/**
 * Readers of stories that a language model wrote: what they were shown, how they rated it, and what an analyst can know.
 *
 * Half of the openings are learned from; their log may be confounded. Readers of the other half are shown texts at random:
 * the clean part of the log, by which policies may be judged.
 *
 * @module
 */
import { crossFit, fitRidgeGcv } from "../../lib/estimators/mod.ts";
import type { Rng } from "../../lib/random.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { TextGroups } from "../../lib/training/language/examples.ts";
import type { Stories } from "../../lib/training/language/stories.ts";
import { type Population, population } from "../../lib/worlds/population.ts";

/** What is confounded, and how strongly. */
export interface Confounding {
  /** c of the readers whose log is learned from; 0 is randomised: what is shown is a draw of f0. */
  readonly log: number;
  /** c of the other readers that the outcome model is fitted on; it is cross-fitted on the log itself unless given. */
  readonly predictions?: number;
}

/** Ratings of texts; `[n]` each. */
interface Ratings {
  /** Which text, in the order of the candidates. */
  readonly text: Uint32Array;
  /** Less their mean: without it a constant would be most of what weights multiply. */
  readonly outcome: Float64Array;
}

/** What one seed's learners see, and the truth. */
export interface Readers {
  /** Texts that are learned from, all of them draws of f0 `[T]`, by opening. */
  readonly texts: TextGroups;
  readonly log: Ratings;
  /** log of the chance that a text was shown among those of its opening, averaged over readers `[T]`. */
  readonly logShown: Float64Array;
  /** Predicted outcome of each logged row by a model that has not seen it `[n]`, and of each text `[T]`. */
  readonly prediction: { readonly logged: Float64Array; readonly texts: Float64Array };
  /** What can be seen of each text, row-major `[T, K]`. */
  readonly features: Float64Array;
  /** What readers like of each text on average: the truth `[T]`. */
  readonly liking: Float64Array;
  /** The same of any text, by what can be seen of it `[K]`. */
  readonly likes: (features: ArrayLike<number>) => number;
  /** Texts that nobody learns from, with ratings of readers who were shown them at random. */
  readonly clean: { readonly texts: TextGroups; readonly log: Ratings; readonly features: Float64Array };
}

/** Out-of-fold predictions of rows, and the average over folds for every text; texts are not split between folds. */
function model({ text, outcome }: Ratings, features: Float64Array, texts: number, rng: Rng): Readers["prediction"] {
  const width = features.length / texts, folds = 5, all = new Float64Array(texts);
  const rowsOf = (rows: Uint32Array) => {
    const out = new Float64Array(rows.length * width);
    rows.forEach((row, i) => out.set(features.subarray(text[row] * width, (text[row] + 1) * width), i * width));
    return out;
  };
  const logged = crossFit({ n: text.length, folds, rng, groups: text }, (train) => {
    const fitted = fitRidgeGcv(rowsOf(train), Float64Array.from(train, (row) => outcome[row]));
    fitted.predict(features).forEach((value, i) => all[i] += value / folds);
    return (test) => fitted.predict(rowsOf(test));
  });
  return { logged, texts: all };
}

/**
 * Readers of one seed's stories; the world and its random numbers are the same whatever is confounded.
 *
 * @param stories of which the openings of the first half are learned from
 * @param n readers of either half, about
 * @param shuffled outcomes are dealt to the logged rows at random: there is nothing to learn
 */
export function readersOf(
  stories: Stories,
  { log: c, predictions }: Confounding,
  n: number,
  streams: (name: string) => Rng,
  shuffled: boolean,
): Readers {
  const { candidates, table } = stories;
  const prompts = candidates.length, responses = candidates[0].length, half = prompts / 2, split = half * responses;
  const knobs = { prompts, responses, link: 1, noise: 0, overlap: 0, complexity: 0 };
  const world = (confounding: number) => population({ ...knobs, confounding }, streams("world"), table);
  const { qualityWeights, quality } = world(0);
  const likes = (of: ArrayLike<number>) => qualityWeights.reduce((sum, weight, k) => sum + weight * of[k], 0);
  const width = qualityWeights.length;
  const liking = Float64Array.from(quality, (_, i) => likes(table.subarray(i * width, (i + 1) * width)));
  /** Ratings of one half; a population centres what is liked by opening, readers do not. */
  const ratings = (of: Population, rng: Rng, clean: boolean): Ratings => {
    const { prompt, first, outcome } = of.draw(2 * n, rng);
    const text = prompt.map((x, i) => x * responses + first[i]);
    const rows = text.keys().filter((i) => (text[i] >= split) === clean).toArray();
    const rated = Float64Array.from(rows, (i) => outcome[i] - quality[text[i]] + liking[text[i]]), usual = mean(rated);
    return {
      text: Uint32Array.from(rows, (i) => text[i] - (clean ? split : 0)),
      outcome: rated.map((value) => value - usual),
    };
  };
  const shown = world(c), whole = ratings(shown, streams("log"), false);
  const order = streams("shuffle").permutation(whole.outcome.length);
  const log = shuffled ? { ...whole, outcome: whole.outcome.map((_, i) => whole.outcome[order[i]]) } : whole;
  const features = table.slice(0, split * width);
  const fittedOn = predictions === undefined ? log : ratings(world(predictions), streams("others"), false);
  const fitted = model(fittedOn, features, split, streams("folds"));
  const [less, more] = shown.logShown;
  return {
    texts: candidates.slice(0, half),
    log,
    logShown: less.slice(0, split).map((v, i) => Math.log((Math.exp(v) + Math.exp(more[i])) / 2)),
    prediction: predictions === undefined
      ? fitted
      : { logged: Float64Array.from(log.text, (i) => fitted.texts[i]), texts: fitted.texts },
    features,
    liking: liking.slice(0, split),
    likes,
    clean: {
      texts: candidates.slice(half),
      log: ratings(world(0), streams("clean"), true),
      features: table.slice(split * width),
    },
  };
}

/** Texts that vote on another. */
const NEIGHBOURS = 5;

/**
 * Outcomes by the nearest rated texts: a model of another family than the linear ones that learners lean on.
 *
 * @param features of the rated texts, row-major `[T, K]`
 * @returns the mean rating of the {@linkcode NEIGHBOURS} nearest texts, of any features `[K]`, one text left out if asked
 */
export function nearestRatings(
  { text, outcome }: Ratings,
  features: Float64Array,
  texts: number,
): (of: ArrayLike<number>, without?: number) => number {
  const width = features.length / texts, sums = new Float64Array(texts), counts = new Float64Array(texts);
  text.forEach((t, i) => [sums[t], counts[t]] = [sums[t] + outcome[i], counts[t] + 1]);
  const rated = [...counts.keys()].filter((t) => counts[t] > 0);
  return (of, without) => {
    const distance = (t: number) => {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (features[t * width + k] - of[k]) ** 2;
      return sum;
    };
    const near = rated.filter((t) => t !== without).map((t) => ({ t, d: distance(t) })).toSorted((a, b) => a.d - b.d);
    return mean(near.slice(0, NEIGHBOURS).map(({ t }) => sums[t] / counts[t]));
  };
}

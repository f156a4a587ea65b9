/**
 * Bootstrap intervals of one log.
 *
 * @module
 */

import type { Evidence } from "../statistics/claims.ts";
import { percentileInterval } from "../statistics/intervals.ts";
import type { Rng } from "../random.ts";
import { membersOf } from "../statistics/groups.ts";
import { mean } from "../statistics/summary.ts";
import { noWeight, type Terms } from "./estimate.ts";
import { checkLength, type Estimate, type Rounds } from "./rounds.ts";

/** What the bootstrap of a log takes. */
export interface ResamplingOptions {
  /** Source of the draws. */
  readonly rng: Rng;
  /** Draws with replacement, at least 2; 2000 unless given. */
  readonly resamples?: number;
  /** Probability that the interval covers the truth, in (0, 1); 0.95 unless given. */
  readonly level?: number;
}

/**
 * Percentile bootstrap of an estimator over the rounds, or over whole groups where `rounds.groups` says what belongs together.
 * The estimator runs anew on each resample, so a self-normalised one divides by the resample's own weights; generated texts are
 * resampled apart from the rounds. Open Bandit Pipeline does neither groups nor new denominators (docs/estimators.md).
 *
 * @param estimator any function of rounds, such as `snipw` or `(rounds) => clippedIpw(rounds, { lambda: 5 })`; those of the
 *   table are faster by {@linkcode bootstrapIntervals}
 * @returns `n` is the number of resamples
 * @throws RangeError when the estimator has no value on a resample, naming it: with a handful of positive weights a
 *   resample may hold none, and then the log cannot carry a bootstrap
 *
 * @example Constant rewards give zero width
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../random.ts";
 * import { snipw } from "./ipw.ts";
 * const rounds = { reward: Float64Array.of(1, 1, 1), weight: Float64Array.of(0.1, 3, 0.9) };
 * const { lower, upper } = bootstrapInterval(rounds, snipw, { rng: Rng.seed(1), resamples: 100 });
 * assert.deepEqual([lower, upper], [1, 1]);
 * ```
 */
export function bootstrapInterval(
  rounds: Rounds,
  estimator: (rounds: Rounds) => Pick<Estimate, "value">,
  { rng, resamples = 2000, level }: ResamplingOptions,
): Evidence {
  checkResamples(resamples);
  const { value } = estimator(rounds);
  const resampled = resampler(rounds, rng), draws = new Float64Array(resamples);
  for (let draw = 0; draw < resamples; draw++) {
    try {
      draws[draw] = estimator(resampled()).value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw inResample(error, draw);
    }
  }
  return percentileInterval(value, draws, { level });
}

/**
 * Percentile bootstrap of several estimators on one set of draws, each the same but for rounding as by
 * {@linkcode bootstrapInterval} alone: what a round adds to each is computed once, and a resample, which says how often
 * each round was drawn, only averages it.
 *
 * @param terms of estimators of one log (see `estimators`), at least one: targets may differ, rounds, groups and texts not
 * @returns an interval for each; `n` is the number of resamples
 * @throws TypeError when logs differ; RangeError as {@linkcode bootstrapInterval} does
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../random.ts";
 * import { estimators } from "./mod.ts";
 * const rounds = { reward: Float64Array.of(1, 1, 1), weight: Float64Array.of(0.1, 3, 0.9) };
 * const terms = [estimators.naive.terms(rounds), estimators.snipw.terms(rounds)];
 * const [naive, snipw] = bootstrapIntervals(terms, { rng: Rng.seed(1), resamples: 100 });
 * assert.deepEqual([naive.lower, snipw.upper], [1, 1]);
 * ```
 */
export function bootstrapIntervals(
  terms: readonly Terms[],
  { rng, resamples = 2000, level }: ResamplingOptions,
): Evidence[] {
  checkResamples(resamples);
  if (terms.length === 0) throw new RangeError("terms must hold those of an estimator at least, got none");
  const { rounds: { reward, groups, generated } } = terms[0];
  for (const { rounds } of terms) {
    checkLength(rounds.reward, reward.length, "reward of every estimator's rounds");
    if (rounds.groups !== groups || rounds.generated?.weight.length !== generated?.weight.length) {
      throw new TypeError("groups and generated texts must be the same for every estimator of one set of draws");
    }
  }
  const draws = terms.map(() => new Float64Array(resamples));
  const averaged = terms.map(asFewMeans),
    ofRounds = averaged.flatMap(({ correction, outcome }) => [
      ...correction ? [correction.numerator, ...correction.denominator ? [correction.denominator] : []] : [],
      ...outcome && !outcome.ofTexts ? [outcome.terms] : [],
    ]);
  const ofTexts = terms.flatMap(({ outcome }) => outcome?.ofTexts ? [outcome.terms] : []);
  const divisors = terms.flatMap(({ correction }) => correction?.denominator ?? []);
  const rounds = averager(ofRounds, divisors, reward.length, rng, groups);
  const texts = generated && averager(ofTexts, [], generated.weight.length, rng);
  const meanOf = (values: Float64Array, isOfTexts = false) => (isOfTexts ? texts! : rounds).mean(values);
  for (let draw = 0; draw < resamples; draw++) {
    const n = rounds.draw();
    texts?.draw();
    for (const [k, each] of averaged.entries()) draws[k][draw] = valueOf(each, meanOf, n, draw);
  }
  const onAll = (values: Float64Array) => mean(values);
  return terms.map((each, k) => percentileInterval(valueOf(each, onAll, reward.length), draws[k], { level }));
}

/** Without a divisor, outcome terms and corrections of the rounds are one mean: that of their sums. */
function asFewMeans(terms: Terms): Terms {
  const { correction, outcome } = terms;
  if (correction === undefined || correction.denominator || outcome === undefined || outcome.ofTexts) return terms;
  const numerator = correction.numerator.slice();
  for (let i = 0; i < numerator.length; i++) numerator[i] += outcome.terms[i];
  return { ...terms, outcome: undefined, correction: { numerator } };
}

/** Means of columns on one resample after another. */
interface Averager {
  /** Draws the next resample. @returns how many rounds it has */
  draw(): number;
  /** The mean of a column on the last resample. */
  mean(column: Float64Array): number;
}

/** @param divisors the columns of which a mean that is 0 has to be 0, and not what rounding leaves */
function averager(
  columns: readonly Float64Array[],
  divisors: readonly Float64Array[],
  n: number,
  rng: Rng,
  groups?: Rounds["groups"],
): Averager {
  const members = groups && membersOf(groups), { distinct, place } = withoutCopies(columns);
  const counts = new Uint16Array(members?.length ?? n), means = new Float64Array(distinct.length);
  const sizes = members && Float64Array.from(members, ({ length }) => length);
  const isDivisor = new Set(divisors.map((column) => place.get(column)));
  // As the mean of all takes differences from the first value, so that constants are exact.
  const origins = distinct.map((column, c) => isDivisor.has(c) ? 0 : column[0]);
  const sums = distinct.map((column, c) => sumsFrom(column, origins[c], members));
  return {
    draw() {
      counts.fill(0);
      rng.countIntegers(counts.length, counts);
      const rounds = sizes ? weighedSum(counts, sizes) : n;
      for (const [c, values] of sums.entries()) means[c] = origins[c] + weighedSum(counts, values) / rounds;
      return rounds;
    },
    mean: (column) => means[place.get(column)!],
  };
}

/** Values less an origin, added up within groups where there are any. */
function sumsFrom(column: Float64Array, origin: number, members?: readonly (readonly number[])[]): Float64Array {
  const sums = new Float64Array(members?.length ?? column.length);
  if (members === undefined) { for (let i = 0; i < sums.length; i++) sums[i] = column[i] - origin; }
  else for (let g = 0; g < sums.length; g++) for (const i of members[g]) sums[g] += column[i] - origin;
  return sums;
}

/** Σ counts · values, in four sums that do not wait for each other. */
function weighedSum(counts: Uint16Array, values: Float64Array): number {
  const n = values.length;
  let a = 0, b = 0, c = 0, d = 0, i = 0;
  for (; i + 4 <= n; i += 4) {
    a += counts[i] * values[i];
    b += counts[i + 1] * values[i + 1];
    c += counts[i + 2] * values[i + 2];
    d += counts[i + 3] * values[i + 3];
  }
  for (; i < n; i++) a += counts[i] * values[i];
  return a + b + (c + d);
}

/** Columns that hold the same numbers, as those of ipw and snipw do, are averaged once. */
function withoutCopies(columns: readonly Float64Array[]) {
  const distinct: Float64Array[] = [], place = new Map<Float64Array, number>();
  for (const column of columns) {
    let at = distinct.findIndex((other) => other.every((value, i) => value === column[i]));
    if (at < 0) at = distinct.push(column) - 1;
    place.set(column, at);
  }
  return { distinct, place };
}

/** The value of an estimator where the means of columns are these. */
function valueOf(
  { estimator, correction, outcome }: Terms,
  meanOf: (values: Float64Array, ofTexts?: boolean) => number,
  n: number,
  draw?: number,
): number {
  const value = outcome === undefined ? 0 : meanOf(outcome.terms, outcome.ofTexts);
  if (correction === undefined) return value;
  const { numerator, denominator } = correction, scale = denominator === undefined ? 1 : meanOf(denominator);
  if (scale === 0) throw inResample(noWeight(n, estimator), draw!);
  return value + meanOf(numerator) / scale;
}

function checkResamples(resamples: number): void {
  if (Number.isInteger(resamples) && resamples >= 2) return;
  throw new RangeError(`resamples must be a whole number >= 2, got ${resamples}`);
}

function inResample(error: RangeError, draw: number): RangeError {
  return new RangeError(`resample ${draw}: ${error.message}`, { cause: error });
}

/** One set of draws after another, of rounds and then of texts. */
function resampler({ reward, weight, prediction, direct, generated, groups }: Rounds, rng: Rng): () => Rounds {
  const rounds = picker(reward.length, rng, groups), texts = generated && picker(generated.weight.length, rng);
  return () => {
    const picked = rounds(), pickedTexts = texts?.();
    return {
      reward: at(reward, picked),
      weight: at(weight, picked),
      prediction: prediction && at(prediction, picked),
      direct: direct && at(direct, picked),
      generated: generated && {
        weight: at(generated.weight, pickedTexts!),
        prediction: at(generated.prediction, pickedTexts!),
      },
    };
  };
}

/**
 * What draws n indices, or as many whole groups as there are, with replacement. The array is used again by the next draw.
 */
function picker(n: number, rng: Rng, groups?: Rounds["groups"]): () => Uint32Array {
  const members = groups && membersOf(groups);
  const picked = new Uint32Array(members?.length ?? n);
  return () => {
    rng.fillIntegers(picked.length, picked);
    if (members === undefined) return picked;
    let count = 0, at = 0;
    for (const g of picked) count += members[g].length;
    const indices = new Uint32Array(count);
    for (const g of picked) for (const i of members[g]) indices[at++] = i;
    return indices;
  };
}

/** In a plain loop: `from` with a function takes twenty times as long. */
function at(values: Float64Array, indices: Uint32Array): Float64Array {
  const picked = new Float64Array(indices.length);
  for (let i = 0; i < picked.length; i++) picked[i] = values[indices[i]];
  return picked;
}

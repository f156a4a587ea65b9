/**
 * Bootstrap intervals of one log.
 *
 * @module
 */

import type { Evidence } from "../statistics/claims.ts";
import { percentileInterval } from "../statistics/intervals.ts";
import type { Rng } from "../random.ts";
import { membersOf } from "../statistics/groups.ts";
import type { Estimate, Rounds } from "./rounds.ts";

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
 * Percentile bootstrap of an estimator over the rounds, or over whole groups where `rounds.groups` says what belongs together. The estimator runs anew on each resample, so a self-normalised
 * one divides by the resample's own weights; generated texts are resampled apart from the rounds.
 *
 * @param estimator any function of rounds, such as `snipw` or `(rounds) => clippedIpw(rounds, { lambda: 5 })`
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
  if (!Number.isInteger(resamples) || resamples < 2) {
    throw new RangeError(`resamples must be a whole number >= 2, got ${resamples}`);
  }
  const { value } = estimator(rounds);
  const draws = Float64Array.from({ length: resamples }, (_, draw) => {
    const resampled = resample(rounds, rng);
    try {
      return estimator(resampled).value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`resample ${draw}: ${error.message}`, { cause: error });
    }
  });
  return percentileInterval(value, draws, { level });
}

function resample({ reward, weight, prediction, direct, generated, groups }: Rounds, rng: Rng): Rounds {
  const picked = pick(reward.length, rng, groups);
  return {
    reward: picked(reward),
    weight: picked(weight),
    prediction: prediction && picked(prediction),
    direct: direct && picked(direct),
    generated: generated && resampleGenerated(generated, rng),
  };
}

function resampleGenerated(generated: NonNullable<Rounds["generated"]>, rng: Rng): Rounds["generated"] {
  const picked = pick(generated.weight.length, rng);
  return { weight: picked(generated.weight), prediction: picked(generated.prediction) };
}

/**
 * Draws n indices, or as many whole groups as there are, with replacement; returns what applies them to an array. In plain
 * loops: `from` with a function takes ten times as long, and this is most of what a bootstrap does.
 */
function pick(n: number, rng: Rng, groups?: Rounds["groups"]): (values: Float64Array) => Float64Array {
  const members = groups && membersOf(groups);
  const indices = members
    ? Uint32Array.from(members.flatMap(() => members[rng.integer(members.length)]))
    : new Uint32Array(n);
  if (!members) { for (let i = 0; i < n; i++) indices[i] = rng.integer(n); }
  return (values) => {
    const picked = new Float64Array(indices.length);
    for (let i = 0; i < picked.length; i++) picked[i] = values[indices[i]];
    return picked;
  };
}

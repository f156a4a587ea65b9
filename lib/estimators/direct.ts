/**
 * Estimators that weight no logged outcome: the plain mean, and the outcome model alone.
 *
 * @module
 */

import { proportionInterval } from "../statistics/intervals.ts";
import { assemble } from "./estimate.ts";
import type { Estimate, EstimateOptions, Rounds } from "./rounds.ts";
import { termsOf } from "./terms.ts";

/**
 * Mean of the logged rewards: the value of the *logging* policy, biased for the target's wherever the two differ.
 *
 *   V = (1/n) sum r
 *
 * Of outcomes that are 0 or 1 the interval is Wilson's: no click in 500 rounds still leaves room for one in the next.
 *
 * @param rounds only `reward` is read
 * @throws RangeError when there is no round or a reward is not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rounds = { reward: Float64Array.of(1, 0, 1, 0), weight: Float64Array.of(2, 0, 2, 0) };
 * assert.equal(naive(rounds).value, 0.5);
 * ```
 */
export function naive(rounds: Rounds, options: EstimateOptions = {}): Estimate {
  const estimate = assemble(termsOf("naive", rounds), options);
  const { reward, groups = options.groups } = rounds;
  if (groups !== undefined || !reward.every((r) => r === 0 || r === 1)) return estimate;
  const { lower, upper } = proportionInterval(reward.reduce((sum, r) => sum + r, 0), reward.length, options);
  return { ...estimate, lower, upper };
}

/**
 * The outcome model averaged over the target policy (direct method; outcome-only RLHF in Lin, Ben-Michael & Morency,
 * UAI 2024): as good as the model, and no better.
 *
 *   V = (1/n) sum direct       or, with texts drawn from f0,       V = (1/m) sum (P^f / P^f0) g
 *
 * The interval holds the model as given: it covers the spread of contexts or texts, not the model's own error.
 *
 * @param rounds `direct`, or `generated`, which goes first
 * @returns with generated texts, `n`, the weights and the influence are those of the m texts
 * @throws TypeError when neither is there; RangeError when a number is not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rounds = { reward: Float64Array.of(1, 0), weight: Float64Array.of(1, 1), direct: Float64Array.of(0.25, 0.75) };
 * assert.equal(outcomeOnly(rounds).value, 0.5);
 * ```
 */
export function outcomeOnly(rounds: Rounds, options: EstimateOptions = {}): Estimate {
  const terms = termsOf("outcome-only", rounds), { generated } = rounds;
  if (generated === undefined) return assemble(terms, options);
  // The terms are those of the texts: groups and support of the rounds say nothing about them.
  const numerator = terms.outcome!.terms, { weight } = generated;
  const ofTexts = { reward: numerator, weight };
  return assemble(
    { estimator: terms.estimator, rounds: ofTexts, correction: { numerator }, weights: { weight } },
    { level: options.level },
  );
}

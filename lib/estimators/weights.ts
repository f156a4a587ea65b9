/**
 * Importance weights and what they are like.
 *
 * @module
 */

import { float64 } from "../float64.ts";
import { checkFinite } from "../statistics/summary.ts";
import { checkLogProbabilities } from "./check.ts";
import { checkLength } from "./rounds.ts";

/**
 * Kish's effective sample size (sum w)^2 / sum w^2: n for equal weights, 1 when one weight is all, 0 when all are 0.
 *
 * @param weight `[n]`, >= 0
 * @throws RangeError naming a weight that is negative or not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(effectiveSampleSize([2, 2, 2, 2]), 4);
 * assert.equal(effectiveSampleSize([7, 0, 0, 0]), 1);
 * ```
 */
export function effectiveSampleSize(weight: ArrayLike<number>): number {
  const largest = largestWeight(weight);
  if (largest === 0) return 0;
  // Relative to the largest, so that squares of huge weights stay finite.
  let sum = 0, squares = 0;
  for (let i = 0; i < weight.length; i++) {
    const share = weight[i] / largest;
    sum += share;
    squares += share * share;
  }
  return sum * sum / squares;
}

/**
 * The largest weight; 0 of none.
 *
 * @throws RangeError naming a weight that is negative or not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(largestWeight([0.5, 3, 1]), 3);
 * ```
 */
export function largestWeight(weight: ArrayLike<number>): number {
  checkFinite(weight, "weight", 0);
  let largest = 0;
  for (let i = 0; i < weight.length; i++) {
    if (weight[i] < 0) throw new RangeError(`weight[${i}] must be >= 0, got ${weight[i]}`);
    largest = Math.max(largest, weight[i]);
  }
  return largest;
}

/** Standard errors that a mean weight may be away from 1. */
const FAR = 4;

/**
 * What a mean weight says: weights target/propensity average 1 where propensities are right and the log covers the target.
 *
 * @param meanWeight of the log
 * @param meanWeightError its standard error
 * @returns a sentence each; none where the mean weight is within four standard errors of 1
 * @throws RangeError when one of them is NaN, of which no comparison would warn
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(weightWarnings(1.02, 0.02), []);
 * assert.match(weightWarnings(0.01, 0.0001)[0], /^the mean weight is 0.01 ± 0.0002, not 1: .* in percent/);
 * ```
 */
export function weightWarnings(meanWeight: number, meanWeightError: number): string[] {
  for (const [name, value] of Object.entries({ meanWeight, meanWeightError })) {
    if (Number.isNaN(value)) throw new RangeError(`${name} must be a number, got NaN`);
  }
  if (!(Math.abs(meanWeight - 1) > FAR * meanWeightError)) return [];
  // Rounding of propensities that are stored with few decimals.
  if (Math.abs(meanWeight - 1) < 1e-3) return [];
  const digits = (value: number) => Number(value.toPrecision(2));
  const told = `the mean weight is ${Number(meanWeight.toPrecision(3))} ± ${digits(1.96 * meanWeightError)}, not 1`;
  const near = (value: number) => Math.abs(meanWeight - value) <= Math.max(FAR * meanWeightError, 0.1 * value);
  if (near(0.01)) return [`${told}: are the propensities in percent? Divide them by 100`];
  if (near(100)) return [`${told}: are the target's probabilities in percent? Divide them by 100`];
  const why = meanWeight < 1
    ? "the target takes actions that the log never or hardly has, or the propensities are too large"
    : "the propensities are too small, or do not belong to the logged actions";
  return [`${told}: ${why}`];
}

/**
 * Weights target / propensity of logged actions.
 *
 * @param target probability of the logged action under the target policy, `[n]`, in [0, 1]
 * @param propensity its probability under the logging policy, `[n]`, in (0, 1]
 * @returns `[n]`
 * @throws TypeError when lengths differ; RangeError when a probability is out of range or a weight overflows, naming the
 *   round: an action that was logged cannot have had propensity 0
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...importanceWeights([0.5, 0.2], [0.25, 0.8])], [2, 0.25]);
 * assert.throws(() => importanceWeights([0.5], [0]), /propensity\[0\] must be in \(0, 1\], got 0/);
 * ```
 */
export function importanceWeights(target: ArrayLike<number>, propensity: ArrayLike<number>): Float64Array {
  checkLength(propensity, target.length, "propensity");
  checkPropensities(propensity);
  return float64(target.length, (i) => {
    const p = target[i];
    if (!(p >= 0 && p <= 1)) throw new RangeError(`target[${i}] must be in [0, 1], got ${p}`);
    const weight = p / propensity[i];
    if (weight === Infinity) {
      throw new RangeError(`weight ${i} overflows: target ${p} over propensity ${propensity[i]}`);
    }
    return weight;
  });
}

/**
 * Weights exp(logTarget - logPropensity): those of {@link importanceWeights} for texts, whose probabilities underflow.
 *
 * @param logTarget log-probability of the logged text under the target policy, nats, `[n]`, may be -Infinity
 * @param logPropensity the same under the logging policy, nats, `[n]`, finite
 * @returns `[n]`
 * @throws TypeError when lengths differ; RangeError when a log-probability is out of range or a weight overflows, naming
 *   the round
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [weight] = importanceWeightsFromLogs([-1000], [-1001]);
 * assert.ok(Math.abs(weight - Math.E) < 1e-12);
 * ```
 */
export function importanceWeightsFromLogs(
  logTarget: ArrayLike<number>,
  logPropensity: ArrayLike<number>,
): Float64Array {
  checkLength(logPropensity, logTarget.length, "logPropensity");
  checkFinite(logPropensity, "logPropensity");
  checkLogProbabilities(logPropensity, "logPropensity");
  checkLogProbabilities(logTarget, "logTarget");
  return float64(logTarget.length, (i) => {
    const logP = logTarget[i];
    if (Number.isNaN(logP)) throw new RangeError(`logTarget[${i}] must be a log-probability, got NaN`);
    const weight = Math.exp(logP - logPropensity[i]);
    if (weight === Infinity) throw new RangeError(`weight ${i} overflows: its log is ${logP - logPropensity[i]}`);
    return weight;
  });
}

/**
 * Checks probabilities of actions that were logged.
 *
 * @throws RangeError when one is not in (0, 1], naming the round
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkPropensities([0.3, 0]), /propensity\[1\] must be in \(0, 1\], got 0: round 1 was logged/);
 * ```
 */
export function checkPropensities(propensity: ArrayLike<number>, name = "propensity"): void {
  for (let i = 0; i < propensity.length; i++) {
    const p = propensity[i];
    if (!(p > 0 && p <= 1)) {
      const why = p === 0 ? `: round ${i} was logged, so its action cannot have probability 0` : "";
      throw new RangeError(`${name}[${i}] must be in (0, 1], got ${p}${why}`);
    }
  }
}

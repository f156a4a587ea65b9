/**
 * The arithmetic that all estimators share: a mean or a ratio of means over the rounds, plus an outcome term.
 *
 * @module
 */

import { mean, standardDeviation } from "../statistics/summary.ts";
import { standardErrorOfSum } from "../statistics/groups.ts";
import { standardErrors } from "./groups.ts";
import { checkLength, type Estimate, type EstimateOptions, type Rounds } from "./rounds.ts";
import { effectiveSampleSize, largestWeight, weightWarnings } from "./weights.ts";

/** Outcome model averaged over the target policy: over the rounds, or over a second sample of texts. */
interface OutcomeTerm {
  /** Of the rounds `[n]`, or of the generated texts `[m]`. */
  readonly terms: Float64Array;
  /** Whether the terms are those of texts, a second sample that is independent of the rounds. */
  readonly ofTexts: boolean;
}

/** Weighted outcomes or residuals. */
interface Correction {
  /** `[n]`; its mean is the correction, unless there is a denominator. */
  readonly numerator: Float64Array;
  /** `[n]`, of positive sum; the correction is then the ratio of the sums. */
  readonly denominator?: Float64Array;
}

/** How an estimator used the weights. */
interface WeightUse {
  /** Weights as the log gives them, `[n]`, >= 0. */
  readonly weight: Float64Array;
  /** Weights after clipping or shrinking, where the estimator does that. */
  readonly altered?: Float64Array;
}

/** What an estimate is made of: its value is the mean of the outcome terms plus the correction. */
export interface Terms {
  /** Name for messages. */
  readonly estimator: string;
  /** The rounds, checked. */
  readonly rounds: Rounds;
  /** Absent for the outcome model alone. */
  readonly correction?: Correction;
  /** Absent without an outcome model. */
  readonly outcome?: OutcomeTerm;
  /** Absent where nothing is weighted. */
  readonly weights?: WeightUse;
}

/**
 * The outcome terms of checked rounds: `direct`, or w g of generated texts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const two = Float64Array.of(1, 3), texts = { weight: Float64Array.of(2), prediction: Float64Array.of(3) };
 * assert.deepEqual([...outcomeTerm({ reward: two, weight: two, direct: two }).terms], [1, 3]);
 * assert.deepEqual([...outcomeTerm({ reward: two, weight: two, generated: texts }).terms], [6]);
 * ```
 */
export function outcomeTerm({ direct, generated }: Rounds): OutcomeTerm {
  if (generated === undefined) return { terms: direct!, ofTexts: false };
  const { weight, prediction } = generated;
  return { terms: weight.map((w, j) => w * prediction[j]), ofTexts: true };
}

function errorOfMean(terms: Float64Array): number {
  return terms.length < 2 ? Infinity : standardDeviation(terms) / Math.sqrt(terms.length);
}

/**
 * Puts an estimate together. The outcome terms of texts add to the variance. The influence of a round is the deviation of its outcome term plus
 * (numerator - ratio * denominator) / mean denominator: the delta method, so that the spread of the denominator counts
 * and a ratio that is the same in all rounds has no spread. Variances use n - 1; with groups, influences are summed within
 * each first, and the variance is over the G sums with G / (G - 1).
 *
 * @throws RangeError when `level` is not in (0, 1)
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const reward = Float64Array.of(2, 2), weight = Float64Array.of(1, 3), numerator = Float64Array.of(2, 6);
 * const terms = { estimator: "", rounds: { reward, weight }, correction: { numerator, denominator: weight } };
 * const { value, standardError } = assemble(terms, {});
 * assert.deepEqual([value, standardError], [2, 0]);
 * ```
 */
export function assemble(
  { correction, outcome, weights, rounds }: Terms,
  { level = 0.95, groups = rounds.groups }: EstimateOptions,
): Estimate {
  const n = rounds.reward.length;
  if (groups !== undefined) checkLength(groups, n, "groups");
  let value = outcome === undefined ? 0 : mean(outcome.terms);
  const influence = outcome === undefined || outcome.ofTexts
    ? new Float64Array(n)
    : outcome.terms.map((term) => term - value);
  if (correction !== undefined) {
    const { numerator, denominator } = correction;
    const scale = denominator === undefined ? 1 : mean(denominator);
    const ratio = mean(numerator) / scale;
    value += ratio;
    for (let i = 0; i < n; i++) influence[i] += (numerator[i] - ratio * (denominator?.[i] ?? 1)) / scale;
  }
  const own = standardErrorOfSum(influence, groups) / n;
  const standardError = Math.hypot(own, outcome?.ofTexts ? errorOfMean(outcome.terms) : 0);
  const half = standardErrors(level, groups) * standardError;
  const weight = weights?.weight;
  const meanWeight = weight === undefined ? 1 : mean(weight);
  const meanWeightError = weight === undefined ? 0 : standardErrorOfSum(weight.map((w) => w - meanWeight), groups) / n;
  const support = weight === undefined ? undefined : rounds.support?.text;
  const left = outcome === undefined ? "the value leaves that out" : "there the value rests on the outcome model alone";
  return {
    value,
    standardError,
    lower: value - half,
    upper: value + half,
    n,
    effectiveSampleSize: weight === undefined ? n : effectiveSampleSize(weight),
    largestWeight: weight === undefined ? 1 : largestWeight(weight),
    clippedFraction: weights?.altered === undefined ? 0 : shareAltered(weights.weight, weights.altered),
    meanWeight,
    meanWeightError,
    warnings: [
      ...(weight === undefined ? [] : weightWarnings(meanWeight, meanWeightError)),
      ...(support ? [`${support}; ${left}`] : []),
    ],
    influence,
  };
}

function shareAltered(weight: Float64Array, altered: Float64Array): number {
  let count = 0;
  for (let i = 0; i < weight.length; i++) if (altered[i] !== weight[i]) count++;
  return count / weight.length;
}

/**
 * Checks that there is something to normalise by.
 *
 * @throws RangeError when all weights are 0: a self-normalised estimator divides by their sum
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkSomeWeight(Float64Array.of(0, 0), "snipw"), /snipw: all 2 weights are 0/);
 * ```
 */
export function checkSomeWeight(weight: Float64Array, estimator: string): void {
  if (!(largestWeight(weight) > 0)) throw noWeight(weight.length, estimator);
}

/**
 * The error of rounds whose weights are all 0.
 *
 * @param n number of rounds
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(noWeight(3, "sndr").message, /sndr: all 3 weights are 0/);
 * ```
 */
export function noWeight(n: number, estimator: string): RangeError {
  return new RangeError(
    `${estimator}: all ${n} weights are 0, so no logged action is one the target policy takes and there is nothing to ` +
      `normalise by; check the overlap of the two policies`,
  );
}

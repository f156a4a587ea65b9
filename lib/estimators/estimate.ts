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
  /** The average, in the unit of the reward. */
  readonly value: number;
  /** Deviations of the rounds from the value, `[n]`; absent with a second sample. */
  readonly deviation?: Float64Array;
  /** Standard error that a second sample adds, independent of the rounds. */
  readonly addedError: number;
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

/**
 * The terms w g of generated texts, `[m]`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const terms = generatedTerms({ weight: Float64Array.of(2), prediction: Float64Array.of(3) });
 * assert.deepEqual([...terms], [6]);
 * ```
 */
export function generatedTerms({ weight, prediction }: NonNullable<Rounds["generated"]>): Float64Array {
  return weight.map((w, j) => w * prediction[j]);
}

/**
 * The outcome term of checked rounds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const two = Float64Array.of(1, 3);
 * assert.equal(outcomeTerm({ reward: two, weight: two, direct: two }).value, 2);
 * ```
 */
export function outcomeTerm({ direct, generated }: Rounds): OutcomeTerm {
  if (generated !== undefined) {
    const terms = generatedTerms(generated);
    return { value: mean(terms), addedError: errorOfMean(terms) };
  }
  const value = mean(direct!);
  return { value, deviation: direct!.map((d) => d - value), addedError: 0 };
}

function errorOfMean(terms: Float64Array): number {
  return terms.length < 2 ? Infinity : standardDeviation(terms) / Math.sqrt(terms.length);
}

/**
 * Puts an estimate together. The influence of a round is the deviation of its outcome term plus
 * (numerator - ratio * denominator) / mean denominator: the delta method, so that the spread of the denominator counts
 * and a ratio that is the same in all rounds has no spread. Variances use n - 1; with groups, influences are summed within
 * each first, and the variance is over the G sums with G / (G - 1).
 *
 * @param n number of rounds
 * @throws RangeError when `level` is not in (0, 1)
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const correction = { numerator: Float64Array.of(2, 6), denominator: Float64Array.of(1, 3) };
 * const { value, standardError } = assemble(2, { correction }, {});
 * assert.deepEqual([value, standardError], [2, 0]);
 * ```
 */
export function assemble(
  n: number,
  { correction, outcome, weights, rounds }: {
    readonly correction?: Correction;
    readonly outcome?: OutcomeTerm;
    readonly weights?: WeightUse;
    /** Where groups and support are read from; not of the rounds where the n terms are those of generated texts. */
    readonly rounds?: Rounds;
  },
  { level = 0.95, groups = rounds?.groups }: EstimateOptions,
): Estimate {
  if (groups !== undefined) checkLength(groups, n, "groups");
  const influence = outcome?.deviation?.slice() ?? new Float64Array(n);
  let value = outcome?.value ?? 0;
  if (correction !== undefined) {
    const { numerator, denominator } = correction;
    const scale = denominator === undefined ? 1 : mean(denominator);
    const ratio = mean(numerator) / scale;
    value += ratio;
    for (let i = 0; i < n; i++) influence[i] += (numerator[i] - ratio * (denominator?.[i] ?? 1)) / scale;
  }
  const own = standardErrorOfSum(influence, groups) / n;
  const standardError = Math.hypot(own, outcome?.addedError ?? 0);
  const half = standardErrors(level, groups) * standardError;
  const weight = weights?.weight;
  const meanWeight = weight === undefined ? 1 : mean(weight);
  const meanWeightError = weight === undefined ? 0 : standardErrorOfSum(weight.map((w) => w - meanWeight), groups) / n;
  const support = weight === undefined ? undefined : rounds?.support?.text;
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
  if (largestWeight(weight) > 0) return;
  throw new RangeError(
    `${estimator}: all ${weight.length} weights are 0, so no logged action is one the target policy takes and there is ` +
      `nothing to normalise by; check the overlap of the two policies`,
  );
}

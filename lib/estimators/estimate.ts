/**
 * The arithmetic that all estimators share: a mean or a ratio of means over the rounds, plus an outcome term.
 *
 * @module
 */

import { normalQuantile } from "../statistics/distributions.ts";
import { checkLevel } from "../statistics/intervals.ts";
import { mean } from "../statistics/summary.ts";
import type { Estimate, EstimateOptions, Rounds } from "./rounds.ts";
import { effectiveSampleSize, largestWeight } from "./weights.ts";

/** Outcome model averaged over the target policy: over the rounds, or over a second sample of texts. */
export interface OutcomeTerm {
  /** The average, in the unit of the reward. */
  readonly value: number;
  /** Deviations of the rounds from the value, `[n]`; absent with a second sample. */
  readonly deviation?: Float64Array;
  /** Standard error that a second sample adds, independent of the rounds. */
  readonly addedError: number;
}

/** Weighted outcomes or residuals. */
export interface Correction {
  /** `[n]`; its mean is the correction, unless there is a denominator. */
  readonly numerator: Float64Array;
  /** `[n]`, of positive sum; the correction is then the ratio of the sums. */
  readonly denominator?: Float64Array;
}

/** How an estimator used the weights. */
export interface WeightUse {
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
  const n = terms.length, centre = mean(terms);
  return n < 2 ? Infinity : norm(terms.map((term) => term - centre)) / Math.sqrt(n * (n - 1));
}

/** Root of the sum of squares, of which none underflows or overflows: 1e-200 and 1e200 have squares that do. */
function norm(values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] / largest) ** 2;
  return largest * Math.sqrt(squares);
}

/**
 * Puts an estimate together. The influence of a round is the deviation of its outcome term plus
 * (numerator - ratio * denominator) / mean denominator: the delta method, so that the spread of the denominator counts
 * and a ratio that is the same in all rounds has no spread. Variances use n - 1.
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
  { correction, outcome, weights }: { correction?: Correction; outcome?: OutcomeTerm; weights?: WeightUse },
  { level = 0.95 }: EstimateOptions,
): Estimate {
  checkLevel(level);
  const influence = outcome?.deviation?.slice() ?? new Float64Array(n);
  let value = outcome?.value ?? 0;
  if (correction !== undefined) {
    const { numerator, denominator } = correction;
    const scale = denominator === undefined ? 1 : mean(denominator);
    const ratio = mean(numerator) / scale;
    value += ratio;
    for (let i = 0; i < n; i++) influence[i] += (numerator[i] - ratio * (denominator?.[i] ?? 1)) / scale;
  }
  const ownError = n < 2 ? Infinity : norm(influence) / Math.sqrt(n * (n - 1));
  const standardError = Math.hypot(ownError, outcome?.addedError ?? 0);
  const half = normalQuantile((1 + level) / 2) * standardError;
  return {
    value,
    standardError,
    lower: value - half,
    upper: value + half,
    n,
    effectiveSampleSize: weights === undefined ? n : effectiveSampleSize(weights.weight),
    largestWeight: weights === undefined ? 1 : largestWeight(weights.weight),
    clippedFraction: weights?.altered === undefined ? 0 : shareAltered(weights.weight, weights.altered),
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

/**
 * Importance weighting: logged outcomes reweighted to the target policy, without an outcome model.
 *
 * Horvitz & Thompson 1952 (inverse propensity weighting), Hájek (self-normalised), Ionides 2008 (truncated weights).
 * CPO of Lin, Ben-Michael & Morency (UAI 2024) maximises `ipw` with w = P^f / P^R.
 *
 * @module
 */

import { assemble } from "./estimate.ts";
import type { Estimate, EstimateOptions, Rounds } from "./rounds.ts";
import type { LambdaOptions } from "./shrinkage.ts";
import { termsOf } from "./terms.ts";

/** Level at which weights are cut or tamed unless another is given. */
export const DEFAULT_LAMBDA = 10;

/**
 * Inverse propensity weighting: unbiased when the propensities are right and no action of the target was impossible.
 *
 *   V = (1/n) sum w r
 *
 * @param rounds `reward`, `weight`
 * @throws TypeError when lengths differ; RangeError when a number is not finite or a weight is negative
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rounds = { reward: Float64Array.of(1, 0, 1, 3), weight: Float64Array.of(2, 1, 0, 1) };
 * assert.equal(ipw(rounds).value, 1.25);
 * ```
 */
export function ipw(rounds: Rounds, options: EstimateOptions = {}): Estimate {
  return assemble(termsOf("ipw", rounds), options);
}

/**
 * Self-normalised inverse propensity weighting: a weighted mean, within the range of the rewards; biased of order 1/n.
 *
 *   V = sum w r / sum w
 *
 * The interval takes the denominator's spread into account (delta method): constant rewards give zero width. That of Open
 * Bandit Pipeline keeps the denominator of the whole log, and does not (docs/estimators.md).
 *
 * @param rounds `reward`, `weight`
 * @throws TypeError when lengths differ; RangeError when a number is not finite, a weight is negative or all are 0
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rounds = { reward: Float64Array.of(1, 1, 1), weight: Float64Array.of(0.1, 3, 0.9) };
 * const { value, standardError } = snipw(rounds);
 * assert.deepEqual([value, standardError], [1, 0]);
 * ```
 */
export function snipw(rounds: Rounds, options: EstimateOptions = {}): Estimate {
  return assemble(termsOf("snipw", rounds), options);
}

/**
 * Inverse propensity weighting with weights cut at lambda: less variance, and bias towards 0 by the mass cut off.
 *
 *   V = (1/n) sum min(w, lambda) r
 *
 * @param rounds `reward`, `weight`
 * @param options.lambda largest weight, in [0, Infinity]; 10 unless given, Infinity is {@link ipw} to the bit
 * @throws TypeError when lengths differ; RangeError when a number is not finite, a weight is negative or lambda is out of
 *   range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rounds = { reward: Float64Array.of(1, 1), weight: Float64Array.of(1, 100) };
 * const { value, clippedFraction } = clippedIpw(rounds, { lambda: 3 });
 * assert.deepEqual([value, clippedFraction], [2, 0.5]);
 * ```
 */
export function clippedIpw(
  rounds: Rounds,
  { lambda = DEFAULT_LAMBDA, ...options }: EstimateOptions & LambdaOptions = {},
): Estimate {
  return assemble(termsOf("clipped", rounds, lambda), options);
}

/**
 * Inverse propensity weighting with sub-Gaussian weights (Metelli, Russo & Restelli, NeurIPS 2021).
 *
 *   V = (1/n) sum w r / (1 - lambda + lambda w)
 *
 * @param rounds `reward`, `weight`
 * @param options.lambda in [0, 1]; 0 is {@link ipw} to the bit
 * @throws TypeError when lengths differ; RangeError when a number is not finite, a weight is negative or lambda is out of
 *   range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rounds = { reward: Float64Array.of(1, 1), weight: Float64Array.of(1, 3) };
 * assert.equal(subGaussianIpw(rounds, { lambda: 0.5 }).value, 1.25);
 * ```
 */
export function subGaussianIpw(
  rounds: Rounds,
  { lambda, ...options }: EstimateOptions & Required<LambdaOptions>,
): Estimate {
  return assemble(termsOf("sub-Gaussian ipw", rounds, lambda), options);
}

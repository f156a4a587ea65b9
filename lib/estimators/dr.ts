/**
 * Doubly robust estimators: the outcome model, corrected by weighted residuals of the logged rounds. Right on average
 * when either the propensities or the model are right; with both wrong the bias is the product of their errors.
 *
 * The outcome term is the mean of `direct` or, with `generated` texts, the mean of (P^f / P^f0) g over them, whose
 * variance adds to that of the rounds (two independent samples).
 *
 * Robins, Rotnitzky & Zhao 1994; Dudík, Langford & Li 2011. DR-CPO of Lin, Ben-Michael & Morency (UAI 2024) maximises
 * `dr` with generated texts.
 *
 * @module
 */

import { assemble } from "./estimate.ts";
import { DEFAULT_LAMBDA } from "./ipw.ts";
import type { Estimate, EstimateOptions, Rounds } from "./rounds.ts";
import type { LambdaOptions } from "./shrinkage.ts";
import { termsOf } from "./terms.ts";

/**
 * Doubly robust.
 *
 *   V = outcome term + (1/n) sum min(w, lambda) (r - g)
 *
 * @param rounds `reward`, `weight`, `prediction`, and `direct` or `generated`
 * @param options.lambda largest weight, in [0, Infinity]; Infinity unless given
 * @throws TypeError when an array is missing or lengths differ; RangeError when a number is out of range
 *
 * @example A perfect model needs no correction
 * ```ts
 * import assert from "node:assert/strict";
 * const reward = Float64Array.of(1, 0), weight = Float64Array.of(5, 0.1), direct = Float64Array.of(0.5, 0.5);
 * assert.equal(dr({ reward, weight, prediction: reward, direct }).value, 0.5);
 * ```
 */
export function dr(
  rounds: Rounds,
  { lambda = Infinity, ...options }: EstimateOptions & LambdaOptions = {},
): Estimate {
  return assemble(termsOf("dr", rounds, lambda), options);
}

/**
 * Self-normalised doubly robust: the correction is a weighted mean of residuals.
 *
 *   V = outcome term + sum w (r - g) / sum w
 *
 * The interval takes the denominator's spread into account (delta method).
 *
 * @param rounds `reward`, `weight`, `prediction`, and `direct` or `generated`
 * @throws TypeError when an array is missing or lengths differ; RangeError when a number is out of range or all weights
 *   are 0
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const reward = Float64Array.of(1, 2), weight = Float64Array.of(3, 1), none = Float64Array.of(0, 0);
 * assert.equal(sndr({ reward, weight, prediction: none, direct: none }).value, 1.25);
 * ```
 */
export function sndr(rounds: Rounds, options: EstimateOptions = {}): Estimate {
  return assemble(termsOf("sndr", rounds), options);
}

/**
 * Switch-DR (Wang, Agarwal & Dudík, ICML 2017): corrects only where the weight is at most lambda, trusts the model elsewhere.
 *
 *   V = outcome term + (1/n) sum 1[w <= lambda] w (r - g)
 *
 * @param rounds `reward`, `weight`, `prediction`, and `direct` or `generated`
 * @param options.lambda in [0, Infinity]; 10 unless given, Infinity is {@link dr} to the bit
 * @throws TypeError when an array is missing or lengths differ; RangeError when a number is out of range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const reward = Float64Array.of(1, 1), weight = Float64Array.of(1, 50), none = Float64Array.of(0, 0);
 * assert.equal(switchDr({ reward, weight, prediction: none, direct: none }, { lambda: 10 }).value, 0.5);
 * ```
 */
export function switchDr(
  rounds: Rounds,
  { lambda = DEFAULT_LAMBDA, ...options }: EstimateOptions & LambdaOptions = {},
): Estimate {
  return assemble(termsOf("switch-dr", rounds, lambda), options);
}

/**
 * DR with optimistic shrinkage (Su, Dimakopoulou, Krishnamurthy & Dudík, ICML 2020): large weights shrink smoothly,
 * from the outcome model alone at lambda = 0 to {@link dr} to the bit at Infinity.
 *
 *   V = outcome term + (1/n) sum lambda w / (w^2 + lambda) (r - g)
 *
 * @param rounds `reward`, `weight`, `prediction`, and `direct` or `generated`
 * @param options.lambda in [0, Infinity]; 10 unless given. At 0 nothing is corrected and the value is that of the direct
 *   method: it is the default of Open Bandit Pipeline 0.5.7's `DoublyRobustWithShrinkage` (docs/estimators.md)
 * @throws TypeError when an array is missing or lengths differ; RangeError when a number is out of range
 *
 * @example Rewards that the model does not foresee count unless lambda is 0
 * ```ts
 * import assert from "node:assert/strict";
 * const reward = Float64Array.of(1, 1), weight = Float64Array.of(2, 2), none = Float64Array.of(0, 0);
 * const rounds = { reward, weight, prediction: none, direct: none };
 * assert.equal(drOptimisticShrinkage(rounds, { lambda: 4 }).value, 1);
 * assert.equal(drOptimisticShrinkage(rounds, { lambda: 0 }).value, 0);
 * ```
 */
export function drOptimisticShrinkage(
  rounds: Rounds,
  { lambda = DEFAULT_LAMBDA, ...options }: EstimateOptions & LambdaOptions = {},
): Estimate {
  return assemble(termsOf("dros", rounds, lambda), options);
}

/**
 * Doubly robust with sub-Gaussian weights (Metelli, Russo & Restelli, NeurIPS 2021).
 *
 *   V = outcome term + (1/n) sum w (r - g) / (1 - lambda + lambda w)
 *
 * @param rounds `reward`, `weight`, `prediction`, and `direct` or `generated`
 * @param options.lambda in [0, 1]; 0 is {@link dr} to the bit
 * @throws TypeError when an array is missing or lengths differ; RangeError when a number is out of range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const reward = Float64Array.of(1, 1), weight = Float64Array.of(1, 3), none = Float64Array.of(0, 0);
 * assert.equal(subGaussianDr({ reward, weight, prediction: none, direct: none }, { lambda: 0.5 }).value, 1.25);
 * ```
 */
export function subGaussianDr(
  rounds: Rounds,
  { lambda, ...options }: EstimateOptions & Required<LambdaOptions>,
): Estimate {
  return assemble(termsOf("sub-Gaussian dr", rounds, lambda), options);
}

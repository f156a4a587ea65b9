/**
 * Propensities of logged actions where the logging law is not known.
 *
 * @module
 */

import { float64 } from "../float64.ts";
import { fitLogistic, type FitOptions } from "./outcome_models.ts";
import { checkLength } from "./rounds.ts";
import { checkPropensities } from "./weights.ts";

/** What estimated frequencies take. */
export interface FrequencyOptions {
  /** Number of actions A. */
  readonly actions: number;
  /** Pseudo-count added to every action, >= 0; 0 unless given. */
  readonly smoothing?: number;
  /** Stratum of each round, `[n]`, in 0 .. S-1, within which frequencies are counted; all 0 unless given. */
  readonly stratum?: ArrayLike<number>;
}

/** Estimated law of the logged actions. */
export interface Frequencies {
  /** Probability of every action in every stratum, row-major `[S, A]`; 0 throughout a stratum that was never seen. */
  readonly probabilities: Float64Array;
  /** Probability of each round's logged action, `[n]`, > 0. */
  readonly propensity: Float64Array;
}

/**
 * Propensities of discrete actions by their frequency: (count + smoothing) / (rounds + smoothing A), within strata.
 *
 * @param action `[n]`, in 0 .. A-1
 * @throws TypeError when lengths differ; RangeError when there is no round, or an action, stratum or the smoothing is out
 *   of range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { propensity } = frequencyPropensities([0, 0, 1, 0], { actions: 2 });
 * assert.deepEqual([...propensity], [0.75, 0.75, 0.25, 0.75]);
 * const smoothed = frequencyPropensities([0, 0], { actions: 2, smoothing: 1 });
 * assert.deepEqual([...smoothed.probabilities], [0.75, 0.25]);
 * ```
 */
export function frequencyPropensities(
  action: ArrayLike<number>,
  { actions, smoothing = 0, stratum }: FrequencyOptions,
): Frequencies {
  const n = action.length;
  if (n === 0) throw new RangeError("there are no rounds (action has length 0)");
  if (!Number.isInteger(actions) || actions < 1) {
    throw new RangeError(`actions must be a whole number >= 1, got ${actions}`);
  }
  if (!(smoothing >= 0 && smoothing < Infinity)) {
    throw new RangeError(`smoothing must be finite and >= 0, got ${smoothing}`);
  }
  if (stratum !== undefined) checkLength(stratum, n, "stratum");
  let strata = 1;
  for (let i = 0; i < n; i++) {
    if (!Number.isInteger(action[i]) || action[i] < 0 || action[i] >= actions) {
      throw new RangeError(`action[${i}] must be a whole number from 0 to ${actions - 1}, got ${action[i]}`);
    }
    const s = stratum?.[i] ?? 0;
    if (!Number.isInteger(s) || s < 0) throw new RangeError(`stratum[${i}] must be a whole number >= 0, got ${s}`);
    strata = Math.max(strata, s + 1);
  }
  const probabilities = new Float64Array(strata * actions), totals = new Float64Array(strata);
  const cell = (i: number) => (stratum?.[i] ?? 0) * actions + action[i];
  for (let i = 0; i < n; i++) {
    probabilities[cell(i)]++;
    totals[stratum?.[i] ?? 0]++;
  }
  for (let s = 0; s < strata; s++) {
    if (totals[s] === 0) continue;
    for (let a = 0; a < actions; a++) {
      const at = s * actions + a;
      probabilities[at] = (probabilities[at] + smoothing) / (totals[s] + smoothing * actions);
    }
  }
  return { probabilities, propensity: float64(action.length, (i) => probabilities[cell(i)]) };
}

/**
 * Propensities of two actions given covariates, by logistic regression.
 *
 * @param features covariates, row-major `[n, d]`
 * @param action `[n]`, 0 or 1
 * @returns probability of each round's logged action, `[n]`
 * @throws RangeError when an action is neither 0 nor 1, only one was logged, or a fitted probability rounds to 0; and
 *   what {@link fitLogistic} throws
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const propensity = logisticPropensities([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 0, 1, 1, 1], { penalty: 0 });
 * assert.ok(Math.abs(propensity[0] - 0.75) < 1e-9 && Math.abs(propensity[3] - 0.25) < 1e-9);
 * ```
 */
export function logisticPropensities(
  features: ArrayLike<number>,
  action: ArrayLike<number>,
  options: FitOptions,
): Float64Array {
  for (let i = 0; i < action.length; i++) {
    if (action[i] !== 0 && action[i] !== 1) throw new RangeError(`action[${i}] must be 0 or 1, got ${action[i]}`);
  }
  const propensity = fitLogistic(features, action, options).predict(features).map((p, i) =>
    action[i] === 1 ? p : 1 - p
  );
  checkPropensities(propensity);
  return propensity;
}

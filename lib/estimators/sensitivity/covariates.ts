/**
 * A measure for Γ: how far the odds of an action would be off if a covariate that is on record were not.
 *
 * @module
 */
import { float64 } from "../../float64.ts";
import { mean, quantileOfSorted, standardDeviation } from "../../statistics/summary.ts";
import { fitLogistic } from "../outcome_models.ts";
import { checkLength } from "../rounds.ts";

/** A covariate, of one column or several (indicators of a category). */
export interface Covariate {
  /** How it is called. */
  readonly name: string;
  /** Row-major `[n, k]`. */
  readonly values: ArrayLike<number>;
}

/** What leaving a covariate out of the propensities amounts to, over the rounds. */
export interface CovariateGamma {
  /** How it is called. */
  readonly name: string;
  /** Half of the rounds have odds that are off by less. */
  readonly median: number;
  /** Nine of ten have. */
  readonly ninth: number;
  /** All have; one round decides it. */
  readonly largest: number;
}

/** Pull of fitted coefficients, on covariates of standard deviation 1: it only keeps separable actions finite. */
const PENALTY = 1;

/**
 * For each covariate, the Γ that dropping it from the propensities would amount to: the odds of the logged action, by
 * logistic regression of each action against the others, fitted with and without it; the ratio of the two or its inverse,
 * whichever is larger. A hidden confounder as strong as that covariate, given the others, would have about this Γ.
 *
 * @param action `[n]`
 * @param covariates all that propensities are fitted to; columns that are the same in all rounds do nothing
 * @returns one a covariate, in their order
 * @throws TypeError when lengths differ; RangeError when there is no covariate, only one action was logged, or a value is not
 *   finite
 *
 * @example Actions follow x, with odds of 3 and 1/3, and not z
 * ```ts
 * import assert from "node:assert/strict";
 * const every = Array.from({ length: 800 }, (_, i) => i);
 * const x = every.map((i) => i % 2), z = every.map((i) => (i >> 1) % 2);
 * const action = every.map((i) => (i >> 2) % 4 === 0 ? 1 - x[i] : x[i]);
 * const [ofX, ofZ] = covariateGammas(action, [{ name: "x", values: x }, { name: "z", values: z }]);
 * assert.ok(Math.abs(ofX.median - 3) < 0.05 && Math.abs(ofZ.largest - 1) < 1e-9);
 * ```
 */
export function covariateGammas(action: ArrayLike<number>, covariates: readonly Covariate[]): CovariateGamma[] {
  const n = action.length;
  if (covariates.length === 0) throw new RangeError("covariates: expected at least one, got none");
  const actions = [...new Set(Array.from(action))];
  if (actions.length < 2) {
    throw new RangeError(`action: only one action was logged (${actions[0]}), so its propensity follows no covariate`);
  }
  const columns = covariates.map((covariate) => standardised(covariate, n));
  const ratios = covariates.map(() => new Float64Array(n));
  for (const a of actions) {
    const taken = float64(action.length, (i) => action[i] === a ? 1 : 0);
    const whole = logOdds(columns.flat(), taken);
    covariates.forEach((_, j) => {
      const without = logOdds(columns.filter((_, k) => k !== j).flat(), taken);
      for (let i = 0; i < n; i++) if (taken[i] === 1) ratios[j][i] = Math.exp(Math.abs(whole[i] - without[i]));
    });
  }
  return covariates.map(({ name }, j) => {
    const sorted = ratios[j].toSorted();
    return {
      name,
      median: quantileOfSorted(sorted, 0.5),
      ninth: quantileOfSorted(sorted, 0.9),
      largest: sorted[n - 1],
    };
  });
}

/** Columns of standard deviation 1 and mean 0; none of a constant. */
function standardised({ name, values }: Covariate, n: number): Float64Array[] {
  const width = values.length / n;
  if (!Number.isInteger(width)) checkLength(values, n, `covariate ${name}`);
  return Array.from({ length: width }, (_, k) => {
    const column = float64(n, (i) => values[i * width + k]);
    if (column.every((v) => v === column[0])) return undefined;
    const centre = mean(column), spread = standardDeviation(column);
    return column.map((v) => (v - centre) / spread);
  }).filter((column) => column !== undefined);
}

/** Fitted log odds of an action in each round. */
function logOdds(columns: readonly Float64Array[], taken: Float64Array): Float64Array {
  const n = taken.length, d = columns.length;
  if (d === 0) {
    const share = taken.reduce((sum, v) => sum + v, 0) / n;
    return new Float64Array(n).fill(Math.log(share / (1 - share)));
  }
  const features = new Float64Array(n * d);
  columns.forEach((column, k) => column.forEach((v, i) => features[i * d + k] = v));
  const { coefficients, intercept } = fitLogistic(features, taken, { penalty: PENALTY });
  return float64(n, (i) => {
    let sum = intercept;
    for (let k = 0; k < d; k++) sum += coefficients[k] * features[i * d + k];
    return sum;
  });
}

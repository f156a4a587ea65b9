/**
 * Value of a policy from logged data: the estimators, by name, and what they need.
 *
 * @module
 */

import { naive, outcomeOnly } from "./direct.ts";
import { dr, drOptimisticShrinkage, sndr, switchDr } from "./dr.ts";
import { clippedIpw, DEFAULT_LAMBDA, ipw, snipw } from "./ipw.ts";
import type { Estimate, EstimateOptions, Rounds } from "./rounds.ts";
import type { Terms } from "./estimate.ts";
import type { LambdaOptions } from "./shrinkage.ts";
import { type EstimatorId, termsOf } from "./terms.ts";

export * from "./action_log.ts";
export * from "./cross_fit.ts";
export * from "./direct.ts";
export * from "./dr.ts";
export * from "./groups.ts";
export * from "./ipw.ts";
export { type Comparisons, lengthControlledWinRate, type WinRate } from "./length_controlled.ts";
export * from "./tied_win_rate.ts";
export * from "./outcome_models.ts";
export * from "./propensities.ts";
export * from "./resampling.ts";
export * from "./sensitivity/bradley_terry_bounds.ts";
export * from "./sensitivity/covariates.ts";
export * from "./sensitivity/policy_bounds.ts";
export * from "./sensitivity/preference_bounds.ts";
export type { SelectionLog, TargetPolicy } from "./sensitivity/selection.ts";
export * from "./sensitivity/turning.ts";
export type { Estimate, EstimateOptions, Generated, Rounds, Support } from "./rounds.ts";
export type { LambdaOptions } from "./shrinkage.ts";
export * from "./support.ts";
export * from "./tail_index.ts";
export type { Terms } from "./estimate.ts";
export type { EstimatorId } from "./terms.ts";
export * from "./weights.ts";

/** A number that tunes an estimator. */
interface EstimatorOption {
  /** Taken when the option is not given. */
  readonly default: number;
  /** Both ends belong to the range. */
  readonly range: readonly [number, number];
  /** What it does, for help and tables. */
  readonly text: string;
}

/** A line of the table of estimators. */
export interface Estimator {
  /** For legends and tables. */
  readonly label: string;
  /**
   * The estimator.
   *
   * @throws TypeError when an option is given that the estimator does not have; otherwise as its function
   */
  estimate(rounds: Rounds, options?: EstimateOptions & LambdaOptions): Estimate;
  /**
   * What the estimator averages, which {@linkcode bootstrapIntervals} resamples.
   *
   * @throws as `estimate`
   */
  terms(rounds: Rounds, options?: LambdaOptions): Terms;
  /** Importance weights, an outcome model (`prediction` and `direct` or `generated`), both, or neither. */
  readonly needs: readonly ("weight" | "prediction")[];
  /** By name; every estimator takes `level` and `groups` besides. */
  readonly options: Readonly<Record<string, EstimatorOption>>;
  /** Who proposed it. */
  readonly source: string;
}

/** What every estimator takes. */
const COMMON: readonly string[] = ["level", "groups"];

type Needs = Estimator["needs"];
const MODEL: Needs = ["prediction"];
const WEIGHTS: Needs = ["weight"];
const BOTH: Needs = ["weight", "prediction"];

function lambda(fallback: number, text: string): Estimator["options"] {
  return { lambda: { default: fallback, range: [0, Infinity], text } };
}

/** A line whose estimator refuses options it would ignore. */
function line(
  id: EstimatorId,
  label: string,
  estimate: Estimator["estimate"],
  needs: Needs,
  options: Estimator["options"],
  source: string,
): Estimator {
  const refuse = (given: object) => {
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined && !COMMON.includes(name) && !(name in options)) {
        throw new TypeError(
          `${label} has no option "${name}"; it takes ${[...COMMON, ...Object.keys(options)].join(", ")}`,
        );
      }
    }
  };
  return {
    label,
    estimate(rounds, given = {}) {
      refuse(given);
      return estimate(rounds, given);
    },
    terms(rounds, given = {}) {
      refuse(given);
      return termsOf(id, rounds, given.lambda ?? options.lambda?.default);
    },
    needs,
    options,
    source,
  };
}

/**
 * All estimators, by name.
 *
 * @example Every estimator on one log
 * ```ts
 * import assert from "node:assert/strict";
 * const ones = Float64Array.of(1, 1, 1);
 * const rounds = { reward: ones, weight: ones, prediction: ones, direct: ones };
 * for (const { estimate } of Object.values(estimators)) assert.equal(estimate(rounds).value, 1);
 * ```
 */
export const estimators: Readonly<Record<EstimatorId, Estimator>> = {
  "naive": line("naive", "Naive mean", naive, [], {}, "mean of the logged outcomes"),
  "outcome-only": line(
    "outcome-only",
    "Outcome model only",
    outcomeOnly,
    MODEL,
    {},
    "direct method; Lin, Ben-Michael & Morency, UAI 2024",
  ),
  "ipw": line("ipw", "IPW", ipw, WEIGHTS, {}, "Horvitz & Thompson 1952; CPO of Lin, Ben-Michael & Morency, UAI 2024"),
  "snipw": line("snipw", "Self-normalised IPW", snipw, WEIGHTS, {}, "Hájek 1971; Swaminathan & Joachims, NeurIPS 2015"),
  "clipped": line(
    "clipped",
    "Clipped IPW",
    clippedIpw,
    WEIGHTS,
    lambda(DEFAULT_LAMBDA, "largest weight; larger ones are cut to it"),
    "Ionides 2008",
  ),
  "dr": line(
    "dr",
    "DR",
    dr,
    BOTH,
    lambda(Infinity, "largest weight; larger ones are cut to it"),
    "Robins, Rotnitzky & Zhao 1994; Dudík, Langford & Li, ICML 2011; DR-CPO of Lin, Ben-Michael & Morency, UAI 2024",
  ),
  "sndr": line("sndr", "Self-normalised DR", sndr, BOTH, {}, "Robins et al. 2007; Thomas & Brunskill, ICML 2016"),
  "switch-dr": line(
    "switch-dr",
    "Switch-DR",
    switchDr,
    BOTH,
    lambda(DEFAULT_LAMBDA, "largest weight that is used; above it the model alone"),
    "Wang, Agarwal & Dudík, ICML 2017",
  ),
  "dros": line(
    "dros",
    "DR, optimistic shrinkage",
    drOptimisticShrinkage,
    BOTH,
    lambda(DEFAULT_LAMBDA, "shrinks w to lambda w / (w^2 + lambda)"),
    "Su, Dimakopoulou, Krishnamurthy & Dudík, ICML 2020",
  ),
};

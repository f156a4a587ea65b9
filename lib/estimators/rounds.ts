/**
 * What every estimator reads and what it returns.
 *
 * @module
 */

import { checkFinite } from "../statistics/summary.ts";
import { checkProducts } from "./check.ts";

/**
 * Logged rounds i = 1..n, in the policy's terms: no actions or texts, only what the estimators need of them.
 *
 * `g` is the outcome model: `prediction` is g at the logged action; `direct` is its mean under the target policy in that
 * round's context. Where that mean cannot be enumerated, `generated` takes its place.
 */
export interface Rounds {
  /** Outcome of the logged action, `[n]`. */
  readonly reward: Float64Array;
  /** Probability of the logged action under the target policy over that under the logging policy, `[n]`, >= 0. */
  readonly weight: Float64Array;
  /** Outcome model at the logged action, `[n]`. */
  readonly prediction?: Float64Array;
  /** Outcome model averaged over the target policy, `[n]`. */
  readonly direct?: Float64Array;
  /** Texts drawn from a fixed policy f0; used instead of `direct`. */
  readonly generated?: Generated;
  /**
   * Who or what each round belongs to (a reader, a prompt, an annotator), `[n]`; rounds of one group are not independent. Errors
   * are CR1 with Student's law; what other libraries do with clusters is in docs/estimators.md.
   */
  readonly groups?: ArrayLike<number | string>;
  /** Where the target policy goes that the log does not; see {@linkcode Support}. */
  readonly support?: Support;
}

/** How much of the target policy the log can say nothing about. */
export interface Support {
  /** Mean over rounds of the target's probability of actions that were never logged (in the round's segment), in [0, 1]. */
  readonly missing: number;
  /** The same within each segment, where there are segments, by name. */
  readonly bySegment: ReadonlyMap<number | string, number>;
  /** What is missing where, in words; empty where nothing is. */
  readonly text: string;
  /** Whether what is missing is more than chance leaves out, so that no weighting of this log identifies the value. */
  readonly hole: boolean;
}

/** m texts drawn from a fixed policy f0, the second sample of DR-CPO's outcome term. */
export interface Generated {
  /** Probability under the target policy over that under f0, `[m]`, >= 0. */
  readonly weight: Float64Array;
  /** Outcome model at the text, `[m]`. */
  readonly prediction: Float64Array;
}

/** A value with its Wald interval, and what the weights behind it were like. */
export interface Estimate {
  /** Estimated value of the target policy, in the unit of the reward. */
  readonly value: number;
  /** Over groups where there are any; infinite for a single round or group, which says nothing about its spread. */
  readonly standardError: number;
  /** Lower end of the Wald interval (Student's with one degree less than groups, where there are groups). */
  readonly lower: number;
  /** Upper end of the Wald interval. */
  readonly upper: number;
  /** Rounds behind the value; for the outcome term alone with generated texts, the number of texts. */
  readonly n: number;
  /** Kish's (sum w)^2 / sum w^2 of the weights before any clipping; `n` for an estimator that weights nothing. */
  readonly effectiveSampleSize: number;
  /** Before any clipping; 1 for an estimator that weights nothing. */
  readonly largestWeight: number;
  /** Before any clipping; 1 on average where propensities are right and the log covers the target. */
  readonly meanWeight: number;
  /** Standard error of the mean weight, over groups where there are any. */
  readonly meanWeightError: number;
  /** What the weights and the support give to think about, a sentence each; empty where nothing does. */
  readonly warnings: readonly string[];
  /** Share of rounds whose weight the estimator altered. */
  readonly clippedFraction: number;
  /** Influence of each round on the value, `[n]`, of sum 0 but for rounding; the standard error comes from its spread. */
  readonly influence: Float64Array;
}

/** What every estimator takes. */
export interface EstimateOptions {
  /** Probability that the Wald interval covers the truth, in (0, 1); 0.95 unless given. */
  readonly level?: number;
  /** Groups of the rounds, `[n]`, in place of those of the rounds themselves. */
  readonly groups?: ArrayLike<number | string>;
}

/** An array of the rounds that an estimator reads. */
export type RoundsField = "weight" | "prediction" | "outcome term";

/**
 * Checks that the rounds are there, of one length, finite, with weights >= 0.
 *
 * @param reads the arrays the estimator reads besides the reward
 * @throws TypeError when an array is missing or lengths differ, RangeError when there is no round or a number is not
 *   finite or a weight is negative, naming the array and the round, or when the target goes where the log never did and
 *   no outcome model is read: the value is not identified
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rounds = { reward: Float64Array.of(1), weight: Float64Array.of(-1) };
 * assert.throws(() => checkRounds(rounds, ["weight"], "ipw"), /weight\[0\] must be >= 0, got -1/);
 * ```
 */
export function checkRounds(rounds: Rounds, reads: readonly RoundsField[], estimator: string): void {
  const { reward, weight, prediction, direct, generated, support, groups } = rounds;
  const n = reward.length;
  if (n === 0) throw new RangeError(`${estimator}: there are no rounds (reward has length 0)`);
  checkFinite(reward, "reward");
  if (groups !== undefined) checkLength(groups, n, "groups");
  // With an outcome model the value rests on the model there, which is said as a warning.
  if (support?.hole && reads.includes("weight") && !reads.includes("outcome term")) {
    throw new RangeError(`${estimator}: not identified: ${support.text}`);
  }
  if (reads.includes("weight")) checkWeights(weight, n, "weight");
  if (reads.includes("prediction")) checkColumn(prediction, n, "prediction", estimator);
  if (reads.includes("weight")) checkProducts(weight, reward, "weight", "reward");
  if (reads.includes("weight") && prediction && reads.includes("prediction")) {
    checkProducts(weight, prediction, "weight", "prediction");
  }
  if (!reads.includes("outcome term")) return;
  if (generated === undefined) {
    checkColumn(direct, n, "direct", estimator);
  } else {
    const m = generated.prediction.length;
    if (m === 0) throw new RangeError(`${estimator}: there are no generated texts (generated.prediction has length 0)`);
    checkFinite(generated.prediction, "generated.prediction");
    checkWeights(generated.weight, m, "generated.weight");
    checkProducts(generated.weight, generated.prediction, "generated.weight", "generated.prediction");
  }
}

function checkColumn(values: Float64Array | undefined, n: number, name: string, estimator: string): void {
  if (values === undefined) {
    const instead = name === "direct" ? " or rounds.generated" : "";
    throw new TypeError(`${estimator} needs an outcome model: rounds.${name}${instead} is missing`);
  }
  checkLength(values, n, name);
  checkFinite(values, name);
}

function checkWeights(values: Float64Array, n: number, name: string): void {
  checkLength(values, n, name);
  checkFinite(values, name);
  for (let i = 0; i < n; i++) {
    if (values[i] < 0) throw new RangeError(`${name}[${i}] must be >= 0, got ${values[i]}`);
  }
}

/**
 * Checks the length of a column.
 *
 * @throws TypeError when `values` has not `n` elements, naming both numbers
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkLength([1, 2], 3, "action"), /action must have length 3, got 2/);
 * ```
 */
export function checkLength(values: ArrayLike<unknown>, n: number, name: string): void {
  if (values.length !== n) throw new TypeError(`${name} must have length ${n}, got ${values.length}`);
}

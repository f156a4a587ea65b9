/**
 * What each estimator averages: its formula, round by round.
 *
 * @module
 */
import { checkSomeWeight, outcomeTerm, type Terms } from "./estimate.ts";
import { checkRounds, type Rounds, type RoundsField } from "./rounds.ts";
import { clip, shrinkOptimistically, subGaussian, switchOff } from "./shrinkage.ts";

/** Name of an estimator in flags, rows and tables. */
export type EstimatorId =
  | "naive"
  | "outcome-only"
  | "ipw"
  | "snipw"
  | "clipped"
  | "dr"
  | "sndr"
  | "switch-dr"
  | "dros";

/** What an estimator adds to its name and its checked rounds. */
type Parts = Omit<Terms, "estimator" | "rounds">;

/** What an estimator reads, and what it makes of it. */
interface Formula {
  readonly reads: readonly RoundsField[];
  readonly parts: (rounds: Rounds, lambda: number) => Parts;
}

const WEIGHT: readonly RoundsField[] = ["weight"];
const BOTH: readonly RoundsField[] = ["weight", "prediction", "outcome term"];

/** Mean of the rewards under weights that were tamed. */
function weighted(tame: (weight: Float64Array, lambda: number) => Float64Array): Formula {
  return {
    reads: WEIGHT,
    parts({ reward, weight }, lambda) {
      const altered = tame(weight, lambda);
      return { correction: { numerator: altered.map((w, i) => w * reward[i]) }, weights: { weight, altered } };
    },
  };
}

function weightedResiduals({ reward, prediction }: Rounds, weight: Float64Array): Float64Array {
  return weight.map((w, i) => w * (reward[i] - prediction![i]));
}

/** The outcome terms, corrected by the mean of the residuals under weights that were tamed. */
function corrected(tame: (weight: Float64Array, lambda: number) => Float64Array): Formula {
  return {
    reads: BOTH,
    parts(rounds, lambda) {
      const { weight } = rounds, altered = tame(weight, lambda);
      const correction = { numerator: weightedResiduals(rounds, altered) };
      return { correction, outcome: outcomeTerm(rounds), weights: { weight, altered } };
    },
  };
}

const FORMULAS: Readonly<Record<EstimatorId | "sub-Gaussian ipw" | "sub-Gaussian dr", Formula>> = {
  "naive": { reads: [], parts: ({ reward }) => ({ correction: { numerator: reward } }) },
  "outcome-only": { reads: ["outcome term"], parts: (rounds) => ({ outcome: outcomeTerm(rounds) }) },
  "ipw": weighted((weight) => weight),
  "snipw": {
    reads: WEIGHT,
    parts({ reward, weight }) {
      checkSomeWeight(weight, "snipw");
      const numerator = weight.map((w, i) => w * reward[i]);
      return { correction: { numerator, denominator: weight }, weights: { weight } };
    },
  },
  "clipped": weighted(clip),
  "sub-Gaussian ipw": weighted(subGaussian),
  "dr": corrected(clip),
  "sndr": {
    reads: BOTH,
    parts(rounds) {
      const { weight } = rounds;
      checkSomeWeight(weight, "sndr");
      const correction = { numerator: weightedResiduals(rounds, weight), denominator: weight };
      return { correction, outcome: outcomeTerm(rounds), weights: { weight } };
    },
  },
  "switch-dr": corrected(switchOff),
  "dros": corrected(shrinkOptimistically),
  "sub-Gaussian dr": corrected(subGaussian),
};

/**
 * What the estimator of that name averages.
 *
 * @param rounds checked here
 * @param lambda of estimators that have one, as {@linkcode clippedIpw} and others say; Infinity unless given
 * @throws TypeError when an array is missing or lengths differ; RangeError when a number is out of range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const reward = Float64Array.of(1, 1), weight = Float64Array.of(1, 100);
 * const { correction } = termsOf("clipped", { reward, weight }, 3);
 * assert.deepEqual([...correction!.numerator], [1, 3]);
 * ```
 */
export function termsOf(estimator: keyof typeof FORMULAS, rounds: Rounds, lambda = Infinity): Terms {
  const { reads, parts } = FORMULAS[estimator];
  checkRounds(rounds, reads, estimator);
  return { estimator, rounds, ...parts(rounds, lambda) };
}

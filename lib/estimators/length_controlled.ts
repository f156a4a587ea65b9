/**
 * Win rates that the length of answers does not raise.
 *
 * @module
 */
import { sigmoid } from "../exact/logistic.ts";
import { studentQuantile } from "../statistics/distributions.ts";
import { checkLevel } from "../statistics/intervals.ts";
import { checkFinite, standardDeviation } from "../statistics/summary.ts";
import { fitLogistic } from "./outcome_models.ts";
import { checkLength } from "./rounds.ts";

/** Comparisons of a model m with a baseline b, `[n]` each. */
export interface Comparisons {
  /** What a judge says of m's answer against b's, in [0, 1]: 1 better, 0 worse, 1/2 a tie; probabilities are allowed. */
  readonly preference: ArrayLike<number>;
  /** Length of m's answer, in any unit, >= 0. */
  readonly length: ArrayLike<number>;
  /** Length of b's answer, in the same unit, >= 0. */
  readonly baselineLength: ArrayLike<number>;
  /** Group of each comparison (prompt, annotator): the unit whose spread the interval has; each its own unless given. */
  readonly groups?: ArrayLike<number | string>;
  /** What each comparison counts for, such as an inverse propensity, >= 0; 1 unless given. */
  readonly weights?: ArrayLike<number>;
}

/** A win rate with its interval. */
export interface WinRate {
  /** Probability that m's answer would be preferred to b's if both were equally long. */
  readonly winRate: number;
  /** Lower end of the interval. */
  readonly lower: number;
  /** Upper end of the interval. */
  readonly upper: number;
  /** Mean preference, lengths as they are. */
  readonly raw: number;
  /** φ: what a much longer answer adds to the log odds; 0 where all answers are equally long. */
  readonly lengthEffect: number;
  /** Groups behind the interval. */
  readonly n: number;
}

/**
 * Length-controlled win rate (Dubois, Galambosi, Liang and Hashimoto, "Length-Controlled AlpacaEval", 2024, arXiv
 * 2404.04475): a logistic regression of preferences on the difference in length, read where that difference is 0.
 *
 *   logit P(m beats b) = θ + φ tanh(Δ/sd(Δ)),   Δ = length of m's answer − length of b's,   win rate = σ(θ)
 *
 * From the other side it is one minus this, and a model against itself has 1/2. The interval is Student's on the log odds,
 * with the robust variance over groups, and 2 degrees of freedom less than groups (1 less without a length term). Departures
 * from the paper: no term for how hard an instruction is, which takes many models to fit, and no penalty, which would pull
 * every rate towards 1/2.
 *
 * @param options.level probability that the interval covers the truth, in (0, 1); 0.95 unless given
 * @throws TypeError when lengths of the lists differ; RangeError for numbers out of range, naming argument and row, for
 * fewer than 3 groups, where one side wins all, and where every answer of m is longer than b's by the same; DivergenceError
 * where lengths tell wins and losses apart without error
 * @example Preferred more where it is longer
 * ```ts
 * import assert from "node:assert/strict";
 * const found = lengthControlledWinRate({
 *   preference: [1, 1, 1, 0, 1, 0, 0, 1],
 *   length: [90, 80, 90, 80, 50, 50, 20, 20],
 *   baselineLength: [50, 40, 50, 40, 50, 50, 60, 60],
 * });
 * assert.equal(found.raw, 0.625);
 * assert.ok(found.lengthEffect > 0 && Math.abs(found.winRate - 0.5964) < 1e-4);
 * ```
 */
export function lengthControlledWinRate(
  comparisons: Comparisons,
  { level = 0.95 }: { readonly level?: number } = {},
): WinRate {
  checkLevel(level);
  const { preference, length, baselineLength, groups } = comparisons, n = preference.length;
  const weights = checkComparisons(comparisons), total = weights.reduce((sum, weight) => sum + weight, 0);
  const raw = weights.reduce((sum, weight, i) => sum + weight * preference[i], 0) / total;
  if (raw === 0 || raw === 1) {
    throw new RangeError(
      `preference: one side wins all ${n} comparisons, so log odds have no estimate; give the share with an exact interval`,
    );
  }
  const feature = lengthFeature(length, baselineLength);
  const isPlain = feature === undefined;
  const { intercept: theta, coefficients: [phi] } = isPlain
    ? { intercept: Math.log(raw / (1 - raw)), coefficients: [0] }
    : fitLogistic(feature, preference, { penalty: 0, weights });

  // Bread of the sandwich: the 2 x 2 Hessian, of which the first row of the inverse is needed.
  let aa = 0, ab = 0, bb = 0;
  const residual = new Float64Array(n), x = feature ?? new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const p = sigmoid(theta + phi * x[i]), weight = weights[i] * p * (1 - p);
    aa += weight;
    ab += weight * x[i];
    bb += weight * x[i] * x[i];
    residual[i] = weights[i] * (preference[i] - p);
  }
  const [own, cross] = isPlain ? [1 / aa, 0] : [bb / (aa * bb - ab * ab), -ab / (aa * bb - ab * ab)];
  const sums = new Map<number | string, number>();
  for (let i = 0; i < n; i++) {
    const group = groups?.[i] ?? i;
    sums.set(group, (sums.get(group) ?? 0) + (own + cross * x[i]) * residual[i]);
  }
  const count = sums.size, fitted = isPlain ? 1 : 2;
  if (count < 3) throw new RangeError(`expected at least 3 ${groups ? "groups" : "comparisons"}, got ${count}`);
  const squares = [...sums.values()].reduce((total, sum) => total + sum * sum, 0);
  const half = studentQuantile((1 + level) / 2, count - fitted) * Math.sqrt(squares * count / (count - fitted));
  return {
    winRate: sigmoid(theta),
    lower: sigmoid(theta - half),
    upper: sigmoid(theta + half),
    raw,
    lengthEffect: phi,
    n: count,
  };
}

/**
 * Checks comparisons.
 *
 * @returns what each counts for
 * @throws TypeError when lengths of the lists differ; RangeError for numbers out of range, naming argument and row
 */
export function checkComparisons(
  { preference, length, baselineLength, groups, weights }: Comparisons,
): Float64Array {
  const n = preference.length;
  checkFinite(preference, "preference");
  checkRange(preference, "preference", 1);
  const counts = weights === undefined ? new Float64Array(n).fill(1) : Float64Array.from(weights);
  for (const [name, values] of Object.entries({ length, baselineLength, weights: counts })) {
    checkLength(values, n, name);
    checkFinite(values, name);
    checkRange(values, name, Infinity);
  }
  if (groups !== undefined) checkLength(groups, n, "groups");
  if (counts.every((weight) => weight === 0)) throw new RangeError("weights: all are 0");
  return counts;
}

/**
 * tanh(Δ/sd(Δ)); undefined where all answers are as long as the baseline's.
 *
 * @throws RangeError where each is longer by the same
 */
export function lengthFeature(length: ArrayLike<number>, baseline: ArrayLike<number>): Float64Array | undefined {
  const differences = Float64Array.from(length, (value, i) => value - baseline[i]);
  if (differences.every((value) => value === 0)) return undefined;
  if (differences.every((value) => value === differences[0])) {
    throw new RangeError(
      `length: each answer is ${
        differences[0]
      } longer than the baseline's, so nothing shows what equal lengths would do`,
    );
  }
  const scale = standardDeviation(differences);
  return differences.map((value) => Math.tanh(value / scale));
}

function checkRange(values: ArrayLike<number>, name: string, most: number): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= 0 && values[i] <= most) continue;
    throw new RangeError(`${name}[${i}] must be ${most === 1 ? "in [0, 1]" : ">= 0"}, got ${values[i]}`);
  }
}

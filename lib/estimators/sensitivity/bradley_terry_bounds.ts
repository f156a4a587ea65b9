/**
 * Bounds on a coefficient of a fitted Bradley-Terry model under hidden confounding of its pairs.
 *
 * @module
 */
import { float64 } from "../../float64.ts";
import { solveDamped } from "../../exact/cholesky.ts";
import { sigmoid, softplus } from "../../exact/logistic.ts";
import { minimise } from "../../exact/newton.ts";
import { standardErrorOfSum } from "../../statistics/groups.ts";
import { checkFinite } from "../../statistics/summary.ts";
import { DivergenceError } from "../../user_error.ts";
import { standardErrors } from "../groups.ts";
import { checkLength, type EstimateOptions } from "../rounds.ts";
import type { Side } from "./adversary.ts";
import type { Bounds } from "./policy_bounds.ts";
import { checkPreferences, type HiddenIn, type LabelledPairs, shiftedChance } from "./preference_bounds.ts";
import { checkGamma } from "./selection.ts";

/** Pairs with what a reward is linear in. */
export interface FeaturePairs extends Omit<LabelledPairs, "stratum"> {
  /** Features of the first less those of the second, row-major `[n, D]`. */
  readonly differences: Float64Array;
}

/** Largest slope left of a mean log-likelihood. */
const TOLERANCE = 1e-11;

/**
 * Bounds on coefficient j of P(first preferred) = σ(x θ), where the chance of each pair, as fitted, may be off by Γ (see
 * `HiddenIn`): each pair's label is moved from its fitted chance to the end that moves the coefficient the most, and the
 * model is fitted again, until that moves the coefficient no further. Conditional on the features, so sharp where the model is right.
 *
 * At Γ = 1 both ends are the maximum of the likelihood, with its sandwich interval (over groups where there are any).
 *
 * @param coefficient j, in 0 .. D-1
 * @param gammas each finite and >= 1
 * @throws TypeError when lengths do not fit; RangeError when a number is out of range; DivergenceError where a fit runs away
 *   (labels, or labels at their ends, that features tell apart) or is not unique
 *
 * @example A length effect that the labels' odds could be behind
 * ```ts
 * import assert from "node:assert/strict";
 * const differences = Float64Array.from({ length: 100 }, (_, i) => i % 2 === 0 ? 1 : -1);
 * const preference = Array.from({ length: 100 }, (_, i) => (i % 10 < 6) === (i % 2 === 0) ? 1 : 0);
 * const [none, some] = bradleyTerryBounds({ differences, preference }, 0, [1, 2], "labels");
 * // Odds off by 2 in each pair move the one coefficient by log 2.
 * assert.ok(Math.abs(some.upper.value - none.upper.value - Math.LN2) < 1e-9);
 * ```
 */
export function bradleyTerryBounds(
  { differences, preference, groups: own }: FeaturePairs,
  coefficient: number,
  gammas: readonly number[],
  hidden: HiddenIn,
  { level = 0.95, groups = own }: EstimateOptions = {},
): Bounds[] {
  const n = preference.length, d = differences.length / n;
  checkFinite(preference, "preference", 1);
  checkPreferences(preference);
  checkFinite(differences, "differences");
  if (!Number.isInteger(d) || d < 1) {
    throw new TypeError(`differences must be ${n} rows of one length, got ${differences.length} numbers`);
  }
  if (!Number.isInteger(coefficient) || coefficient < 0 || coefficient >= d) {
    throw new RangeError(`coefficient must be a whole number from 0 to ${d - 1}, got ${coefficient}`);
  }
  if (groups !== undefined) checkLength(groups, n, "groups");
  const width = standardErrors(level, groups), pairs = { differences, n, d, coefficient };
  const plain = fit(pairs, Float64Array.from(preference), new Float64Array(d));
  const chance = chances(pairs, plain), own1 = leverages(pairs, chance);
  const end = (gamma: number, side: Side) => {
    checkGamma(gamma);
    const { theta, fitted, leverage, label, slope } = settle(pairs, preference, chance, plain, gamma, side, hidden);
    // A label at its end follows the fitted chance, which follows all labels.
    const through = new Float64Array(d);
    for (let i = 0; i < n; i++) {
      const factor = leverage.of[i] * (slope[i] - 1) * chance[i] * (1 - chance[i]);
      for (let k = 0; k < d; k++) through[k] += factor * differences[i * d + k];
    }
    const carried = own1.solve(through);
    const influence = float64(n, (i) => {
      let direct = leverage.of[i] * (label[i] - fitted[i]);
      for (let k = 0; k < d; k++) direct += carried[k] * differences[i * d + k] * (preference[i] - chance[i]);
      return direct;
    });
    const value = theta[coefficient], standardError = standardErrorOfSum(influence, groups);
    return { value, standardError, lower: value - width * standardError, upper: value + width * standardError };
  };
  return gammas.map((gamma) => ({ gamma, lower: end(gamma, "lower"), upper: end(gamma, "upper") }));
}

interface Pairs {
  readonly differences: Float64Array;
  readonly n: number;
  readonly d: number;
  readonly coefficient: number;
}

/** Labels at the ends that move the coefficient the most, and the fit to them. */
function settle(
  pairs: Pairs,
  preference: ArrayLike<number>,
  chance: Float64Array,
  start: Float64Array,
  gamma: number,
  side: Side,
  hidden: HiddenIn,
) {
  const { n, coefficient } = pairs, sign = side === "upper" ? 1 : -1;
  const at = (theta: Float64Array, label: Float64Array, slope: Float64Array) => {
    const fitted = chances(pairs, theta);
    return { theta, fitted, leverage: leverages(pairs, fitted), label, slope };
  };
  let best = at(start, Float64Array.from(preference), new Float64Array(n).fill(1));
  if (gamma === 1) return best;
  for (let refit = 0;; refit++) {
    const label = new Float64Array(n), slope = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const end: Side = (best.leverage.of[i] > 0) === (side === "upper") ? "upper" : "lower";
      const shifted = shiftedChance(chance[i], gamma, end, hidden);
      label[i] = preference[i] + (shifted.chance - chance[i]);
      slope[i] = shifted.slope;
    }
    const next = at(fit(pairs, label, best.theta), label, slope);
    // Ends are finitely many, and each fit moves further than the one before: this comes to an end.
    if (refit > 0 && !(sign * (next.theta[coefficient] - best.theta[coefficient]) > 0)) return best;
    best = next;
  }
}

/** θ of the largest likelihood of labels, which may lie outside [0, 1]. */
function fit({ differences, n, d }: Pairs, label: Float64Array, start: Float64Array): Float64Array {
  const { at, gradientNorm } = minimise(start, (theta, out) => {
    out.value = 0;
    out.gradient.fill(0);
    out.hessian.fill(0);
    for (let i = 0; i < n; i++) {
      const row = differences.subarray(i * d, (i + 1) * d), eta = dot(row, theta), p = sigmoid(eta);
      out.value += (softplus(eta) - label[i] * eta) / n;
      for (let j = 0; j < d; j++) {
        out.gradient[j] += (p - label[i]) * row[j] / n;
        for (let k = 0; k <= j; k++) out.hessian[j * d + k] += p * (1 - p) * row[j] * row[k] / n;
      }
    }
  }, TOLERANCE);
  // On labels that features tell apart slopes vanish far out, where chances are 0 and 1.
  const separated = () => chances({ differences, n, d, coefficient: 0 }, at).every((p) => p < 1e-8 || p > 1 - 1e-8);
  if (gradientNorm <= TOLERANCE * 100 && !separated()) return at;
  throw new DivergenceError(
    "Bradley-Terry model: the likelihood has no largest value: features tell the preferred from the other without error, " +
      "or gamma is too large for these pairs",
  );
}

function chances({ differences, n, d }: Pairs, theta: Float64Array): Float64Array {
  return float64(n, (i) => sigmoid(dot(differences.subarray(i * d, (i + 1) * d), theta)));
}

/** (H⁻¹ x_i)_j of each pair: what a label adds to the coefficient; and solutions of H s = v. */
function leverages({ differences, n, d, coefficient }: Pairs, chance: Float64Array) {
  const hessian = new Float64Array(d * d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      for (let k = 0; k <= j; k++) {
        hessian[j * d + k] += chance[i] * (1 - chance[i]) * differences[i * d + j] * differences[i * d + k];
      }
    }
  }
  const solve = (right: Float64Array) => {
    const room = { factor: new Float64Array(d * d), solution: new Float64Array(d) };
    if (solveDamped(hessian, right, 0, room)) return room.solution;
    throw new DivergenceError("Bradley-Terry model: features are collinear, so a coefficient is not determined");
  };
  const unit = new Float64Array(d);
  unit[coefficient] = 1;
  const row = solve(unit);
  return { of: float64(n, (i) => dot(differences.subarray(i * d, (i + 1) * d), row)), solve };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/**
 * The selection that would move a weighted sum of outcomes the most.
 *
 * With odds m_i = u_i (1/e_i - 1) and outcomes z_i, V in [1/Γ, Γ] moves the sum Σ u_i W_i z_i by Σ m_i (V_i - 1) z_i. The
 * weights of an action keep their sum, Σ m_i (V_i - 1) = 0 (quantile balancing: Dorn & Guo, JASA 118, 2023), so the most is
 * a linear program with one constraint an action, which a threshold κ solves: V = Γ above the Γ/(1 + Γ) quantile of z under
 * m, 1/Γ below. By duality the move is Σ m_i (V_i - 1) (z_i - κ), which does not change to first order with κ.
 *
 * @module
 */
import { float64 } from "../../float64.ts";
import { checkGamma } from "./selection.ts";

/**
 * Rounds that an action must have for a threshold of its own. A threshold that is fitted to k rounds makes bounds too
 * narrow by about one part in k; rarer actions share one, which is valid, and wider.
 */
const OWN_THRESHOLD = 30;

/** Which end. */
export type Side = "lower" | "upper";

/** The worst cases of one contrast. */
export interface Adversary {
  /**
   * What the worst selection adds to the reweighted outcome of each round, per unit of target probability.
   *
   * @returns `[n]`: the sum of contrast times it is how far the end lies from the sum without hidden confounding
   * @throws RangeError when gamma is below 1 or not finite
   */
  shift(gamma: number, side: Side): Float64Array;
  /**
   * The sum of contrast times {@linkcode shift}, in less time.
   *
   * @throws RangeError when gamma is below 1 or not finite
   */
  moved(gamma: number, side: Side): number;
}

/**
 * Sorts the rounds once; each Γ then takes one pass.
 *
 * @param outcome z: outcomes, or residuals of an outcome model `[n]`
 * @param action `[n]`
 * @param propensity e, `[n]`, in (0, 1]
 * @param contrast u: target probability of the logged action, or the difference of two, `[n]`, of any sign; a round where it
 *   is below 0 counts the other way round, and is balanced among its like
 *
 * @example Of two outcomes as likely each, Γ = 3 puts three times the weight on the larger, and balance takes it off the other
 * ```ts
 * import assert from "node:assert/strict";
 * const half = [0.5, 0.5, 0.5, 0.5], outcome = Float64Array.of(0, 0, 0, 1);
 * const { shift } = adversary({ outcome, action: [0, 0, 0, 0], propensity: half, contrast: Float64Array.of(1, 1, 1, 1) });
 * const moved = shift(3, "upper").reduce((sum, s) => sum + s, 0);
 * // Inverse propensities 1 + V, with V = 3 for the last and 1/3 for the others, whose sum is still 4.
 * assert.equal(moved, 2);
 * ```
 */
export function adversary({ outcome, action, propensity, contrast }: {
  readonly outcome: Float64Array;
  readonly action: ArrayLike<number>;
  readonly propensity: ArrayLike<number>;
  readonly contrast: Float64Array;
}): Adversary {
  const n = outcome.length, odds = new Float64Array(n), z = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    odds[i] = 1 / propensity[i] - 1;
    z[i] = contrast[i] < 0 ? -outcome[i] : outcome[i];
  }
  // Columns in sorted order: passes over them read memory in a row.
  const cells = cellsOf(action, contrast, odds).map((rounds) => {
    rounds.sort((i, j) => z[i] - z[j]);
    const sorted = float64(rounds.length, (k) => z[rounds[k]]);
    const mass = float64(rounds.length, (k) => Math.abs(contrast[rounds[k]]) * odds[rounds[k]]);
    const cumulative = mass.slice();
    for (let k = 1; k < mass.length; k++) cumulative[k] += cumulative[k - 1];
    const factor = float64(rounds.length, (k) => contrast[rounds[k]] < 0 ? -odds[rounds[k]] : odds[rounds[k]]);
    return { rounds, sorted, mass, cumulative, factor };
  });
  const cutAt = (cell: { cumulative: Float64Array }, gamma: number, side: Side) => {
    const { cumulative } = cell, last = cumulative.length - 1;
    const level = side === "upper" ? gamma / (1 + gamma) : 1 / (1 + gamma);
    return Math.min(last, firstReaching(cumulative, level * cumulative[last]));
  };
  /** V − 1 below and above the threshold. */
  const factors = (gamma: number, side: Side) =>
    side === "upper" ? [1 / gamma - 1, gamma - 1] as const : [gamma - 1, 1 / gamma - 1] as const;
  return {
    shift(gamma, side) {
      checkGamma(gamma);
      const shift = new Float64Array(n);
      if (gamma === 1) return shift;
      const [below, above] = factors(gamma, side);
      for (const cell of cells) {
        const { rounds, sorted, factor } = cell, cut = cutAt(cell, gamma, side), threshold = sorted[cut];
        for (let k = 0; k < rounds.length; k++) {
          shift[rounds[k]] = factor[k] * (k > cut ? above : below) * (sorted[k] - threshold);
        }
      }
      return shift;
    },
    moved(gamma, side) {
      checkGamma(gamma);
      const [below, above] = factors(gamma, side);
      let total = 0;
      for (const cell of cells) {
        const { sorted, mass } = cell, cut = cutAt(cell, gamma, side), threshold = sorted[cut];
        for (let k = 0; k < cut; k++) total += mass[k] * below * (sorted[k] - threshold);
        for (let k = cut + 1; k < sorted.length; k++) total += mass[k] * above * (sorted[k] - threshold);
      }
      return total;
    },
  };
}

/** Rounds that can be moved, by action and sign of the contrast; those of rare actions together. */
function cellsOf(action: ArrayLike<number>, contrast: Float64Array, odds: Float64Array): Uint32Array[] {
  const cells = [1, -1].flatMap((sign) => {
    const byAction = new Map<number, number[]>();
    for (let i = 0; i < odds.length; i++) {
      if (odds[i] === 0 || Math.sign(contrast[i]) !== sign) continue;
      const others = byAction.get(action[i]);
      if (others === undefined) byAction.set(action[i], [i]);
      else others.push(i);
    }
    const all = [...byAction.values()];
    const frequent = all.filter((rounds) => rounds.length >= OWN_THRESHOLD);
    return [...frequent, all.filter((rounds) => rounds.length < OWN_THRESHOLD).flat()];
  });
  return cells.filter((rounds) => rounds.length > 0).map((rounds) => Uint32Array.from(rounds));
}

/** Index of the first entry of an ascending array that is at least a value; its length where none is. */
function firstReaching(ascending: Float64Array, value: number): number {
  let low = 0, high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

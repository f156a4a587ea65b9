/**
 * Sums of losses of margins θ·x, as Newton's method wants them: reward models and log-linear policies fitted to pairs.
 *
 * @module
 */
import type { MarginLoss } from "./loss_forms.ts";
import type { Quadratic } from "./newton.ts";

/** Pairs to sum over. */
export interface WeightedPairs {
  /** x of each pair, features of the chosen response less those of the rejected one, row-major `[n, D]`. */
  readonly differences: Float64Array;
  /** What each pair's loss is multiplied by `[n]`. */
  readonly weights: Float64Array;
}

/**
 * Adds Σ_i w_i ℓ(θ·x_i) with its gradient and the lower half of its Hessian to an objective.
 *
 * @param loss ℓ, which may differ from pair to pair
 * @param theta `[D]`
 * @param out added to
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pairs = { differences: Float64Array.of(1, 2), weights: Float64Array.of(3) };
 * const out = { value: 0, gradient: new Float64Array(2), hessian: new Float64Array(4) };
 * addMargins(pairs, (margin, _, one) => one.set([margin ** 2 / 2, margin, 1]), Float64Array.of(1, 1), out);
 * assert.deepEqual([out.value, ...out.gradient, ...out.hessian], [13.5, 9, 18, 3, 0, 6, 12]);
 * ```
 */
export function addMargins(
  { differences, weights }: WeightedPairs,
  loss: MarginLoss,
  theta: Float64Array,
  out: Quadratic,
): void {
  const { gradient, hessian } = out, d = theta.length, n = weights.length;
  const one = new Float64Array(3), row = new Float64Array(d);
  let value = out.value;
  for (let i = 0, at = 0; i < n; i++) {
    let margin = 0;
    for (let k = 0; k < d; k++) {
      row[k] = differences[at++];
      margin += row[k] * theta[k];
    }
    loss(margin, i, one);
    const weight = weights[i], slope = weight * one[1], curvature = weight * one[2];
    value += weight * one[0];
    for (let k = 0; k < d; k++) {
      if (row[k] === 0) continue; // as many are where each pair has a margin of its own
      gradient[k] += slope * row[k];
      const scaled = curvature * row[k], line = k * d;
      for (let l = 0; l <= k; l++) hessian[line + l] += scaled * row[l];
    }
  }
  out.value = value;
}

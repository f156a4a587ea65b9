/**
 * How heavy the tail of importance weights is.
 *
 * @module
 */

import { checkFinite, mean } from "../statistics/summary.ts";

/** Weights that a tail has at least. */
const LEAST = 5;
/** What the estimate of k is drawn towards, and by as much as how many weights (Vehtari et al. 2024, appendix G). */
const PRIOR = { k: 0.5, weights: 10 };

/**
 * k of the generalised Pareto law that the largest weights follow (Vehtari, Simpson, Gelman, Yao & Gabry, "Pareto smoothed
 * importance sampling", JMLR 2024): moments up to 1/k exist. Above 0.5 the variance of an estimate with these weights is
 * infinite; above 0.7 it cannot be relied on; above 1 it has no mean.
 *
 * The tail is the largest min(n/5, 3√n) weights, five at least. The fit is the posterior mean of Zhang & Stephens
 * (Technometrics 2009), drawn towards 1/2 by as much as ten weights.
 *
 * @param weight importance weights, >= 0 and finite `[n]`; a common factor changes nothing
 * @returns k; 0 where the largest weights are all the same, which have no tail
 * @throws RangeError for six weights or fewer, and for weights that are not finite or negative
 * @example Weights of exponential tail are harmless, those of a Cauchy tail are not
 * ```ts
 * import assert from "node:assert/strict";
 * const chances = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000);
 * assert.ok(tailIndex(chances.map((p) => -Math.log(p))) < 0.1);
 * assert.ok(tailIndex(chances.map((p) => 1 / p)) > 0.9);
 * ```
 */
export function tailIndex(weight: ArrayLike<number>): number {
  checkFinite(weight, "weight", LEAST + 2);
  const sorted = Float64Array.from(weight).sort(), n = sorted.length;
  if (sorted[0] < 0) throw new RangeError(`weight: expected numbers >= 0, got ${sorted[0]}`);
  const count = Math.max(LEAST, Math.ceil(Math.min(n / 5, 3 * Math.sqrt(n))));
  const cut = sorted[n - count - 1], scale = sorted[n - 1] - cut;
  if (!(scale > 0)) return 0;
  // In units of the largest: a common factor cancels before rounding can see it.
  const beyond = sorted.subarray(n - count).map((w) => (w - cut) / scale);
  return (count * shapeOf(beyond) + PRIOR.weights * PRIOR.k) / (count + PRIOR.weights);
}

/** Posterior mean of Zhang & Stephens: of b = −k/σ on a grid, each with its profile likelihood. */
function shapeOf(beyond: Float64Array): number {
  const n = beyond.length, points = 30 + Math.floor(Math.sqrt(n));
  // A quartile of 0 has ties at the cut; the smallest that is not stands in.
  const quartile = beyond[Math.floor(n / 4 + 0.5) - 1] || beyond.find((x) => x > 0)!;
  const shape = (b: number) => mean(beyond.map((x) => Math.log1p(-b * x)));
  const grid = Array.from({ length: points }, (_, i) => {
    const b = 1 / beyond[n - 1] + (1 - Math.sqrt(points / (i + 0.5))) / (3 * quartile), k = shape(b);
    const rate = b === 0 ? 1 / mean(beyond) : -b / k; // 1/σ, which is that of an exponential law where b is 0
    return { b, likelihood: n * (Math.log(rate) - k - 1) };
  });
  const most = Math.max(...grid.map(({ likelihood }) => likelihood));
  let total = 0, sum = 0;
  for (const { b, likelihood } of grid) {
    const share = Math.exp(likelihood - most);
    total += share;
    sum += share * b;
  }
  return shape(sum / total);
}

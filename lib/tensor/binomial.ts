/**
 * Counts of many draws at once, in time that does not grow with the number of draws.
 *
 * @module
 */
import type { Rng } from "../random.ts";

/** log k! − log of its Stirling approximation, at k + 1: √(2π) (k+1)^{k+½} e^{−(k+1)}. */
function stirlingError(k: number): number {
  if (k < 10) {
    let logFactorial = 0;
    for (let i = 2; i <= k; i++) logFactorial += Math.log(i);
    return logFactorial - ((k + 0.5) * Math.log(k + 1) - (k + 1) + Math.log(2 * Math.PI) / 2);
  }
  const square = (k + 1) ** 2;
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}

/** Walks up the distribution function from 0; n·p small. */
function byInversion(n: number, p: number, rng: Rng): number {
  const odds = p / (1 - p);
  let left = rng.uniform(), chance = Math.exp(n * Math.log1p(-p)), k = 0;
  while (left >= chance && k < n) {
    left -= chance;
    chance *= odds * (n - k) / (k + 1);
    k++;
  }
  return k;
}

/** Transformed rejection with squeeze (BTRS); n·p >= 10 and p <= 1/2. */
function byRejection(n: number, p: number, rng: Rng): number {
  const odds = p / (1 - p), spread = Math.sqrt(n * p * (1 - p)), mode = Math.floor((n + 1) * p);
  const b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * p, centre = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * spread;
  while (true) {
    const u = rng.uniform() - 0.5, v = rng.uniform(), us = 0.5 - Math.abs(u);
    const k = Math.floor((2 * a / us + b) * u + centre);
    if (us >= 0.07 && v <= squeeze) return k;
    if (!(k >= 0 && k <= n)) continue;
    const bound = (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) + (k + 0.5) * Math.log(odds * (n - k + 1) / (k + 1)) +
      stirlingError(mode) + stirlingError(n - mode) - stirlingError(k) - stirlingError(n - k);
    if (Math.log(v * alpha / (a / (us * us) + b)) <= bound) return k;
  }
}

/**
 * How many of `n` independent draws succeed, exact in law: by inversion where few are expected, else by Hörmann's
 * transformed rejection (The generation of binomial random variates, J. Stat. Comput. Simul. 46, 1993: BTRS).
 *
 * @param n draws, a whole number >= 0
 * @param p chance of success, in [0, 1]
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const rng = Rng.seed(1);
 * assert.equal(binomial(5, 1, rng), 5);
 * assert.ok(Math.abs(binomial(1e6, 0.3, rng) - 3e5) < 5000); // ten standard deviations
 * ```
 * @throws RangeError for arguments out of range
 */
export function binomial(n: number, p: number, rng: Rng): number {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`n must be a whole number >= 0, got ${n}`);
  if (!(p >= 0 && p <= 1)) throw new RangeError(`p must be in [0, 1], got ${p}`);
  if (p > 0.5) return n - binomial(n, 1 - p, rng);
  return n * p < 10 ? byInversion(n, p, rng) : byRejection(n, p, rng);
}

/**
 * How often each outcome comes up in `n` draws: one binomial draw an outcome, of what the outcomes before it left.
 *
 * @param chances `[K]`, non-negative, not all zero; they need not sum to 1
 * @returns counts `[K]`
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const counts = multinomial(Float64Array.of(1, 0, 1), 1e9, Rng.seed(1));
 * assert.equal(counts[1], 0);
 * assert.equal(counts[0] + counts[2], 1e9);
 * ```
 * @throws RangeError when n is not a whole number >= 0, or no chance is positive
 */
export function multinomial(chances: Float64Array, n: number, rng: Rng): Float64Array {
  const counts = new Float64Array(chances.length), last = chances.findLastIndex((chance) => chance > 0);
  if (last < 0) throw new RangeError("chances must not all be zero");
  let mass = 0, left = n;
  for (const chance of chances) mass += chance;
  for (let i = 0; i < last; i++) {
    // Rounding may leave less mass than the outcome's own.
    counts[i] = binomial(left, Math.min(1, chances[i] / mass), rng);
    left -= counts[i];
    mass -= chances[i];
  }
  counts[last] = left;
  return counts;
}

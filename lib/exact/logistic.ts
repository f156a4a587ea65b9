/**
 * The logistic function and what comes with it, of one float64 number.
 *
 * @module
 */

/**
 * σ(x) = 1/(1 + e^{−x}).
 *
 * @example Small chances keep their digits: σ(−x) is written as such, not as 1 − σ(x)
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(sigmoid(0), 0.5);
 * assert.ok(Math.abs(sigmoid(-40) / Math.exp(-40) - 1) < 1e-15);
 * assert.deepEqual([sigmoid(-Infinity), sigmoid(Infinity)], [0, 1]);
 * ```
 */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/**
 * log(1 + e^x), which is −log σ(−x).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(softplus(0), Math.LN2);
 * assert.equal(softplus(800), 800);
 * assert.ok(Math.abs(softplus(-40) / Math.exp(-40) - 1) < 1e-15);
 * ```
 */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

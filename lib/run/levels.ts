/**
 * The values of a knob that figures and captions single out.
 *
 * @module
 */

/**
 * The least and the most of some values; one where they are the same.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(extremes([1, 0, 0.5]), [0, 1]);
 * assert.deepEqual(extremes([1]), [1]);
 * ```
 */
export function extremes(values: readonly number[]): number[] {
  return [...new Set([Math.min(...values), Math.max(...values)])];
}

/**
 * Checks of the numbers that losses are given as options; it needs no tensors, so that float64 forms can be had without them.
 *
 * @module
 */

/**
 * Checks that a number lies in an interval.
 *
 * @param bounds `above`/`below` are exclusive, `min`/`max` inclusive
 * @throws TypeError when it is not a number, RangeError naming the argument, what was expected and what was got
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkNumber("beta", 0, { above: 0 }), /beta: expected a number > 0, got 0/);
 * ```
 */
export function checkNumber(
  name: string,
  value: number,
  bounds: { readonly above?: number; readonly below?: number; readonly min?: number; readonly max?: number },
): void {
  if (typeof value !== "number") throw new TypeError(`${name}: expected a number, got ${typeof value}`);
  const { above = -Infinity, below = Infinity, min = -Infinity, max = Infinity } = bounds;
  if (Number.isFinite(value) && value > above && value < below && value >= min && value <= max) return;
  const said = [
    bounds.above !== undefined ? `> ${above}` : bounds.min !== undefined ? `>= ${min}` : "",
    bounds.below !== undefined ? `< ${below}` : bounds.max !== undefined ? `<= ${max}` : "",
  ].filter((text) => text !== "").join(" and ");
  throw new RangeError(`${name}: expected a number ${said || "that is finite"}, got ${value}`);
}

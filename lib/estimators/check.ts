/**
 * Checks of what estimators are given, beside the finite numbers that `checkFinite` sees to.
 *
 * @module
 */

/** How far above 0 rounding may leave a log-probability; where all are above 0, a hundredth of it is too far. */
const ROUNDING = 1e-3;

/**
 * Checks that log-probabilities can be such: none above 0, and not probabilities in their place.
 *
 * @param values `[n]`; what is not finite is left to others
 * @throws RangeError naming argument and round
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkLogProbabilities([-1, 0.25], "logTarget"), {
 *   message: "logTarget[1] must be a log-probability, at most 0, got 0.25",
 * });
 * assert.throws(() => checkLogProbabilities([0.5, 0.25], "logTarget"), /got 0.5; all lie in \(0, 1\]/);
 * ```
 */
export function checkLogProbabilities(values: ArrayLike<number>, name: string): void {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const probabilities = low > 0 && high <= 1 && high > ROUNDING / 100;
  if (!(high > ROUNDING) && !probabilities) return;
  const place = Array.prototype.findIndex.call(values, (value: number) => value > (probabilities ? 0 : ROUNDING));
  const why = probabilities ? "; all lie in (0, 1], as probabilities do: take their logarithms" : "";
  throw new RangeError(`${name}[${place}] must be a log-probability, at most 0, got ${values[place]}${why}`);
}

/**
 * Checks that weights times what they weigh stay finite.
 *
 * @param weight `[n]`, finite
 * @param values `[n]`, finite
 * @throws RangeError naming both arguments and the round
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkProducts([1, 1e200], [1, 1e200], "weight", "reward"), {
 *   message: "weight[1] times reward[1] overflows: 1e+200 times 1e+200",
 * });
 * ```
 */
export function checkProducts(
  weight: ArrayLike<number>,
  values: ArrayLike<number>,
  weightName: string,
  name: string,
): void {
  for (let i = 0; i < weight.length; i++) {
    if (Number.isFinite(weight[i] * values[i])) continue;
    throw new RangeError(`${weightName}[${i}] times ${name}[${i}] overflows: ${weight[i]} times ${values[i]}`);
  }
}

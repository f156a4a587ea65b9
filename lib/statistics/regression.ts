/**
 * Rates of convergence as slopes.
 *
 * @module
 */

import { checkFinite, mean } from "./summary.ts";

/**
 * Least-squares slope of log y on log x: the exponent of a power law, -1/2 for an error that falls as 1/sqrt(n).
 *
 * @param x positive numbers, at least two of them different
 * @param y positive numbers, as many
 * @throws TypeError when the lengths differ, RangeError when a number is not positive and finite or all x are equal
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(logLogSlope([100, 400, 1600], [0.2, 0.1, 0.05]) + 0.5) < 1e-12);
 * ```
 */
export function logLogSlope(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length) throw new TypeError(`x and y must have one length, got ${x.length} and ${y.length}`);
  const logX = logs(x, "x"), logY = logs(y, "y");
  const centreX = mean(logX), centreY = mean(logY);
  let products = 0, squares = 0;
  for (let i = 0; i < logX.length; i++) {
    products += (logX[i] - centreX) * (logY[i] - centreY);
    squares += (logX[i] - centreX) ** 2;
  }
  if (squares === 0) throw new RangeError(`x must hold two different numbers, got ${x[0]} only`);
  return products / squares;
}

function logs(values: ArrayLike<number>, name: string): Float64Array {
  checkFinite(values, name, 2);
  const made = new Float64Array(values.length);
  for (let i = 0; i < made.length; i++) {
    if (!(values[i] > 0)) throw new RangeError(`${name}[${i}] must be > 0 to have a logarithm, got ${values[i]}`);
    made[i] = Math.log(values[i]);
  }
  return made;
}

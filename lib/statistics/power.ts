/**
 * What a comparison could have found.
 *
 * @module
 */

import { normalQuantile } from "./distributions.ts";

/** Error rates of a planned two-sided test. */
interface PowerOptions {
  /** Probability of finding the effect when it is there, in (level, 1); 0.8 unless given. */
  readonly power?: number;
  /** Probability of finding one when there is none (the significance level), in (0, 1); 0.05 unless given. */
  readonly level?: number;
}

/**
 * The smallest true difference that a two-sided test of that standard error finds with the wanted probability:
 * (z(1 - level/2) + z(power)) standardError. An estimate whose data cannot find the difference of interest says nothing
 * about it.
 *
 * @param standardError of the estimate, >= 0; the result has its unit
 * @throws RangeError when an argument is out of range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(minimumDetectableEffect(1) - 2.801585218) < 1e-8);
 * ```
 */
export function minimumDetectableEffect(standardError: number, options: PowerOptions = {}): number {
  const { power = 0.8, level = 0.05 } = options;
  if (!(standardError >= 0 && standardError < Infinity)) {
    throw new RangeError(`standardError must be finite and >= 0, got ${standardError}`);
  }
  if (!(level > 0 && level < 1)) throw new RangeError(`level must be in (0, 1), got ${level}`);
  if (!(power > level && power < 1)) throw new RangeError(`power must be in (${level}, 1), got ${power}`);
  return (normalQuantile(1 - level / 2) + normalQuantile(power)) * standardError;
}

/**
 * Normal and Student distributions, as far as intervals and power need them.
 *
 * @module
 */

import jstat from "jstat";

/** The part of jstat that is used; the package ships no types. */
interface Jstat {
  normal: {
    inv(p: number, mean: number, sd: number): number;
    cdf(x: number, mean: number, sd: number): number;
  };
  studentt: { inv(p: number, df: number): number; pdf(x: number, df: number): number };
}
const { normal, studentt } = (jstat as unknown as { jStat: Jstat }).jStat;

/** jstat's normal quantile is right to 1e-8 down to this tail; further out it is not (at 1e-20 it is off by 0.1). */
const SMALLEST_TAIL = 1e-9;
/** From here on the expansion in 1/df is below 1e-8 for every probability up to the smallest tail that is allowed. */
const LARGE_DF = 1000;

function checkProbability(p: number): void {
  if (typeof p !== "number") throw new TypeError(`p must be a number, got ${typeof p}`);
  if (!(p >= SMALLEST_TAIL && p <= 1 - SMALLEST_TAIL)) {
    throw new RangeError(`p must be in [${SMALLEST_TAIL}, 1 - ${SMALLEST_TAIL}], got ${p}`);
  }
}

/**
 * The number below which a standard normal variable falls with probability `p`; absolute error below 1e-8.
 *
 * @param p probability in [1e-9, 1 - 1e-9]
 * @throws RangeError when `p` is outside
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(normalQuantile(0.975) - 1.959963984540054) < 1e-8);
 * ```
 */
export function normalQuantile(p: number): number {
  checkProbability(p);
  return normal.inv(p, 0, 1);
}

/**
 * The probability that a standard normal variable is below `x`; absolute error below 1e-12.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(normalCdf(0), 0.5);
 * ```
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) throw new RangeError("x must be a number, got NaN");
  if (Math.abs(x) > 40) return x > 0 ? 1 : 0;
  return normal.cdf(x, 0, 1);
}

/** P(|T| < t) for a whole number of degrees of freedom, by the finite sums 26.7.3 and 26.7.4 of Abramowitz & Stegun. */
function studentCentralProbability(t: number, df: number): number {
  const angle = Math.atan(t / Math.sqrt(df));
  const sine = Math.sin(angle), cosine = Math.cos(angle);
  const odd = df % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = df === 1 ? 0 : term;
  // Successive terms differ by cos^2 times 2/3, 4/5, ... (odd) or 1/2, 3/4, ... (even).
  for (let k = odd ? 3 : 2; k <= df - 2; k += 2) {
    term *= cosine * cosine * ((k - 1) / k);
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/**
 * The probability that a Student variable with `df` degrees of freedom is `t` or more away from 0; absolute error below
 * 1e-12.
 *
 * @param df degrees of freedom, a whole number >= 1, or Infinity for the normal law
 * @throws RangeError when `t` is not a number or `df` is outside
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(studentTwoSided(2.2281388519862744, 10) - 0.05) < 1e-12);
 * assert.equal(studentTwoSided(0, 3), 1);
 * ```
 */
export function studentTwoSided(t: number, df: number): number {
  if (Number.isNaN(t)) throw new RangeError("t must be a number, got NaN");
  if (df === Infinity) return 2 * normalCdf(-Math.abs(t));
  if (!Number.isInteger(df) || df < 1) throw new RangeError(`df must be a whole number >= 1, got ${df}`);
  // Rounding of a probability near 1 may go past it.
  return Math.max(0, 1 - studentCentralProbability(Math.abs(t), df));
}

/** Cornish-Fisher expansion of the quantile in 1/df, 26.7.5 of Abramowitz & Stegun. */
function studentQuantileExpansion(z: number, df: number): number {
  const x = z * z;
  const g1 = z * (x + 1) / 4;
  const g2 = z * ((5 * x + 16) * x + 3) / 96;
  const g3 = z * (((3 * x + 19) * x + 17) * x - 15) / 384;
  const g4 = z * ((((79 * x + 776) * x + 1482) * x - 1920) * x - 945) / 92160;
  return z + (g1 + (g2 + (g3 + g4 / df) / df) / df) / df;
}

/**
 * The number below which a Student variable with `df` degrees of freedom falls with probability `p`; relative error
 * below 1e-8 for `p` in [0.0005, 0.9995]. jstat alone is right to 5e-8 only (its incomplete beta function stops at
 * 3e-7), so its answer is the start of a Newton iteration on the exact finite sum.
 *
 * @param p probability in [1e-9, 1 - 1e-9]
 * @param df degrees of freedom, a whole number >= 1
 * @throws RangeError when `p` or `df` is outside
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(studentQuantile(0.975, 10) - 2.2281388519649385) < 1e-8);
 * ```
 */
export function studentQuantile(p: number, df: number): number {
  checkProbability(p);
  if (!Number.isInteger(df) || df < 1) throw new RangeError(`df must be a whole number >= 1, got ${df}`);
  if (p < 0.5) return -studentQuantile(1 - p, df);
  if (df >= LARGE_DF) return studentQuantileExpansion(normalQuantile(p), df);
  let t = studentt.inv(p, df);
  for (let i = 0; i < 4; i++) {
    t -= (0.5 + studentCentralProbability(t, df) / 2 - p) / studentt.pdf(t, df);
  }
  return t;
}

/**
 * Quantiles of the normal law and of Student's, from series and continued fractions alone.
 *
 * @module
 */

/** Bisection of an increasing function on a bracket. */
function invert(increasing: (x: number) => number, target: number, low: number, high: number): number {
  for (let i = 0; i < 200 && low < high; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (increasing(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Probability below `x` of a standard normal variable, by its power series.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(normalBelow(1.959963984540054) - 0.975) < 1e-12);
 * ```
 */
export function normalBelow(x: number): number {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let term = x, sum = x;
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) sum += term *= x * x / k;
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/**
 * The number below which a standard normal variable falls with probability `p`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(normalPoint(0.975) - 1.959963984540054) < 1e-9);
 * ```
 */
export function normalPoint(p: number): number {
  return invert(normalBelow, p, -8, 8);
}

/** log Γ by Stirling's series, after the argument was raised above 20. */
function logGamma(x: number): number {
  let shift = 0;
  while (x < 20) shift += Math.log(x++);
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** Regularised incomplete beta function, by its hypergeometric series; for 0 <= x <= 0.9. */
function betaShare(x: number, a: number, b: number): number {
  let term = 1, sum = 1;
  for (let k = 0; k < 100_000 && Math.abs(term) > 1e-17 * sum; k++) sum += term *= (a + b + k) / (a + 1 + k) * x;
  const logFactor = a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a + 1) - logGamma(b);
  return Math.exp(logFactor) * sum;
}

/** Probability that Student's |T| is below t > 0. */
function studentInside(t: number, df: number): number {
  const x = t * t / (df + t * t);
  // The series is quick away from 1; beyond, the other tail has the same form.
  return x <= 0.5 ? betaShare(x, 0.5, df / 2) : 1 - betaShare(df / (df + t * t), df / 2, 0.5);
}

/**
 * Probability that Student's |T|, or the normal |Z| where `df` is infinite, is `t` or more.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(studentBeyond(2.2281388519649385, 10) - 0.05) < 1e-9);
 * assert.ok(Math.abs(studentBeyond(1.959963984540054, Infinity) - 0.05) < 1e-9);
 * ```
 */
export function studentBeyond(t: number, df: number): number {
  return t === 0 ? 1 : df === Infinity ? 2 * normalBelow(-t) : 1 - studentInside(t, df);
}

/**
 * The number beyond which, on either side together, 5 % of Student's law lie.
 *
 * @param df degrees of freedom, >= 1
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(studentPoint(10) - 2.2281388519649385) < 1e-8);
 * assert.ok(Math.abs(studentPoint(1) - 12.706204736432095) < 1e-6);
 * ```
 */
export function studentPoint(df: number): number {
  return invert((t) => t === 0 ? 0 : studentInside(t, df), 0.95, 0, 20);
}

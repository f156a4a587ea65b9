/**
 * Intervals of rare outcomes: where few rounds have the event, or none, the spread of what was seen says too little.
 *
 * @module
 */
import { checkLevel } from "../../statistics/intervals.ts";

/** Natural logarithm of the gamma function for x > 0 (Lanczos, g = 7, nine terms); relative error below 1e-14. */
function logGamma(x: number): number {
  const terms = [
    ...[0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059],
    ...[12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7],
  ];
  let sum = terms[0];
  for (let k = 1; k < terms.length; k++) sum += terms[k] / (x - 1 + k);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** P(X < x) of a gamma variable of that shape and scale 1: series and continued fraction of Abramowitz & Stegun 6.5. */
function gammaCdf(shape: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape, sum = term;
    for (let k = 1; term > sum * Number.EPSILON / 4; k++) sum += term *= x / (shape + k);
    return front * sum;
  }
  const tiny = 1e-300;
  let b = x + 1 - shape, c = 1 / tiny, d = 1 / b, h = d;
  for (let k = 1; k < 10_000; k++) {
    const an = -k * (k - shape);
    b += 2;
    d = 1 / (Math.abs(an * d + b) < tiny ? tiny : an * d + b);
    c = Math.abs(b + an / c) < tiny ? tiny : b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < Number.EPSILON) break;
  }
  return 1 - front * h;
}

/** P(Y < x) of a beta variable, by the continued fraction of Abramowitz & Stegun 26.5.8 (Lentz's method). */
function betaCdf(a: number, b: number, x: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(b, a, 1 - x);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  let c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), h = d;
  for (let m = 1; m < 100_000; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    h *= d * c;
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < Number.EPSILON) break;
  }
  return front * h;
}

/** Where an increasing function reaches p, between two ends. */
function reached(p: number, cdf: (x: number) => number, low: number, high: number): number {
  for (let k = 0; k < 200 && high - low > 1e-15 * high; k++) {
    const middle = (low + high) / 2;
    if (cdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The exact interval of a proportion (Clopper & Pearson, Biometrika 26, 1934): it covers at least at its level.
 *
 * @param successes whole number in [0, n]
 * @param n trials, >= 1
 * @param level in (0, 1)
 * @throws RangeError when an argument is out of range
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [lower, upper] = clopperPearson(0, 500, 0.95);
 * assert.equal(lower, 0);
 * assert.ok(Math.abs(upper - (1 - 0.025 ** (1 / 500))) < 1e-12); // 0.00735
 * ```
 */
export function clopperPearson(successes: number, n: number, level: number): [lower: number, upper: number] {
  checkLevel(level);
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`n must be a whole number >= 1, got ${n}`);
  if (!Number.isInteger(successes) || successes < 0 || successes > n) {
    throw new RangeError(`successes must be a whole number in [0, ${n}], got ${successes}`);
  }
  const tail = (1 - level) / 2, x = successes;
  return [
    x === 0 ? 0 : reached(tail, (p) => betaCdf(x, n - x + 1, p), 0, 1),
    x === n ? 1 : reached(1 - tail, (p) => betaCdf(x + 1, n - x, p), 0, 1),
  ];
}

/**
 * The interval of a weighted sum of rare events (Fay & Feuer, Statistics in Medicine 16, 1997): counts as Poisson
 * variables, the sum as a gamma variable with the same two moments; one more event of the largest weight may have
 * happened. It covers at least at its level in all that has been tried, most of all where weights are very unequal.
 *
 * @param sum of the weights of the events, >= 0
 * @param squares of the same weights, summed
 * @param largest weight that an event can have, > 0
 * @param level in (0, 1)
 * @throws RangeError when an argument is out of range
 * @example No event among 500 of weight 1/500
 * ```ts
 * import assert from "node:assert/strict";
 * const [lower, upper] = rareSumInterval(0, 0, 1 / 500, 0.95);
 * assert.equal(lower, 0);
 * assert.ok(Math.abs(upper + Math.log(0.025) / 500) < 1e-12); // 0.00738
 * ```
 */
export function rareSumInterval(
  sum: number,
  squares: number,
  largest: number,
  level: number,
): [lower: number, upper: number] {
  checkLevel(level);
  if (!(sum >= 0 && squares >= 0 && largest > 0)) {
    throw new RangeError(`sum and squares must be >= 0 and largest > 0, got ${sum}, ${squares}, ${largest}`);
  }
  const tail = (1 - level) / 2;
  const quantile = (p: number, mean: number, variance: number) => {
    const shape = mean * mean / variance, scale = variance / mean;
    return scale * reached(p, (x) => gammaCdf(shape, x), 0, shape + 40 * Math.sqrt(shape) + 100);
  };
  return [
    sum === 0 ? 0 : quantile(tail, sum, squares),
    quantile(1 - tail, sum + largest, squares + largest * largest),
  ];
}

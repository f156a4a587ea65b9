import assert from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "../random.ts";
import {
  bootstrap,
  bootstrapSummary,
  meanInterval,
  pairedDifference,
  percentileInterval,
  proportionInterval,
} from "./intervals.ts";
import { leaveOneOut, summaryOf } from "./leave_one_out.ts";
import { mean, median, quantile, variance } from "./summary.ts";

fc.configureGlobal({ seed: 20260404 });

const near = (a: number, b: number, tolerance: number) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} and ${b} differ by more than ${tolerance}`);

Deno.test("mean interval of a textbook sample", () => {
  // Student's sleep data, differences of the ten patients; R: t.test(...)$conf.int is 0.7001142, 2.4598858.
  const { estimate, lower, upper, n } = meanInterval([1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4]);
  near(estimate, 1.58, 1e-14);
  near(lower, 0.7001142, 5e-8);
  near(upper, 2.4598858, 5e-8);
  assert.equal(n, 10);
});

Deno.test("Wilson interval of known proportions, and its mirror image", () => {
  // 15 of 50 by hand: (0.3 + 0.0384146) / 1.0768292 -+ 1.959964 / 1.0768292 sqrt(0.0042 + 0.000384146).
  const { lower, upper } = proportionInterval(15, 50);
  near(lower, 0.314269 - 0.123235, 2e-6);
  near(upper, 0.314269 + 0.123235, 2e-6);
  fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 200 }), (n, k) => {
    fc.pre(k <= n);
    const interval = proportionInterval(k, n), mirror = proportionInterval(n - k, n);
    near(interval.lower, 1 - mirror.upper, 1e-12);
    assert.ok(0 <= interval.lower && interval.lower <= interval.estimate);
    assert.ok(interval.estimate <= interval.upper && interval.upper <= 1);
    // Wilson's ends solve (p - k/n)^2 = z^2 p (1 - p) / n.
    const z2 = 1.959963984540054 ** 2;
    near((interval.upper - k / n) ** 2, z2 * interval.upper * (1 - interval.upper) / n, 1e-10);
  }));
});

Deno.test("a paired difference is the interval of the differences and needs pairs", () => {
  assert.deepEqual(pairedDifference([3, 5, 9], [1, 1, 1]), meanInterval([2, 4, 8]));
  assert.throws(() => pairedDifference([1, 2], [1]), {
    name: "TypeError",
    message: "a and b must be pairs, got 2 and 1 values",
  });
  assert.throws(() => pairedDifference([1, 2], [1, NaN]), {
    name: "RangeError",
    message: "b[1] must be a finite number, got NaN",
  });
});

Deno.test("a wider level gives a wider interval; levels out of range are refused", () => {
  const values = [1, 2, 4, 8];
  const widths = [0.5, 0.9, 0.99].map((level) => meanInterval(values, { level })).map((i) => i.upper - i.lower);
  assert.ok(widths[0] < widths[1] && widths[1] < widths[2]);
  assert.throws(() => meanInterval(values, { level: 95 }), {
    name: "RangeError",
    message: "level must be in (0, 1), got 95",
  });
});

Deno.test("t interval: shift and scale move it, order does not", () => {
  const sample = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 20 });
  fc.assert(fc.property(sample, fc.integer({ min: -50, max: 50 }), (values, shift) => {
    const { lower, upper } = meanInterval(values);
    const moved = meanInterval(values.map((v) => 2 * v + shift).reverse());
    // t(0.975, 1) = 12.7 times numbers up to 250: a rounding of the variance moves the end by about 1e-12.
    near(moved.lower, 2 * lower + shift, 1e-9);
    near(moved.upper, 2 * upper + shift, 1e-9);
  }));
});

/** BCa as in Efron & Tibshirani 1993, section 14.3, from scratch: draws recorded, quantiles read off by counting. */
function bcaByHand(values: number[], statistic: (sample: number[]) => number, rng: Rng, resamples: number) {
  const n = values.length;
  const draws: number[] = [];
  for (let b = 0; b < resamples; b++) {
    const sample: number[] = [];
    for (let i = 0; i < n; i++) sample.push(values[rng.integer(n)]);
    draws.push(statistic(sample));
  }
  draws.sort((x, y) => x - y);
  const all = statistic(values);
  // Numerical inversion of the normal distribution function by bisection on an integral (Simpson, 2000 panels).
  const phi = (x: number) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  const cdf = (x: number) => {
    const panels = 2000, h = x / panels;
    let sum = phi(0) + phi(x);
    for (let i = 1; i < panels; i++) sum += (i % 2 ? 4 : 2) * phi(i * h);
    return 0.5 + sum * h / 3;
  };
  const inverse = (p: number) => {
    let low = -8, high = 8;
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (cdf(middle) < p) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  const z0 = inverse(draws.filter((d) => d < all).length / resamples);
  const without = values.map((_, i) => statistic(values.filter((_, j) => j !== i)));
  const centre = without.reduce((s, v) => s + v, 0) / n;
  const third = without.reduce((s, v) => s + (centre - v) ** 3, 0);
  const second = without.reduce((s, v) => s + (centre - v) ** 2, 0);
  const a = third / (6 * Math.pow(second, 1.5));
  return [0.025, 0.975].map((alpha) => {
    const z = z0 + inverse(alpha);
    const at = cdf(z0 + z / (1 - a * z)) * (resamples - 1);
    const i = Math.floor(at);
    return draws[i] + (at - i) * (draws[Math.min(i + 1, resamples - 1)] - draws[i]);
  });
}

Deno.test("BCa agrees with an implementation from scratch on skewed data", () => {
  // Eight skewed numbers, a variance-like statistic: no draw ties with the estimate, bias and acceleration are not 0.
  const values = [0.11, 0.27, 0.4, 0.93, 1.6, 2.2, 4.7, 9.1];
  const spread = (sample: number[]) => {
    const m = sample.reduce((s, v) => s + v, 0) / sample.length;
    return sample.reduce((s, v) => s + (v - m) ** 2, 0) / sample.length;
  };
  const ours = bootstrap(8, (of) => spread(Array.from(of, (i) => values[i])), { rng: Rng.seed(3), resamples: 999 });
  const [lower, upper] = bcaByHand(values, spread, Rng.seed(3), 999);
  // Quantile errors of 1e-8 move an interpolated order statistic by 1e-8 * 999 * gap (gaps below 10).
  near(ours.lower, lower, 1e-4);
  near(ours.upper, upper, 1e-4);
  const plain = bootstrap(8, (of) => spread(Array.from(of, (i) => values[i])), {
    rng: Rng.seed(3),
    resamples: 999,
    method: "percentile",
  });
  assert.ok(ours.lower > plain.lower && ours.upper > plain.upper, "BCa moves the interval of a spread upwards");
});

Deno.test("bootstrap: constant data gives zero width, equal seeds equal bytes, units are counted", () => {
  const constant = bootstrap(5, (of) => mean(Array.from(of, () => 0.1)), { rng: Rng.seed(1), resamples: 50 });
  const short = "5 replicates are too few for a verdict: it takes 10 or more";
  const guard = { lower: 0.1, upper: 0.1, why: "with room for other bootstrap draws" };
  assert.deepEqual(constant, { estimate: 0.1, lower: 0.1, upper: 0.1, n: 5, guard, short });
  const values = [1, 5, 2, 8];
  const once = () => bootstrap(4, (of) => mean(Array.from(of, (i) => values[i])), { rng: Rng.seed(9), resamples: 200 });
  assert.deepEqual(once(), once());
});

Deno.test("bootstrap: an estimate beyond every draw still has a finite interval within the draws", () => {
  // The largest value is never exceeded by a resample: the bias correction is at its bound, not at infinity.
  const values = [1, 2, 3, 4, 5, 6];
  const counted = bootstrap(6, (of) => Math.max(...Array.from(of, (i) => values[i])) + new Set(of).size, {
    rng: Rng.seed(2),
    resamples: 300,
  });
  assert.ok(counted.lower <= counted.upper && counted.upper <= 12 && counted.lower >= 2);
});

Deno.test("bootstrap: shift and scale move the interval, the order of units does not matter in law", () => {
  const values = [1, 5, 2, 8, 3, 9];
  const interval = (map: (v: number) => number) =>
    bootstrap(6, (of) => mean(Array.from(of, (i) => map(values[i]))), { rng: Rng.seed(4), resamples: 400 });
  const plain = interval((v) => v), moved = interval((v) => 4 * v - 16);
  // Multiplying by 4 and subtracting 16 round only in the last bits of numbers below 40.
  near(moved.lower, 4 * plain.lower - 16, 1e-12);
  near(moved.upper, 4 * plain.upper - 16, 1e-12);
});

Deno.test("bootstrap: bad arguments and a statistic without a value are named", () => {
  const rng = Rng.seed(1);
  assert.throws(() => bootstrap(1, () => 0, { rng }), {
    name: "RangeError",
    message: "units must be a whole number >= 2, got 1",
  });
  assert.throws(() => bootstrap(3, () => 0, { rng, resamples: 1 }), {
    name: "RangeError",
    message: "resamples must be a whole number >= 2, got 1",
  });
  assert.throws(() => bootstrap(3, () => NaN, { rng }), {
    name: "RangeError",
    message: "the statistic must be finite, got NaN on all units",
  });
  assert.throws(() => bootstrap(2, (of) => of[0] === of[1] ? 0 / 0 : 1, { rng: Rng.seed(1) }), {
    name: "RangeError",
    message: /^the statistic must be finite, got NaN on resample \d+$/,
  });
});

Deno.test("percentiles of draws ignore their order", () => {
  const draws = Rng.seed(5).normals(501);
  const forward = percentileInterval(0, draws);
  assert.deepEqual(percentileInterval(0, draws.slice().reverse()), forward);
  assert.equal(forward.n, 501);
  // 1.96 +- 4 sqrt(p (1 - p) / n) / density(1.96) = 1.96 +- 0.48.
  near(forward.upper, 1.96, 0.48);
  near(forward.lower, -1.96, 0.48);
  assert.ok(Math.abs(variance(draws) - 1) < 4 * Math.sqrt(2 / 500));
});

Deno.test("the bootstrap of a summary is that of any statistic, whose numbers are what they were", () => {
  const values = Rng.seed(21).normals(41).map(Math.exp);
  // By `bootstrap` when it drew one index after another.
  const known = [
    { summary: mean, ends: [1.485108440056707, 1.1324513878794173, 2.0883366557701972] },
    { summary: median, ends: [1.0696169329556717, 0.6315727729071268, 1.249918550408648] },
  ];
  for (const { summary, ends } of known) {
    const at = (of: Uint32Array) => summary(Float64Array.from(of, (i) => values[i]));
    const any = bootstrap(41, at, { rng: Rng.seed(22), resamples: 499 });
    assert.deepEqual([any.estimate, any.lower, any.upper], ends);
    const own = bootstrapSummary(summary, values, { rng: Rng.seed(22), resamples: 499 });
    // The jackknife of a mean sums in another order, 41 roundings of about 1e-16.
    near(own.lower, ends[1], 1e-12);
    near(own.upper, ends[2], 1e-12);
    assert.deepEqual([own.estimate, own.n], [any.estimate, any.n]);
  }
  assert.throws(() => bootstrapSummary(median, Float64Array.of(1, NaN), { rng: Rng.seed(1) }), {
    name: "RangeError",
    message: "values[1] must be a finite number, got NaN",
  });
});

Deno.test("medians of resamples and without one value are to the bit those of the values themselves", () => {
  const lists = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 3, maxLength: 12 });
  fc.assert(fc.property(lists, fc.array(fc.nat(), { minLength: 1, maxLength: 14 }), (list, picks) => {
    const values = Float64Array.from(list, (v) => v / 3), at = summaryOf(median, values);
    const indices = Uint32Array.from(picks, (i) => i % list.length);
    assert.equal(at(indices), quantile(Array.from(indices, (i) => values[i]), 0.5));
    assert.equal(at(indices), at(indices), "counts start anew");
    const without = list.map((_, k) => quantile(values.filter((_, i) => i !== k), 0.5));
    assert.ok(leaveOneOut(median, values).every((value, k) => value === without[k]));
  }));
});

/** What few replicates, tiny numbers and equal values may and may not say. */
import assert from "node:assert/strict";
import { above, below, judge } from "./claims.ts";
import { meanInterval, proportionInterval, standardErrorInterval } from "./intervals.ts";
import { jackknifeInterval } from "./jackknife.ts";
import { quantileInterval } from "./quantiles.ts";
import { euclideanNorm, mean, standardDeviation } from "./summary.ts";

const close = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);
const ends = (values: number[]) => {
  const { lower, upper } = meanInterval(values);
  return [lower, upper];
};

Deno.test("few replicates: Student's interval, by hand", () => {
  // Mean 4, sd √8 = 2.828427 over two: 12.706205 · 2. Over three: 4.302653 · 4.358899/√3 about 5. Over six: 2.570582.
  const two = ends([2, 6]), three = ends([3, 2, 10]), six = ends([1, 2, 3, 4, 5, 15]);
  close(two[0], 4 - 12.7062047 * 2, 1e-6);
  close(three[1], 5 + 4.3026527 * Math.sqrt(19 / 3), 1e-6);
  close(six[0], 5 - 2.5705818 * Math.sqrt(26 / 6), 1e-6);
  assert.equal(judge(meanInterval([3, 2, 10]), above(0)), "inconclusive");
});

Deno.test("fewer than ten replicates decide nothing, however near they are", () => {
  const near = (n: number) => meanInterval(Array.from({ length: n }, (_, i) => 1 + i / 1e4));
  for (const n of [2, 3, 9]) {
    assert.equal(judge(near(n), above(0)), "inconclusive");
    assert.equal(near(n).short, `${n} replicates are too few for a verdict: it takes 10 or more`);
  }
  assert.equal(judge(near(10), above(0)), "holds");
});

Deno.test("equal values by chance decide nothing: six of them do", () => {
  const draws = (n: number) => standardErrorInterval(1, Array(n).fill(1));
  for (const n of [3, 5]) assert.equal(judge(draws(n), above(0)), "inconclusive");
  assert.equal(judge(draws(6), above(0)), "holds");
  assert.equal(judge(draws(6), below(0)), "fails");
  assert.equal(judge(meanInterval(Array(10).fill(1)), above(0)), "holds");
});

Deno.test("skewed replicates decide only what the interval corrected for skewness decides", () => {
  const values = [1, 1, 1, 1, 1, 1, 1, 1, 1, 11];
  // Mean 2, sd √10, se 1, skewness 8/3 (n = 10), t(9) = 2.2621572: shift 8/3 · (1 + 2t²) / (6√10).
  const { lower, upper, guard } = meanInterval(values);
  close(upper, 2 + 2.2621572, 1e-6);
  const shift = 8 / 3 * (1 + 2 * 2.2621572 ** 2) / (6 * Math.sqrt(10));
  close(guard!.upper - upper, shift, 1e-6);
  assert.equal(guard!.lower, lower);
  assert.equal(judge(meanInterval(values), below(upper + shift / 2)), "inconclusive");
  assert.equal(judge(meanInterval(values), below(upper + 2 * shift)), "holds");
  const mirrored = meanInterval(values.map((value) => -value));
  close(mirrored.guard!.lower, -guard!.upper, 1e-12);
  assert.equal(judge(mirrored, above(-upper - shift / 2)), "inconclusive");
});

Deno.test("tiny and huge numbers have a spread", () => {
  const scaled = (by: number) => ends([3 * by, -by, by, 2 * by]).map((end) => end / by);
  for (const by of [1e-200, 1e-290, 1e200, 1e290]) {
    scaled(by).forEach((end, k) => close(end, scaled(1)[k], 1e-12));
    close(standardDeviation([by, 3 * by]) / by, Math.SQRT2, 1e-12);
    close(euclideanNorm([3 * by, 4 * by]) / by, 5, 1e-12);
  }
  assert.equal(judge(meanInterval([3e-200, -1e-200, 1e-200]), above(0)), "inconclusive");
});

Deno.test("no success leaves room: Wilson's upper end is z²/(n + z²)", () => {
  const z2 = 1.959963984540054 ** 2;
  for (const n of [30, 800]) {
    assert.equal(proportionInterval(0, n).lower, 0);
    close(proportionInterval(0, n).upper, z2 / (n + z2), 1e-9);
  }
});

Deno.test("the jackknife of a mean is Student's interval, of a ratio the delta method", () => {
  const a = [3, 7, 4, 9, 8], b = [1, 3, 2, 3, 4];
  const of = (values: number[], at: Uint32Array) => mean(Array.from(at, (i) => values[i]));
  const ours = jackknifeInterval(5, (at) => of(a, at)), student = meanInterval(a);
  close(ours.lower, student.lower, 1e-12);
  close(ours.upper, student.upper, 1e-12);
  // Leaving one of five out changes means by a fifth of a deviation: the delta method's error is of that order.
  const ratio = jackknifeInterval(5, (at) => of(a, at) / of(b, at));
  const r = mean(a) / mean(b), residuals = a.map((v, i) => (v - r * b[i]) / mean(b));
  close((ratio.upper - ratio.lower) / 2, 2.7764451 * standardDeviation(residuals) / Math.sqrt(5), 0.15);
});

Deno.test("on the log scale a spread stays positive, and a spread of nothing decides nothing", () => {
  const values = [1, 2, 4, 9, 3, 5];
  const spread = (at: Uint32Array) => standardDeviation(Array.from(at, (i) => values[i]));
  const { estimate, lower, upper } = jackknifeInterval(6, spread, { scale: "log" });
  assert.ok(lower > 0);
  close(lower * upper, estimate ** 2, 1e-9);
  const { guard } = jackknifeInterval(6, spread, { scale: "log" });
  assert.ok(guard!.lower <= lower && guard!.lower > 0 && guard!.upper >= upper);
  assert.equal(judge(jackknifeInterval(2, spread, { scale: "log" }), above(0)), "inconclusive");
  assert.equal(judge(jackknifeInterval(8, () => 0, { scale: "log" }), below(1)), "inconclusive");
});

Deno.test("an end that other draws could put beyond the bound decides nothing", () => {
  const evidence = { estimate: 1, lower: 0.01, upper: 2, n: 40 };
  assert.equal(judge(evidence, above(0)), "holds");
  const guard = { lower: -0.01, upper: 2.02, why: "with room for other bootstrap draws" };
  assert.equal(judge({ ...evidence, guard }, above(0)), "inconclusive");
  assert.equal(judge({ ...evidence, guard }, below(2.01)), "inconclusive");
  assert.equal(judge({ ...evidence, guard }, above(-0.02)), "holds");
});

Deno.test("few bootstrap draws have Student's quantile, and one or two decide nothing", () => {
  const three = standardErrorInterval(1, [0.9, 1, 1.1]);
  close(three.upper - 1, 4.3026527 * 0.1, 1e-6);
  assert.equal(judge(standardErrorInterval(1, [1, 1.001]), above(0)), "inconclusive");
});

Deno.test("a median of nine lies between the second and the eighth value", () => {
  // 2 · P(at most 1 of 9) = 2 · 10/512 = 0.039; with 2 it would be 2 · 46/512 = 0.18.
  const { lower, upper } = quantileInterval([9, 1, 8, 2, 7, 3, 6, 4, 5], 0.5);
  assert.deepEqual([lower, upper], [2, 8]);
});

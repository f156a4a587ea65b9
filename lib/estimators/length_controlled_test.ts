import assert from "node:assert/strict";
import fc from "fast-check";
import { mean } from "../statistics/summary.ts";
import { Rng } from "../random.ts";
import { type Comparisons, lengthControlledWinRate } from "./length_controlled.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Comparisons of a model whose answers win by θ at equal length and by φ more where they are much longer. */
function drawn(seed: number, n: number, { theta = 0.4, phi = 1.5, shift = 60, perGroup = 1 } = {}): Comparisons {
  const rng = Rng.seed(seed), lengths = rng.fork("lengths"), wins = rng.fork("wins"), taste = rng.fork("taste");
  const baselineLength = Array.from(lengths.fork("b").normals(n), (z) => 1000 + 20 * z);
  const length = Array.from(lengths.fork("m").normals(n), (z, i) => baselineLength[i] + shift + 80 * z);
  const groups = Array.from({ length: n }, (_, i) => Math.floor(i / perGroup));
  const tastes = taste.normals(n), sd = 80;
  const preference = length.map((value, i) => {
    const odds = theta + phi * Math.tanh((value - baselineLength[i]) / sd) + (perGroup > 1 ? tastes[groups[i]] : 0);
    return Number(wins.uniform() < sigmoid(odds));
  });
  return { preference, length, baselineLength, ...(perGroup > 1 && { groups }) };
}

const swapped = ({ preference, length, baselineLength, groups }: Comparisons): Comparisons => ({
  preference: Array.from(preference, (p) => 1 - p),
  length: baselineLength,
  baselineLength: length,
  groups,
});

Deno.test("seen from the other side it is one minus the rate, and so are the ends", () => {
  fc.assert(
    fc.property(fc.nat(1000), (seed) => {
      const here = lengthControlledWinRate(drawn(seed, 60)), there = lengthControlledWinRate(swapped(drawn(seed, 60)));
      const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} ${b}`);
      close(here.winRate, 1 - there.winRate);
      close(here.lower, 1 - there.upper);
      close(here.upper, 1 - there.lower);
      close(here.lengthEffect, there.lengthEffect);
      close(here.raw, 1 - there.raw);
    }),
    { numRuns: 30, seed: 1 },
  );
});

Deno.test("against itself a model has one half, whatever its lengths", () => {
  const length = [10, 300, 40, 7], same = { preference: [0.5, 0.5, 0.5, 0.5], length, baselineLength: length };
  const { winRate, lower, upper, raw, lengthEffect } = lengthControlledWinRate(same);
  assert.deepEqual([winRate, lower, upper, raw, lengthEffect], [0.5, 0.5, 0.5, 0.5, 0]);
  // Two samples of one model, judged by length alone.
  const [a, b] = [[10, 30, 40, 70, 20, 90], [30, 10, 70, 40, 90, 20]];
  const judged = { preference: a.map((v, i) => v > b[i] ? 0.9 : 0.1), length: a, baselineLength: b };
  assert.ok(Math.abs(lengthControlledWinRate(judged).winRate - 0.5) < 1e-9);
});

Deno.test("without differences in length it is the plain rate with a robust interval on the log odds", () => {
  const preference = [1, 1, 1, 0, 1, 0, 1, 1], length = preference.map(() => 50);
  const { winRate, lower, upper, n } = lengthControlledWinRate({ preference, length, baselineLength: length });
  // θ = log 3; variance 8/7 Σ r²/(n p q)², Σ r² = 1.5; Student's 0.975 quantile of 7 degrees is 2.364624.
  const half = 2.3646242510 * Math.sqrt(8 / 7 * 1.5) / 1.5;
  for (
    const [found, right] of [[winRate, 0.75], [lower, sigmoid(Math.log(3) - half)], [
      upper,
      sigmoid(Math.log(3) + half),
    ]]
  ) {
    assert.ok(Math.abs(found - right) < 1e-9, `${found} ${right}`);
  }
  assert.equal(n, 8);
});

Deno.test("a judge who likes length: the plain rate is too high, this one is right; groups widen the interval", () => {
  const truth = sigmoid(0.4);
  const samples = Array.from({ length: 20 }, (_, seed) => lengthControlledWinRate(drawn(seed, 2000)));
  assert.ok(mean(samples.map((sample) => sample.raw)) > truth + 0.1);
  // A standard error of 0.014 over each sample, 0.003 over all.
  assert.ok(Math.abs(mean(samples.map((sample) => sample.winRate)) - truth) < 0.01);
  const clustered = drawn(2, 400, { perGroup: 20 }), alone = { ...clustered, groups: undefined };
  const [wide, narrow] = [clustered, alone].map((c) => lengthControlledWinRate(c));
  assert.equal(wide.winRate, narrow.winRate);
  assert.deepEqual([wide.n, narrow.n], [20, 400]);
  assert.ok(wide.upper - wide.lower > 1.5 * (narrow.upper - narrow.lower));
});

Deno.test("what has no rate is named", () => {
  const fine = { preference: [1, 0, 1, 0], length: [5, 6, 7, 9], baselineLength: [6, 6, 6, 6] };
  const refused: [Partial<Comparisons>, string, string][] = [
    [{ preference: [1, NaN, 0, 1] }, "RangeError", "preference[1] must be a finite number, got NaN"],
    [{ preference: [1, 1.5, 0, 1] }, "RangeError", "preference[1] must be in [0, 1], got 1.5"],
    [{ length: [1, 2, 3, -1] }, "RangeError", "length[3] must be >= 0, got -1"],
    [{ baselineLength: [1, Infinity, 3, 1] }, "RangeError", "baselineLength[1] must be a finite number, got Infinity"],
    [{ length: [1, 2] }, "TypeError", "length must have length 4, got 2"],
    [{ groups: [1] }, "TypeError", "groups must have length 4, got 1"],
    [{ groups: [1, 1, 2, 2] }, "RangeError", "expected at least 3 groups, got 2"],
    [
      { preference: [1, 1, 1, 1] },
      "RangeError",
      "preference: one side wins all 4 comparisons, so log odds have no estimate; give the share with an exact interval",
    ],
    [
      { length: [8, 8, 8, 8] },
      "RangeError",
      "length: each answer is 2 longer than the baseline's, so nothing shows what equal lengths would do",
    ],
  ];
  for (const [change, name, message] of refused) {
    assert.throws(() => lengthControlledWinRate({ ...fine, ...change }), { name, message });
  }
  assert.throws(() => lengthControlledWinRate({ ...fine, length: [9, 1, 9, 1] }), { name: "UserError" });
});

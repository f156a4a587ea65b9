import assert from "node:assert/strict";
import { inverse, Matrix } from "ml-matrix";
import { davidsonOutcome, raoKupperOutcome } from "../losses/ties.ts";
import { Rng } from "../random.ts";
import { studentQuantile } from "../statistics/distributions.ts";
import { lengthControlledWinRate } from "./length_controlled.ts";
import { davidsonModel, raoKupperModel } from "./tie_models.ts";
import { type TiedComparisons, tiedWinRate, type TieModelName } from "./tied_win_rate.ts";
import { drawnTies, probabilities } from "./tied_win_rate_test_helpers.ts";

const MODELS: readonly TieModelName[] = ["davidson", "rao-kupper"];
const close = (a: number, b: number, by: number, what = "") => assert.ok(Math.abs(a - b) <= by, `${what} ${a} ${b}`);

Deno.test("probabilities are those of the losses, and derivatives those of differences", () => {
  for (const [lambda, kappa] of [[0, 0.3], [1.7, 0.9], [-2.4, 2], [30, 0.01]]) {
    for (const outcome of ["win", "tie", "loss"] as const) {
      for (
        const [model, exact] of [
          [davidsonModel, davidsonOutcome(lambda, Math.exp(kappa))],
          [raoKupperModel, raoKupperOutcome(lambda, Math.exp(kappa))],
        ] as const
      ) {
        const { value, slope, curvature } = model.at(outcome, lambda, kappa), h = 1e-4;
        close(Math.exp(value), exact[outcome], 1e-13, outcome);
        // Central differences: errors of h² times third derivatives, below 1e-6 where κ > 0.3, and of 1e-16/h.
        const by = kappa < 0.1 ? 1e-1 : 1e-6;
        const of = (l: number, k: number) => model.at(outcome, lambda + l * h, kappa + k * h);
        close(slope[0], (of(1, 0).value - of(-1, 0).value) / (2 * h), by);
        close(slope[1], (of(0, 1).value - of(0, -1).value) / (2 * h), by);
        const bend = (j: 0 | 1, l: number, k: number) => (of(l, k).slope[j] - of(-l, -k).slope[j]) / (2 * h);
        const scale = 1 + Math.abs(curvature[2]);
        close(curvature[0], bend(0, 1, 0), by);
        close(curvature[1], bend(0, 0, 1), by);
        close(curvature[1], bend(1, 1, 0), by);
        close(curvature[2], bend(1, 0, 1), by * scale);
      }
    }
  }
});

/**
 * Another implementation: strengths and the tie parameter as the papers write them, derivatives by differences, gradient steps
 * scaled by a numerical Hessian, the sandwich from numerical scores.
 */
function manual({ preference, tied, length, baselineLength, groups, weights }: TiedComparisons, model: TieModelName) {
  const n = preference.length, gap = Array.from(length, (value, i) => value - baselineLength[i]);
  const m = gap.reduce((a, b) => a + b) / n, sd = Math.sqrt(gap.reduce((s, v) => s + (v - m) ** 2, 0) / (n - 1));
  const logp = (at: readonly number[], i: number) => {
    // Strengths of the two answers; log ν, or log θ.
    const strength = Math.exp(at[0] + at[1] * Math.tanh(gap[i] / sd)), other = 1, tie = Math.exp(at[2]);
    const [win, loss] = model === "davidson"
      ? [strength, other].map((own) => own / (strength + other + tie * Math.sqrt(strength * other)))
      : [strength / (strength + tie * other), other / (other + tie * strength)];
    return (weights?.[i] ?? 1) * Math.log(tied[i] === 1 ? 1 - win - loss : preference[i] === 1 ? win : loss);
  };
  const sum = (at: readonly number[]) => Array.from({ length: n }, (_, i) => logp(at, i)).reduce((a, b) => a + b);
  const unit = (j: number, h: number) => [0, 1, 2].map((k) => k === j ? h : 0);
  const plus = (a: readonly number[], ...more: readonly number[][]) =>
    a.map((v, k) => more.reduce((s, b) => s + b[k], v));
  const slope = (f: (at: readonly number[]) => number, at: readonly number[], h = 1e-5) =>
    [0, 1, 2].map((j) => (f(plus(at, unit(j, h))) - f(plus(at, unit(j, -h)))) / (2 * h));
  const hessian = (at: readonly number[]) =>
    new Matrix([0, 1, 2].map((j) => {
      const h = 1e-3;
      const [up, down] = [slope(sum, plus(at, unit(j, h))), slope(sum, plus(at, unit(j, -h)))];
      return up.map((v, k) => -(v - down[k]) / (2 * h));
    }));
  let at: readonly number[] = [0, 0, 1];
  for (let step = 0; step < 40; step++) {
    const move = inverse(hessian(at)).mmul(Matrix.columnVector(slope(sum, at))).to1DArray();
    at = plus(at, move.map((v) => Math.max(-0.5, Math.min(0.5, v))));
  }
  const rate = (p: readonly number[]) => {
    const { win, tie } = probabilities(model, p[0], Math.exp(p[2]));
    return Math.log((win + tie / 2) / (1 - win - tie / 2));
  };
  const bread = inverse(hessian(at)), cluster = new Map<number | string, number[]>();
  for (let i = 0; i < n; i++) {
    const own = slope((p) => logp(p, i), at), key = groups?.[i] ?? i;
    cluster.set(key, plus(own, cluster.get(key) ?? [0, 0, 0]));
  }
  const meat = Matrix.zeros(3, 3), count = cluster.size;
  for (const s of cluster.values()) meat.add(Matrix.columnVector(s).mmul(Matrix.rowVector(s)));
  const g = Matrix.columnVector(slope(rate, at));
  const variance = g.transpose().mmul(bread).mmul(meat).mmul(bread).mmul(g).get(0, 0) * count / (count - 3);
  const half = studentQuantile(0.975, count - 3) * Math.sqrt(variance), sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  return { at, ends: [rate(at), rate(at) - half, rate(at) + half].map(sigmoid) };
}

Deno.test("fit and interval are those of another implementation, in groups and by weights", () => {
  for (const model of MODELS) {
    for (const weighted of [false, true]) {
      const some = drawnTies(3, 300, { model, perGroup: 4 }), rng = Rng.seed(8);
      const weights = Array.from({ length: 300 }, () => 0.5 + 2 * rng.uniform());
      const comparisons = weighted ? { ...some, weights } : some;
      const found = tiedWinRate(comparisons, { model }), { at, ends } = manual(comparisons, model);
      close(found.strength, at[0], 1e-7, model);
      close(found.lengthEffect, at[1], 1e-7, model);
      close(Math.log(found.tieParameter), at[2], 1e-7, model);
      // Numerical Hessians have errors of 1e-6, relative.
      [found.winRate.estimate, found.winRate.lower, found.winRate.upper].forEach((v, k) =>
        close(v, ends[k], 1e-5, model)
      );
    }
  }
});

Deno.test("from the other side it is one minus the rate, and so are the ends; ties stay", () => {
  for (const model of MODELS) {
    for (let seed = 0; seed < 5; seed++) {
      const c = drawnTies(seed, 80, { model });
      const other = { ...c, preference: Array.from(c.preference, (p) => 1 - p), length: c.baselineLength };
      const here = tiedWinRate(c, { model }), there = tiedWinRate({ ...other, baselineLength: c.length }, { model });
      close(here.winRate.estimate, 1 - there.winRate.estimate, 1e-9);
      close(here.winRate.lower, 1 - there.winRate.upper, 1e-9);
      for (const end of ["estimate", "lower", "upper"] as const) close(here.tieRate[end], there.tieRate[end], 1e-9);
      close(here.lengthEffect, there.lengthEffect, 1e-8);
    }
  }
});

Deno.test("without differences in length both models give the shares, and ν and θ in closed form", () => {
  const tied = [...new Array(30).fill(0), ...new Array(12).fill(1)];
  const preference = tied.map((_, i) => Number(i < 20)), length = tied.map(() => 7);
  const comparisons = { preference, tied, length, baselineLength: length };
  const [davidson, raoKupper] = MODELS.map((model) => tiedWinRate(comparisons, { model }));
  for (const { winRate, tieRate, logLikelihood } of [davidson, raoKupper]) {
    close(winRate.estimate, 26 / 42, 1e-10);
    close(tieRate.estimate, 12 / 42, 1e-10);
    const shares = [20, 12, 10].reduce((sum, count) => sum + count / 42 * Math.log(count / 42), 0);
    close(logLikelihood, shares, 1e-10);
  }
  close(davidson.tieParameter, 12 / Math.sqrt(20 * 10), 1e-9);
  // σ(λ − κ) = 20/42, σ(−λ − κ) = 10/42: e^{2κ} is the product of their odds against.
  close(raoKupper.tieParameter, Math.sqrt(22 / 20 * (32 / 10)), 1e-9);
});

Deno.test("a judge who likes length: the model is right where the share of wins is not", () => {
  for (const model of MODELS) {
    const { win, tie } = probabilities(model, 0.4, 1.8), truth = win + tie / 2;
    const samples = Array.from({ length: 20 }, (_, seed) => drawnTies(seed, 2000, { model, theta: 0.4, tie: 1.8 }));
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    const rates = samples.map((sample) => tiedWinRate(sample, { model }));
    const raw = samples.map(({ preference, tied }) => mean(Array.from(preference, (p, i) => tied[i] === 1 ? 0.5 : p)));
    assert.ok(mean(raw) > truth + 0.05);
    // A standard error of about 0.011 over a sample, 0.0025 over all; 4 of them.
    close(mean(rates.map(({ winRate }) => winRate.estimate)), truth, 0.01, model);
    close(mean(rates.map(({ tieRate }) => tieRate.estimate)), tie, 0.01, model);
    // A tie as half a win is another model, and is off by little where ties are as often as here.
    const halves = samples.map((s) => ({
      ...s,
      preference: Array.from(s.preference, (p, i) => s.tied[i] === 1 ? 0.5 : p),
    }));
    close(mean(halves.map((half) => lengthControlledWinRate(half).winRate)), truth, 0.03, model);
  }
});

Deno.test("weights of whole numbers are comparisons that stand there as often, in one group", () => {
  const c = drawnTies(5, 60, { model: "davidson" }), weights = Array.from({ length: 60 }, (_, i) => 1 + i % 3);
  const repeat = (values: ArrayLike<number>) =>
    Array.from(values).flatMap((v, i) => new Array<number>(weights[i]).fill(v));
  const ids = Array.from({ length: 60 }, (_, i) => i);
  // The scale of lengths is that of the rows that are there: rows of one length keep it the same.
  const even = { ...c, length: c.preference, baselineLength: c.preference };
  const heavy = tiedWinRate({ ...even, weights, groups: ids });
  const long = tiedWinRate({
    ...{ preference: repeat(c.preference), tied: repeat(c.tied), groups: repeat(ids) },
    ...{ length: repeat(c.preference), baselineLength: repeat(c.preference) },
  });
  for (const end of ["estimate", "lower", "upper"] as const) close(heavy.winRate[end], long.winRate[end], 1e-9);
});

Deno.test("what has no estimate is named", () => {
  const fine = { preference: [1, 0, 1, 0, 1, 1], tied: [0, 0, 1, 0, 0, 1], length: [5, 6, 7, 9, 4, 2] };
  const comparisons = { ...fine, baselineLength: [6, 6, 6, 6, 6, 6] };
  const refused: [Partial<TiedComparisons>, string, RegExp][] = [
    [{ tied: [0, 0, 0, 0, 0, 0] }, "RangeError", /^no tie among 6 comparisons, .* take lengthControlledWinRate$/],
    [{ preference: [1, 1, 1, 1, 1, 1] }, "RangeError", /^no loss among 6 comparisons/],
    [{ tied: [0, 0, 2, 0, 0, 1] }, "RangeError", /^tied\[2\] must be 0 or 1, got 2$/],
    [{ tied: [0, 1] }, "TypeError", /^tied must have length 6, got 2$/],
    [{ groups: [1, 1, 2, 2, 3, 3] }, "RangeError", /^expected at least 4 groups, got 3$/],
    [{ weights: [1, 1, -1, 1, 1, 1] }, "RangeError", /^weights\[2\] must be >= 0, got -1$/],
    [{ weights: [0, 0, 0, 0, 0, 0] }, "RangeError", /^weights: all are 0$/],
    // Longer answers win, equal ones tie, shorter ones lose: nothing bounds φ.
    [
      { preference: [1, 1, 0, 0, 1, 1], tied: [0, 0, 0, 0, 1, 1], length: [9, 8, 1, 2, 6, 6] },
      "UserError",
      /^davidson: no finite estimate/,
    ],
  ];
  for (const [change, name, message] of refused) {
    assert.throws(() => tiedWinRate({ ...comparisons, ...change }), { name, message });
  }
});

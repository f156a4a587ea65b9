/** Properties of all estimators: a second implementation, invariances, limits, and what they refuse. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "../random.ts";
import { manual, randomRounds } from "./manual_test_helpers.ts";
import {
  clippedIpw,
  dr,
  drOptimisticShrinkage,
  type Estimate,
  type EstimatorId,
  estimators,
  ipw,
  naive,
  outcomeOnly,
  type Rounds,
  sndr,
  snipw,
  subGaussianDr,
  subGaussianIpw,
  switchDr,
} from "./mod.ts";

fc.configureGlobal({ seed: 20260404 });

const ids = Object.keys(estimators) as EstimatorId[];

function near(actual: number, expected: number, relative: number, what = ""): void {
  const tolerance = relative * Math.max(1, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: got ${actual}, expected ${expected}`);
}

/** Random logs of 2 to 40 rounds; at least one weight is positive. */
const logs = fc.record({ seed: fc.integer(), n: fc.integer({ min: 2, max: 40 }), generated: fc.boolean() })
  .map(({ seed, n, generated }) => randomRounds(n, Rng.seed(seed), generated ? { generated: n + 3 } : {}))
  .filter(({ weight }) => weight.some((w) => w > 0));

Deno.test("every estimator agrees with a second implementation on random logs", () => {
  fc.assert(fc.property(logs, fc.double({ min: 0.1, max: 20, noNaN: true }), (rounds, lambda) => {
    for (const id of ids) {
      const own = "lambda" in estimators[id].options ? { lambda } : {};
      const ours = estimators[id].estimate(rounds, own);
      const theirs = manual(id, rounds, "lambda" in own ? lambda : Infinity);
      near(ours.value, theirs.value, 1e-9, `${id} value`);
      near(ours.standardError ** 2, theirs.variance, 1e-9, `${id} squared standard error`);
      near(ours.effectiveSampleSize, theirs.effectiveSampleSize, 1e-9, `${id} effective sample size`);
      assert.equal(ours.largestWeight, theirs.largestWeight, id);
      near(ours.clippedFraction, theirs.clippedFraction, 1e-9, `${id} clipped fraction`);
    }
  }));
});

Deno.test("the interval is value -+ z standard errors, which come from the influence", () => {
  const rounds = randomRounds(30, Rng.seed(1));
  for (const id of ids) {
    const { value, standardError, lower, upper, n, influence } = estimators[id].estimate(rounds, { level: 0.9 });
    near(upper - value, 1.6448536269514727 * standardError, 1e-8, id);
    near(value - lower, 1.6448536269514727 * standardError, 1e-8, id);
    assert.equal(influence.length, n);
    // Influences are of order 10; 30 of them sum to 0 but for 30 * 10 * 2^-53.
    assert.ok(Math.abs(influence.reduce((sum, x) => sum + x, 0)) < 1e-12, id);
    const squares = influence.reduce((sum, x) => sum + x * x, 0);
    near(standardError, Math.sqrt(squares / (n * (n - 1))), 1e-12, id);
  }
});

Deno.test("influence is the derivative of the value in the share of a round", () => {
  // Leaving a round out moves the value by -influence / (n - 1) to first order; the ratio's remainder is of order 1/n^2.
  const rounds = randomRounds(400, Rng.seed(2));
  const without = (values: Float64Array | undefined, out: number) => values?.filter((_, i) => i !== out);
  for (const id of ids) {
    const all = estimators[id].estimate(rounds);
    for (const out of [0, 17, 399]) {
      const fewer = estimators[id].estimate({
        reward: without(rounds.reward, out)!,
        weight: without(rounds.weight, out)!,
        prediction: without(rounds.prediction, out),
        direct: without(rounds.direct, out),
      });
      const expected = -all.influence[out] / 399;
      // Exact for means. For ratios the remainder is expected * w / sum(w), below a tenth of it here (weights up to 40).
      assert.ok(
        Math.abs(fewer.value - all.value - expected) <= 0.1 * Math.abs(expected) + 1e-12,
        `${id}, round ${out}`,
      );
    }
  }
});

Deno.test("the order of rounds does not matter", () => {
  fc.assert(fc.property(logs, fc.integer(), (rounds, seed) => {
    const order = Rng.seed(seed).permutation(rounds.reward.length);
    const permuted = (values?: Float64Array) => values && Float64Array.from(order, (i) => values[i]);
    const other: Rounds = {
      reward: permuted(rounds.reward)!,
      weight: permuted(rounds.weight)!,
      prediction: permuted(rounds.prediction),
      direct: permuted(rounds.direct),
      generated: rounds.generated,
    };
    for (const id of ids) {
      const a = estimators[id].estimate(rounds), b = estimators[id].estimate(other);
      near(b.value, a.value, 1e-11, id);
      near(b.standardError, a.standardError, 1e-11, id);
    }
  }));
});

Deno.test("scaling all weights leaves the self-normalised estimators where they are, and scales the others", () => {
  fc.assert(fc.property(logs, fc.double({ min: 0.01, max: 100, noNaN: true }), (rounds, c) => {
    const scaled = { ...rounds, weight: rounds.weight.map((w) => c * w) };
    for (const estimate of [snipw, sndr]) {
      near(estimate(scaled).value, estimate(rounds).value, 1e-10);
      near(estimate(scaled).standardError, estimate(rounds).standardError, 1e-10);
      near(estimate(scaled).effectiveSampleSize, estimate(rounds).effectiveSampleSize, 1e-10);
    }
    near(ipw(scaled).value, c * ipw(rounds).value, 1e-10);
    near(dr(scaled).value - outcomeOnly(rounds).value, c * (dr(rounds).value - outcomeOnly(rounds).value), 1e-10);
  }));
});

Deno.test("a shift of outcomes and model shifts what is equivariant; IPW moves by the shift times the mean weight", () => {
  const weights = (rounds: Rounds) => rounds.weight.reduce((sum, w) => sum + w, 0) / rounds.weight.length;
  fc.assert(fc.property(logs, fc.double({ min: -50, max: 50, noNaN: true }), (drawn, shift) => {
    // The generated texts' term is a weighted mean too: it moves by the shift times their mean weight.
    const rounds = { ...drawn, generated: undefined };
    const up = (values?: Float64Array) => values?.map((v) => v + shift);
    const moved: Rounds = {
      ...rounds,
      reward: up(rounds.reward)!,
      prediction: up(rounds.prediction),
      direct: up(rounds.direct),
    };
    for (const id of ["naive", "outcome-only", "snipw", "dr", "sndr", "switch-dr", "dros"] as const) {
      const a = estimators[id].estimate(rounds), b = estimators[id].estimate(moved);
      near(b.value, a.value + shift, 1e-10, id);
      near(b.standardError, a.standardError, 1e-9, id);
    }
    near(ipw(moved).value, ipw(rounds).value + shift * weights(rounds), 1e-10);
    // A shift of the rewards alone reaches DR through the weights, self-normalised DR in full.
    const rewardsOnly = { ...rounds, reward: moved.reward };
    near(dr(rewardsOnly).value, dr(rounds).value + shift * weights(rounds), 1e-10);
    near(sndr(rewardsOnly).value, sndr(rounds).value + shift, 1e-10);
  }));
});

Deno.test("constant rewards: self-normalised IPW has no width, as has self-normalised DR with a constant model", () => {
  const { weight } = randomRounds(50, Rng.seed(3));
  const constant = (c: number) => new Float64Array(50).fill(c);
  const rounds = { reward: constant(0.3), weight, prediction: constant(0.2), direct: constant(0.2) };
  for (const { value, standardError } of [snipw(rounds), sndr(rounds)]) {
    near(value, 0.3, 1e-15);
    // Each influence is a rounding of 0.3 w / mean(w), with w / mean(w) below 50: 50 * 0.3 * 2^-53 / sqrt(50) and to spare.
    assert.ok(standardError < 1e-15, `${standardError}`);
  }
  assert.ok(ipw(rounds).standardError > 0.01, "IPW keeps the spread of the weights");
});

/** Every field of two estimates, to the bit. */
const same = (a: Estimate, b: Estimate) => assert.deepEqual(a, b);

Deno.test("lambda at its loose end is the plain estimator to the bit, at its tight end the model alone", () => {
  fc.assert(fc.property(logs, (rounds) => {
    const lambda = Infinity;
    same(clippedIpw(rounds, { lambda }), ipw(rounds));
    same(dr(rounds, { lambda }), dr(rounds));
    same(switchDr(rounds, { lambda }), dr(rounds));
    same(drOptimisticShrinkage(rounds, { lambda }), dr(rounds));
    same(subGaussianIpw(rounds, { lambda: 0 }), ipw(rounds));
    same(subGaussianDr(rounds, { lambda: 0 }), dr(rounds));
    const model = outcomeOnly(rounds).value;
    assert.equal(drOptimisticShrinkage(rounds, { lambda: 0 }).value, model);
    assert.equal(switchDr(rounds, { lambda: 0 }).value, model);
    assert.equal(dr(rounds, { lambda: 0 }).value, model);
    assert.equal(clippedIpw(rounds, { lambda: 0 }).value, 0);
    assert.equal(
      clippedIpw(rounds, { lambda: 0 }).clippedFraction,
      rounds.weight.filter((w) => w > 0).length / rounds.weight.length,
    );
  }));
});

Deno.test("huge weights neither overflow the effective sample size nor the shrinkage", () => {
  const rounds = { ...randomRounds(3, Rng.seed(4)), weight: Float64Array.of(1e200, 1e200, 0) };
  near(ipw(rounds).effectiveSampleSize, 2, 1e-15);
  assert.ok(Number.isFinite(drOptimisticShrinkage(rounds, { lambda: 1 }).value));
});

Deno.test("generated texts take the place of the direct term, and their spread adds", () => {
  const rounds = randomRounds(20, Rng.seed(5), { generated: 60 });
  const term = outcomeOnly(rounds);
  assert.equal(term.n, 60);
  assert.equal(term.influence.length, 60);
  const correction = ipw({ reward: rounds.reward.map((r, i) => r - rounds.prediction![i]), weight: rounds.weight });
  const both = dr(rounds);
  near(both.value, term.value + correction.value, 1e-12);
  near(both.standardError, Math.hypot(term.standardError, correction.standardError), 1e-12);
  assert.equal(both.n, 20);
  same(dr({ ...rounds, direct: undefined }), both);
});

Deno.test("one round has a value and no interval", () => {
  const one = {
    reward: Float64Array.of(2),
    weight: Float64Array.of(3),
    prediction: Float64Array.of(1),
    direct: Float64Array.of(1),
  };
  for (const id of ids) {
    const { value, standardError, lower, upper } = estimators[id].estimate(one);
    assert.ok(Number.isFinite(value), id);
    assert.deepEqual([standardError, lower, upper], [Infinity, -Infinity, Infinity]);
  }
});

Deno.test("the table: ids, needs and ranges are what the functions do", () => {
  assert.deepEqual(ids, ["naive", "outcome-only", "ipw", "snipw", "clipped", "dr", "sndr", "switch-dr", "dros"]);
  const rounds = randomRounds(10, Rng.seed(6));
  const without = { prediction: undefined, direct: undefined };
  for (const id of ids) {
    const { estimate, needs, options } = estimators[id];
    const unweighted = { ...rounds, weight: new Float64Array(10).fill(NaN) };
    if (needs.includes("weight")) assert.throws(() => estimate(unweighted), /weight\[0\]/, id);
    else assert.ok(Number.isFinite(estimate(unweighted).value), id);
    if (needs.includes("prediction")) assert.throws(() => estimate({ ...rounds, ...without }), TypeError, id);
    else assert.ok(Number.isFinite(estimate({ ...rounds, ...without }).value), id);
    if ("lambda" in options) {
      same(estimate(rounds), estimate(rounds, { lambda: options.lambda.default }));
      assert.throws(() => estimate(rounds, { lambda: -1 }), {
        name: "RangeError",
        message: "lambda must be in [0, Infinity], got -1",
      });
    } else {
      assert.throws(() => estimate(rounds, { lambda: 1 }), { name: "TypeError", message: /has no option "lambda"/ });
    }
  }
  assert.throws(() => estimators.ipw.estimate(rounds, { lambda: 1 }), {
    message: 'IPW has no option "lambda"; it takes level, groups',
  });
});

Deno.test("what cannot be estimated is refused by name", () => {
  const rounds = randomRounds(4, Rng.seed(7));
  const with_ = (name: keyof Rounds, index: number, value: number) => ({
    ...rounds,
    [name]: (rounds[name] as Float64Array).map((old, i) => i === index ? value : old),
  });
  const refuse = (make: () => unknown, name: string, message: string) => assert.throws(make, { name, message });
  refuse(() => ipw(with_("reward", 2, NaN)), "RangeError", "reward[2] must be a finite number, got NaN");
  refuse(() => naive(with_("reward", 0, Infinity)), "RangeError", "reward[0] must be a finite number, got Infinity");
  refuse(() => ipw(with_("weight", 1, -0.5)), "RangeError", "weight[1] must be >= 0, got -0.5");
  refuse(() => dr(with_("prediction", 3, NaN)), "RangeError", "prediction[3] must be a finite number, got NaN");
  refuse(() => dr(with_("direct", 3, NaN)), "RangeError", "direct[3] must be a finite number, got NaN");
  refuse(
    () => dr({ ...rounds, direct: undefined }),
    "TypeError",
    "dr needs an outcome model: rounds.direct or rounds.generated is missing",
  );
  refuse(
    () => sndr({ ...rounds, prediction: undefined }),
    "TypeError",
    "sndr needs an outcome model: rounds.prediction is missing",
  );
  refuse(() => ipw({ ...rounds, weight: new Float64Array(3) }), "TypeError", "weight must have length 4, got 3");
  const none = new Float64Array(0);
  refuse(() => naive({ reward: none, weight: none }), "RangeError", "naive: there are no rounds (reward has length 0)");
  refuse(
    () => dr({ ...rounds, generated: { weight: none, prediction: none } }),
    "RangeError",
    "dr: there are no generated texts (generated.prediction has length 0)",
  );
  const generated = { weight: Float64Array.of(1, 1), prediction: Float64Array.of(1) };
  refuse(() => outcomeOnly({ ...rounds, generated }), "TypeError", "generated.weight must have length 1, got 2");
  refuse(() => subGaussianIpw(rounds, { lambda: 2 }), "RangeError", "lambda must be in [0, 1], got 2");
  refuse(() => ipw(rounds, { level: 1 }), "RangeError", "level must be in (0, 1), got 1");
});

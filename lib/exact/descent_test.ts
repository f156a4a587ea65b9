import assert from "node:assert/strict";
import { adam, checkBounded, sgd } from "./descent.ts";

Deno.test("gradient descent on a parabola shrinks by its rate", () => {
  const theta = Float64Array.of(1, -3), step = sgd(theta, 0.25);
  for (let t = 0; t < 10; t++) step(theta.slice());
  // Products of dyadic numbers: exact.
  assert.deepEqual([...theta], [0.75 ** 10, -3 * 0.75 ** 10]);
});

Deno.test("Adam is the weighted means of the past, written out", () => {
  const gradients = [[0.3, -2], [0, 1e-9], [-5, 4], [1e3, 0.5]], rate = 0.01;
  const theta = Float64Array.of(0, 0), step = adam(theta, rate), expected = [0, 0];
  gradients.forEach((gradient, t) => {
    step(Float64Array.from(gradient));
    for (const k of [0, 1]) {
      const past = gradients.slice(0, t + 1).map((g, s) => ({ g: g[k], age: t - s }));
      const weighted = (decay: number, of: (g: number) => number) => {
        const weights = past.map(({ age }) => decay ** age);
        return past.reduce((sum, { g }, i) => sum + weights[i] * of(g), 0) / weights.reduce((a, b) => a + b);
      };
      // (1 − β) Σ β^age g / (1 − β^t) is a weighted mean: the weights sum to (1 − β^t)/(1 − β).
      expected[k] -= rate * weighted(0.9, (g) => g) / (Math.sqrt(weighted(0.999, (g) => g * g)) + 1e-8);
      // 1 − 0.999^t loses three digits of sixteen.
      assert.ok(Math.abs(theta[k] - expected[k]) < 1e-12, `step ${t}: ${theta[k]} for ${expected[k]}`);
    }
  });
});

Deno.test("two descents share nothing, and steps up are steps down the gradient turned round", () => {
  const one = Float64Array.of(0), other = Float64Array.of(0), up = adam(one, 0.1), down = adam(other, 0.1);
  for (const g of [3, -1, 0.2]) {
    up(Float64Array.of(g));
    down(Float64Array.of(-g));
    assert.equal(one[0], -other[0]);
  }
});

Deno.test("weights that ran away are named; large ones are none of that", () => {
  const check = (value: number) => () =>
    checkBounded(Float64Array.of(1, value), (k) => `weight ${k}, on noise,`, { arm: "ipo", seed: 3, step: 7 });
  for (const value of [0, 1e11, -1e11]) check(value)();
  for (const value of [NaN, Infinity, -1e12]) {
    assert.throws(check(value), {
      name: "UserError",
      message: `training stopped: weight 1, on noise, is ${value} (arm ipo, seed 3, step 7)`,
    });
  }
});

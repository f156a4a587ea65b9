import assert from "node:assert/strict";
import { bestOfClass, naturalGradient } from "./best_of_class.ts";
import { scaledTo } from "./kl_budget.ts";
import { expectation, lawAt, meanKl } from "./laws.ts";
import { RESPONSES, smallClass } from "./laws_test_helpers.ts";

Deno.test("the natural gradient is F⁻¹ times the gradient of the value", () => {
  const { space, table, rng } = smallClass(5), theta = rng.normals(3), step = 1e-5;
  const bump = (k: number, by: number) => theta.map((v, i) => i === k ? v + by : v);
  const gradient = [0, 1, 2].map((k) =>
    (expectation(lawAt(space, bump(k, step)), table, RESPONSES) -
      expectation(lawAt(space, bump(k, -step)), table, RESPONSES)) /
    (2 * step)
  );
  // The Fisher matrix is the Hessian of KL(π_θ ‖ π_{θ+δ}) at δ = 0.
  const here = lawAt(space, theta), natural = naturalGradient(space, theta, table), h = 1e-4;
  const kl = (delta: number[]) => meanKl(here, lawAt(space, theta.map((v, k) => v + delta[k])), RESPONSES);
  const unit = (k: number) => [0, 1, 2].map((i) => i === k ? h : 0);
  for (let k = 0; k < 3; k++) {
    let product = 0;
    for (let l = 0; l < 3; l++) {
      const both = unit(k).map((v, i) => v + unit(l)[i]);
      product += natural[l] * (kl(both) - kl(unit(k)) - kl(unit(l))) / (h * h);
    }
    // Differences of KL near 0 leave about 1e-16/h² = 1e-8 and third-order terms of size h.
    assert.ok(Math.abs(product - gradient[k]) < 1e-2 * (1 + Math.abs(gradient[k])), `${k}: ${product} ${gradient[k]}`);
  }
});

Deno.test("nothing on the sphere of equal KL beats the best of the class", () => {
  for (const seed of [6, 7, 8]) {
    const { space, table, rng } = smallClass(seed), budget = 0.3;
    const best = bestOfClass(space, table, budget), top = expectation(lawAt(space, best), table, RESPONSES);
    assert.ok(Math.abs(meanKl(lawAt(space, best), space.logStart, RESPONSES) - budget) < 1e-9);
    for (let i = 0; i < 200; i++) {
      const spread = i < 100 ? 1 : 1e-3; // anywhere, and next to it
      const theta = best.map((v) => v * (i < 100 ? 0 : 1) + spread * rng.normal());
      assert.ok(expectation(scaledTo(space, theta, budget).logp, table, RESPONSES) <= top + 1e-9);
    }
  }
});

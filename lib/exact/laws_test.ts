import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { bestOfClass, expectation, lawAt, meanKl, naturalGradient, scaledTo } from "./laws.ts";

/** A class of laws over 5 prompts with 4 responses and 3 features, and a table. */
function small(seed: number) {
  const rng = Rng.seed(seed), cells = 20;
  const space = {
    logStart: lawAt({ logStart: rng.normals(cells), features: new Float64Array(cells), responses: 4 }, [0]),
    features: rng.normals(cells * 3),
    responses: 4,
  };
  return { space, table: rng.normals(cells), rng };
}

Deno.test("a scaled policy spends the budget, and more of it for a larger one", () => {
  for (const seed of [1, 2, 3]) {
    const { space, rng } = small(seed), theta = rng.normals(3);
    let last = 0;
    for (const budget of [1e-6, 0.01, 0.2, 0.5]) {
      const { scale, logp } = scaledTo(space, theta, budget);
      assert.ok(Math.abs(meanKl(logp, space.logStart, 4) - budget) < 1e-10, `${seed} ${budget}`);
      assert.ok(scale > last);
      last = scale;
      // The length of θ does not matter.
      const again = scaledTo(space, theta.map((v) => 7 * v), budget);
      assert.ok(Math.abs(7 * again.scale / scale - 1) < 1e-6);
    }
  }
});

Deno.test("no direction stays at π0; a ray that cannot spend the budget is followed to its end", () => {
  const { space } = small(4);
  assert.deepEqual(scaledTo(space, [0, 0, 0], 0.1).logp, space.logStart);
  const end = scaledTo(space, [1, 0, 0], 50);
  assert.ok(meanKl(end.logp, space.logStart, 4) < 50);
  assert.throws(() => scaledTo(space, [1, 0, 0], 0), RangeError);
  assert.throws(() => scaledTo(space, [NaN, 0, 0], 0.1), RangeError);
});

Deno.test("the natural gradient is F⁻¹ times the gradient of the value", () => {
  const { space, table, rng } = small(5), theta = rng.normals(3), step = 1e-5;
  const bump = (k: number, by: number) => theta.map((v, i) => i === k ? v + by : v);
  const gradient = [0, 1, 2].map((k) =>
    (expectation(lawAt(space, bump(k, step)), table, 4) - expectation(lawAt(space, bump(k, -step)), table, 4)) /
    (2 * step)
  );
  // The Fisher matrix is the Hessian of KL(π_θ ‖ π_{θ+δ}) at δ = 0.
  const here = lawAt(space, theta), natural = naturalGradient(space, theta, table), h = 1e-4;
  const kl = (delta: number[]) => meanKl(here, lawAt(space, theta.map((v, k) => v + delta[k])), 4);
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
    const { space, table, rng } = small(seed), budget = 0.3;
    const best = bestOfClass(space, table, budget), top = expectation(lawAt(space, best), table, 4);
    assert.ok(Math.abs(meanKl(lawAt(space, best), space.logStart, 4) - budget) < 1e-9);
    for (let i = 0; i < 200; i++) {
      const spread = i < 100 ? 1 : 1e-3; // anywhere, and next to it
      const theta = best.map((v) => v * (i < 100 ? 0 : 1) + spread * rng.normal());
      assert.ok(expectation(scaledTo(space, theta, budget).logp, table, 4) <= top + 1e-9);
    }
  }
});

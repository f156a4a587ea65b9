import assert from "node:assert/strict";
import { scaledTo } from "./kl_budget.ts";
import { meanKl } from "./laws.ts";
import { RESPONSES, smallClass } from "./laws_test_helpers.ts";

Deno.test("a scaled policy spends the budget, and more of it for a larger one", () => {
  for (const seed of [1, 2, 3]) {
    const { space, rng } = smallClass(seed), theta = rng.normals(3);
    let last = 0;
    for (const budget of [1e-6, 0.01, 0.2, 0.5]) {
      const { scale, logp } = scaledTo(space, theta, budget);
      assert.ok(Math.abs(meanKl(logp, space.logStart, RESPONSES) - budget) < 1e-10, `${seed} ${budget}`);
      assert.ok(scale > last);
      last = scale;
      // The length of θ does not matter.
      const again = scaledTo(space, theta.map((v) => 7 * v), budget);
      assert.ok(Math.abs(7 * again.scale / scale - 1) < 1e-6);
    }
  }
});

Deno.test("no direction stays at π0; a ray that cannot spend the budget is followed to its end", () => {
  const { space } = smallClass(4);
  assert.deepEqual(scaledTo(space, new Float64Array(3), 0.1).logp, space.logStart);
  const end = scaledTo(space, Float64Array.of(1, 0, 0), 50);
  assert.ok(meanKl(end.logp, space.logStart, RESPONSES) < 50);
  assert.throws(() => scaledTo(space, Float64Array.of(1, 0, 0), 0), RangeError);
  assert.throws(() => scaledTo(space, Float64Array.of(NaN, 0, 0), 0.1), RangeError);
});

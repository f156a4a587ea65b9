import assert from "node:assert/strict";
import { firstAtKl, scaledTo } from "./kl_budget.ts";
import { type LawClass, lawOf, meanKl } from "./laws.ts";
import { DIMENSIONS, near, RESPONSES, smallClass } from "./laws_test_helpers.ts";
import { klsAlong } from "./path_kl.ts";

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

/** A path with its KLs. */
const along = (space: LawClass, path: readonly Float64Array[], groups: readonly number[]) => ({
  path,
  kls: klsAlong(space, path, groups),
});
/** Mean KL over some groups, from laws one by one. */
const klOver = (space: LawClass, groups: readonly number[], theta: Float64Array) =>
  groups.reduce((sum, g) => sum + lawOf(space, theta, g).kl / groups.length, 0);

Deno.test("a path is read at exactly the KL asked for, where it first gets there or beyond its end", () => {
  for (const seed of [11, 12, 13]) {
    const { space, rng } = smallClass(seed), groups = [0, 2, 2, 3];
    const path = [new Float64Array(DIMENSIONS)];
    for (let t = 0; t < 8; t++) path.push(path[t].map((v) => v + 0.3 * rng.normal()));
    const kls = path.map((theta) => klOver(space, groups, theta)), most = Math.max(...kls), last = kls[8];
    for (const share of [0.01, 0.3, 0.9, 0.999, 1.2]) {
      const { theta, reached } = firstAtKl(space, along(space, path, groups), groups, share * most)!;
      near(klOver(space, groups, theta), share * most, 1e-12);
      assert.equal(reached, share < 1);
      const next = kls.findIndex((kl) => kl >= share * most);
      const [from, to] = reached ? [path[next - 1], path[next]] : [path[0], path[8]];
      const at = theta.map((v, k) => (v - from[k]) / (to[k] - from[k]));
      at.forEach((v) => near(v, at[0], 1e-9, "off the line"));
      assert.ok(reached ? at[0] > 0 && at[0] <= 1 : at[0] > 1 || last === most);
    }
  }
});

Deno.test("a path of tiny steps points the same way; what is too far or never moved is not there", () => {
  const { space, rng } = smallClass(14), end = rng.normals(DIMENSIONS), groups = [0, 1, 2, 3, 4];
  const still = new Float64Array(DIMENSIONS), budget = 3 * klOver(space, groups, end.map((v) => v / 2));
  const { theta } = firstAtKl(space, along(space, [still, end.map((v) => v / 2)], groups), groups, budget)!;
  const tiny = firstAtKl(space, along(space, [still, end.map((v) => 1e-9 * v)], groups), groups, budget)!;
  near(klOver(space, groups, tiny.theta), budget, 1e-12);
  theta.forEach((v, k) => near(tiny.theta[k], v, 1e-9));
  // A ray through the end is what scaling spends on.
  near(scaledTo(space, end, budget).scale, theta[0] / end[0], 1e-9);
  assert.equal(
    firstAtKl(space, along(space, [still, end], groups), groups, 50),
    undefined,
    "no law over six responses is that far",
  );
  assert.equal(firstAtKl(space, along(space, [still, still], groups), groups, 0.1), undefined, "it never moved");
  assert.throws(() => firstAtKl(space, along(space, [still, end], groups), groups, 0), RangeError);
});

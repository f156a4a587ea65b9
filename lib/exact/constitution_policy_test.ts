import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { constitutionLaws } from "./constitution_laws.ts";
import { constitutionPolicy, type Pool } from "./constitution_policy.ts";

const size = { queries: 2, responses: 3, constitutions: 4 }, D = 2, E = 3;

function drawn(seed: number): { pool: Pool; theta: Float64Array; slopes: Float64Array } {
  const rng = Rng.seed(seed);
  const features = rng.fork("f").normals(size.queries * size.responses * D);
  const offsets = rng.fork("o").normals(size.queries * size.responses);
  const embeddings = rng.fork("e").normals(size.constitutions * E);
  const theta = rng.fork("t").normals(D * E), slopes = rng.fork("s").normals(size.responses);
  return { pool: { ...size, features, offsets, embeddings }, theta, slopes };
}

Deno.test("every row is a law, the same whatever was asked for before, and its chances are those of its log-probs", () => {
  const { pool, theta } = drawn(1), policy = constitutionPolicy(pool, theta), table = policy.all();
  for (let x = 0; x < size.queries; x++) {
    for (let c = 0; c < size.constitutions; c++) {
      const row = constitutionPolicy(pool, theta).row(x, c), chances = policy.chances(x, c);
      const at = (x * size.constitutions + c) * size.responses;
      assert.deepEqual(row, table.slice(at, at + size.responses));
      // Three terms of rounding each.
      assert.ok(Math.abs(chances.reduce((a, b) => a + b) - 1) < 1e-15);
      row.forEach((v, y) => assert.ok(Math.abs(Math.exp(v) - chances[y]) < 1e-15));
    }
  }
});

Deno.test("the gradient is that of finite differences", () => {
  for (let seed = 0; seed < 5; seed++) {
    const { pool, theta, slopes } = drawn(seed), laws = constitutionLaws(pool, [0, 2]);
    laws.at(theta);
    // Some of a query under one constitution, and twice as much of another under another one.
    slopes.forEach((v, y) => {
      laws.of(2).slopes[pool.responses + y] += v;
      laws.of(0).slopes[y] += 2 * v;
    });
    const gradient = laws.gradient(new Float64Array(D * E));
    const value = (at: Float64Array) => {
      const policy = constitutionPolicy(pool, at), [one, other] = [policy.row(1, 2), policy.row(0, 0)];
      return slopes.reduce((sum, v, y) => sum + v * (one[y] + 2 * other[y]), 0);
    };
    const h = 1e-5;
    theta.forEach((_, i) => {
      const [up, down] = [h, -h].map((step) => value(theta.map((v, j) => j === i ? v + step : v)));
      // Central differences: third derivatives of order 10 times h² / 6, and rounding of order 1e-15 / h.
      assert.ok(Math.abs((up - down) / (2 * h) - gradient[i]) < 2e-9, `seed ${seed}, weight ${i}`);
    });
  }
});

Deno.test("laws of all queries at once are those of one row after the other", () => {
  const { pool, theta } = drawn(2), policy = constitutionPolicy(pool, theta), laws = constitutionLaws(pool, [1, 3]);
  laws.at(theta);
  for (const c of [1, 3]) {
    for (let x = 0; x < pool.queries; x++) {
      policy.row(x, c).forEach((v, y) => assert.ok(Math.abs(laws.of(c).logp[x * pool.responses + y] - v) < 1e-14));
    }
  }
  laws.close();
});

Deno.test("sizes that do not fit are named", () => {
  const { pool, theta } = drawn(1);
  const fails = (changed: Partial<Pool>, weights: Float64Array, message: string) =>
    assert.throws(() => constitutionPolicy({ ...pool, ...changed }, weights), { name: "TypeError", message });
  fails({}, theta.slice(1), "theta: expected 2 x 3 numbers, got 5");
  fails({ offsets: new Float64Array(5) }, theta, "offsets: expected 2 x 3 numbers, got 5");
  fails({ features: new Float64Array(7) }, theta, "features: expected 2 x 3 x D numbers, got 7");
  fails({ embeddings: new Float64Array(5) }, theta, "embeddings: expected 4 x E numbers, got 5");
});

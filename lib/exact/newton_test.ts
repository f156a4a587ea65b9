import assert from "node:assert/strict";
import { minimise } from "./newton.ts";

Deno.test("a valley that bends: Rosenbrock's function from its usual start", () => {
  const { at, gradientNorm } = minimise(Float64Array.of(-1.2, 1), ([x, y], out) => {
    out.value = 100 * (y - x * x) ** 2 + (1 - x) ** 2;
    out.gradient.set([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)]);
    out.hessian.set([1200 * x * x - 400 * y + 2, -400 * x, -400 * x, 200]);
  }, 1e-10);
  assert.ok(gradientNorm <= 1e-10);
  // The Hessian's smallest eigenvalue at (1, 1) is 0.4: the point is off by the gradient over it at most, times √2.
  assert.ok(Math.abs(at[0] - 1) < 1e-9 && Math.abs(at[1] - 1) < 1e-9, `${at}`);
});

Deno.test("where the curvature is negative it still goes down", () => {
  const { at } = minimise(Float64Array.of(0.1), ([x], out) => {
    out.value = x ** 4 / 4 - x * x / 2;
    out.gradient[0] = x ** 3 - x;
    out.hessian[0] = 3 * x * x - 1;
  }, 1e-12);
  assert.ok(Math.abs(at[0] - 1) < 1e-11);
});

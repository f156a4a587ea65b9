import assert from "node:assert/strict";
import { EigenvalueDecomposition, LuDecomposition, Matrix } from "ml-matrix";
import { Rng } from "../random.ts";
import { solveDamped } from "./cholesky.ts";

const roomFor = (d: number) => ({ factor: new Float64Array(d * d), solution: new Float64Array(d) });

Deno.test("the solution is that of an LU decomposition, whatever stands in the upper half", () => {
  const rng = Rng.seed(1);
  for (let d = 1; d <= 8; d++) {
    const root = rng.normals(d * (d + 2)), right = rng.normals(d), damping = 0.1 * d;
    const full = new Float64Array(d * d);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        for (let k = 0; k < d + 2; k++) full[i * d + j] += root[i * (d + 2) + k] * root[j * (d + 2) + k];
      }
    }
    const lower = full.map((v, at) => at % d > Math.floor(at / d) ? NaN : v), room = roomFor(d);
    assert.ok(solveDamped(lower, right, damping, room));
    const matrix = Matrix.from1DArray(d, d, full).add(Matrix.eye(d, d, damping));
    const expected = new LuDecomposition(matrix).solve(Matrix.columnVector(right)).to1DArray();
    const eigen = new EigenvalueDecomposition(matrix).realEigenvalues;
    // Both are backward stable: off by their condition times some d rounding errors.
    const tolerance = 1e-15 * d * Math.max(...eigen) / Math.min(...eigen) * Math.hypot(...expected);
    expected.forEach((v, k) => assert.ok(Math.abs(room.solution[k] - v) <= tolerance, `${d}: ${v}`));
  }
});

Deno.test("a matrix that is not positive definite is told, until the damping makes it so", () => {
  const indefinite = Float64Array.of(1, 0, 2, 1), room = roomFor(2); // eigenvalues −1 and 3
  assert.equal(solveDamped(indefinite, Float64Array.of(1, 1), 0, room), false);
  assert.equal(solveDamped(indefinite, Float64Array.of(1, 1), 0.99, room), false);
  assert.equal(solveDamped(indefinite, Float64Array.of(1, 1), 1.01, room), true);
  assert.equal(solveDamped(Float64Array.of(NaN), Float64Array.of(1), 1, roomFor(1)), false);
});

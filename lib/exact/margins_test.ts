import { Rng } from "../random.ts";
import { near } from "./laws_test_helpers.ts";
import { addMargins } from "./margins.ts";
import type { Quadratic } from "./newton.ts";

const N = 7, D = 3, rng = Rng.seed(1);
// Some rows hold zeros, which are left out of sums.
const differences = rng.normals(N * D).map((v, i) => i % 4 === 0 ? 0 : v);
const weights = rng.normals(N).map((v) => v * v), offsets = rng.normals(N);

/** A loss that differs from pair to pair, in closed form: cosh of the margin less its own offset. */
const loss = (margin: number, i: number, out: Float64Array) => {
  out.set([Math.cosh(margin - offsets[i]), Math.sinh(margin - offsets[i]), Math.cosh(margin - offsets[i])]);
};

function at(theta: Float64Array): Quadratic {
  const out = { value: 0, gradient: new Float64Array(D), hessian: new Float64Array(D * D) };
  addMargins({ differences, weights }, loss, theta, out);
  return out;
}

Deno.test("the sum is that of the losses, gradient and Hessian those of central differences", () => {
  const theta = rng.normals(D), here = at(theta), h = 1e-5;
  let value = 0;
  for (let i = 0; i < N; i++) {
    const margin = theta.reduce((sum, t, k) => sum + t * differences[i * D + k], 0);
    value += weights[i] * Math.cosh(margin - offsets[i]);
  }
  near(here.value, value, 1e-13 * value);
  for (let k = 0; k < D; k++) {
    const [up, down] = [h, -h].map((by) => at(theta.map((v, j) => j === k ? v + by : v)));
    // Third derivatives are sums of terms like the value's, times h²/6; rounding of 1e-16 of the value over h.
    const tolerance = 1e-9 * (1 + value);
    near(here.gradient[k], (up.value - down.value) / (2 * h), tolerance, `gradient ${k}`);
    for (let l = 0; l < D; l++) {
      const bend = (up.gradient[l] - down.gradient[l]) / (2 * h);
      near(here.hessian[Math.max(k, l) * D + Math.min(k, l)], bend, tolerance, `curvature ${k}, ${l}`);
    }
  }
});

Deno.test("it adds to what stands there, and pairs one by one are all of them", () => {
  const theta = rng.normals(D), all = at(theta);
  const out = { value: 2, gradient: new Float64Array(D).fill(3), hessian: new Float64Array(D * D).fill(4) };
  for (let i = 0; i < N; i++) {
    const pair = { differences: differences.subarray(i * D, (i + 1) * D), weights: weights.subarray(i, i + 1) };
    addMargins(pair, (margin, _, one) => loss(margin, i, one), theta, out);
  }
  near(out.value, 2 + all.value, 1e-12 * all.value);
  all.gradient.forEach((g, k) => near(out.gradient[k], 3 + g, 1e-12 * all.value));
  all.hessian.forEach((v, at) => near(out.hessian[at], 4 + v, 1e-12 * all.value));
});

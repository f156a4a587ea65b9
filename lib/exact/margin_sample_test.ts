import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { near } from "./laws_test_helpers.ts";
import { MarginSample } from "./margin_sample.ts";
import { addMargins } from "./margins.ts";

const empty = (d: number) => ({
  value: 1,
  gradient: new Float64Array(d).fill(2),
  hessian: new Float64Array(d * d).fill(3),
});

Deno.test("kernels add what a plain loop adds, for whole panels and for parts of one, at one θ after another", () => {
  for (const [n, d] of [[1, 1], [7, 3], [8, 4], [100, 12], [19, 33]]) {
    const rng = Rng.seed(n), offsets = rng.fork("offsets").normals(n);
    const pairs = { differences: rng.normals(n * d), weights: rng.fork("weights").normals(n).map((v) => v * v) };
    const loss = (margin: number, i: number, out: Float64Array) => {
      const x = margin - offsets[i];
      out.set([x * x + x, 2 * x + 1, 2 + i]);
    };
    const sample = new MarginSample(pairs, d);
    for (let turn = 0; turn < 2; turn++) {
      const theta = rng.fork("theta").fork(turn).normals(d), [plain, kernels] = [empty(d), empty(d)];
      addMargins(pairs, loss, theta, plain);
      sample.addTo(kernels, loss, theta);
      // Sums of n terms, each as large as the largest number here at most, in another order.
      const tolerance = 1e-14 * n * (1 + Math.abs(plain.value) + n * n);
      near(kernels.value, plain.value, tolerance);
      plain.gradient.forEach((v, k) => near(kernels.gradient[k], v, tolerance, `gradient ${k}`));
      for (let k = 0; k < d; k++) {
        for (let l = 0; l <= k; l++) {
          near(kernels.hessian[k * d + l], plain.hessian[k * d + l], tolerance, `${k}, ${l}`);
        }
      }
    }
    sample.close();
  }
});

Deno.test("a room that another sample left holds nothing of it", () => {
  const loss = (_margin: number, _i: number, out: Float64Array) => void out.set([1, 1, 1]);
  const sums = (n: number) => {
    const out = empty(2),
      sample = new MarginSample(
        { differences: new Float64Array(2 * n).fill(1), weights: new Float64Array(n).fill(1) },
        2,
      );
    sample.addTo(out, loss, Float64Array.of(0, 0));
    sample.close();
    return [out.value, ...out.gradient, out.hessian[2]];
  };
  const first = sums(5);
  sums(61);
  assert.deepEqual(sums(5), first);
  assert.deepEqual(first, [6, 7, 7, 8]);
});

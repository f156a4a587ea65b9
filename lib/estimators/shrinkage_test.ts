import assert from "node:assert/strict";
import fc from "fast-check";
import { clip, shrinkOptimistically, subGaussian, switchOff } from "./shrinkage.ts";

fc.configureGlobal({ seed: 20260404 });

Deno.test("known values, at the boundaries too", () => {
  const weight = Float64Array.of(0, 1, 2, 4);
  assert.deepEqual([...clip(weight, 2)], [0, 1, 2, 2]);
  assert.deepEqual([...switchOff(weight, 2)], [0, 1, 2, 0], "a weight equal to lambda stays");
  assert.deepEqual([...shrinkOptimistically(weight, 4)], [0, 0.8, 1, 0.8]);
  assert.deepEqual([...shrinkOptimistically(weight, 0)], [0, 0, 0, 0]);
  assert.deepEqual([...subGaussian(weight, 0.5)], [0, 1, 4 / 3, 1.6]);
  assert.deepEqual([...subGaussian(weight, 1)], [0, 1, 1, 1]);
});

Deno.test("clipping, switching and shrinking never raise a weight, and a looser lambda never lowers it", () => {
  const weights = fc.array(fc.double({ min: 0, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 10 });
  const lambdas = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(fc.property(weights, lambdas, (values, lambda) => {
    const weight = Float64Array.from(values);
    for (const tame of [clip, switchOff, shrinkOptimistically]) {
      const tight = tame(weight, lambda), loose = tame(weight, 2 * lambda);
      weight.forEach((w, i) => {
        // The shrinkage rounds: a weight far below lambda may come out one ulp off.
        assert.ok(tight[i] >= 0 && tight[i] <= loose[i] * (1 + 1e-15) && loose[i] <= w * (1 + 1e-15), tame.name);
      });
    }
  }));
});

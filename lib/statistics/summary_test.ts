import assert from "node:assert/strict";
import fc from "fast-check";
import { mean, quantile, rootMeanSquare, standardDeviation, variance } from "./summary.ts";

fc.configureGlobal({ seed: 20260404 });

const moderate = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const samples = fc.array(moderate, { minLength: 2, maxLength: 30 });

Deno.test("known values", () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.equal(variance([2, 4, 4, 4, 5, 5, 7, 9]), 32 / 7);
  assert.equal(standardDeviation([0, 2]), Math.SQRT2);
  assert.equal(rootMeanSquare([1, -7]), 5);
  // R: quantile(c(1, 3, 5, 11), c(0, .25, .5, .9, 1)) is 1, 2.5, 4, 9.2, 11.
  const values = [11, 1, 5, 3];
  assert.deepEqual([0, 0.25, 0.5, 1].map((p) => quantile(values, p)), [1, 2.5, 4, 11]);
  assert.ok(Math.abs(quantile(values, 0.9) - 9.2) < 1e-14);
  assert.deepEqual(values, [11, 1, 5, 3], "the argument is left as it was");
});

Deno.test("constant values have exactly their mean and no variance", () => {
  const tenths = new Array(7).fill(0.1);
  assert.equal(mean(tenths), 0.1);
  assert.equal(variance(tenths), 0);
});

Deno.test("a large offset does not swallow the variance", () => {
  // 1e9 + {0, 1, 2} are exact in float64, and so are their differences.
  assert.equal(variance([1e9, 1e9 + 1, 1e9 + 2]), 1);
});

Deno.test("shift and scale: mean and quantiles follow, the deviation only scales; order does not matter", () => {
  fc.assert(fc.property(samples, moderate, fc.double({ min: 0.1, max: 10, noNaN: true }), (values, shift, scale) => {
    const moved = values.map((v) => scale * v + shift).reverse();
    // Numbers up to 1e4, sums of 30 of them, a few roundings each: 1e-9 is 10^4 times the rounding of 30 * 1e4 * 2^-53.
    const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9 * 1e4, `${a} and ${b}`);
    near(mean(moved), scale * mean(values) + shift);
    near(quantile(moved, 0.3), scale * quantile(values, 0.3) + shift);
    near(standardDeviation(moved), scale * standardDeviation(values));
  }));
});

Deno.test("a number that is not finite stops every summary and is named", () => {
  for (const summary of [mean, variance, standardDeviation, rootMeanSquare, (v: number[]) => quantile(v, 0.5)]) {
    assert.throws(() => summary([1, 2, NaN]), {
      name: "RangeError",
      message: "values[2] must be a finite number, got NaN",
    });
    assert.throws(() => summary([Infinity, 2]), {
      name: "RangeError",
      message: "values[0] must be a finite number, got Infinity",
    });
  }
  assert.throws(() => mean([]), { name: "RangeError", message: "values must have at least 1 element, got 0" });
  assert.throws(() => variance([1]), { name: "RangeError", message: "values must have at least 2 elements, got 1" });
  assert.throws(() => quantile([1], 1.5), { name: "RangeError", message: "p must be in [0, 1], got 1.5" });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { logLogSlope } from "./regression.ts";

fc.configureGlobal({ seed: 20260404 });

Deno.test("a power law has its exponent as slope, whatever its constant", () => {
  fc.assert(fc.property(
    fc.double({ min: -3, max: 3, noNaN: true }),
    fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    (exponent, constant) => {
      const x = [100, 400, 1600, 6400];
      // Logs up to 30 with a rounding of 4e-15 each, over a spread of logs of 3.
      assert.ok(Math.abs(logLogSlope(x, x.map((v) => constant * v ** exponent)) - exponent) < 1e-12);
    },
  ));
});

Deno.test("the slope is the least-squares one", () => {
  // log x = 0, 1, 2 and log y = 0, 1, 1: slope 1/2.
  assert.ok(Math.abs(logLogSlope([1, Math.E, Math.E ** 2], [1, Math.E, Math.E]) - 0.5) < 1e-15);
});

Deno.test("what has no logarithm or no slope is named", () => {
  assert.throws(() => logLogSlope([1, 2], [1]), {
    name: "TypeError",
    message: "x and y must have one length, got 2 and 1",
  });
  assert.throws(() => logLogSlope([1, 2], [1, 0]), {
    name: "RangeError",
    message: "y[1] must be > 0 to have a logarithm, got 0",
  });
  assert.throws(() => logLogSlope([5, 5], [1, 2]), {
    name: "RangeError",
    message: "x must hold two different numbers, got 5 only",
  });
});

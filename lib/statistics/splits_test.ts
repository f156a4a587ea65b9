import assert from "node:assert/strict";
import { overSplits } from "./splits.ts";

Deno.test("the variance has the factor of Nadeau and Bengio, on either side of the estimate", () => {
  const { estimate, lower, upper, n } = overSplits({ estimate: 3, lower: 2, upper: 5, n: 10 }, 0.5);
  const factor = Math.sqrt((1 / 10 + 1) / (1 / 10));
  assert.deepEqual([estimate, n], [3, 10]);
  assert.ok(Math.abs(lower - (3 - factor)) < 1e-12 && Math.abs(upper - (3 + 2 * factor)) < 1e-12);
  assert.throws(() => overSplits({ estimate: 0, lower: 0, upper: 0, n: 2 }, 1), {
    name: "RangeError",
    message: "training must be in (0, 1), got 1",
  });
});

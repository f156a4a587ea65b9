import assert from "node:assert/strict";
import fc from "fast-check";
import { above, below, between, type Evidence, judge } from "./claims.ts";
import { meanInterval } from "./intervals.ts";
import { adjustedVerdict, holm, pValueOf } from "./multiplicity.ts";

const close = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

Deno.test("the p-value of a mean is that of its t test", () => {
  // Mean 2, sd 2.4494897, n = 8: t = 2.3094011 with 7 degrees; its two-sided p-value is 0.0542 by tables of t.
  const symmetric = [-1, 0, 1, 2, 2, 3, 4, 5];
  // The number of replicates from which there are verdicts is another matter.
  const { guard: _, short: __, ...student } = meanInterval(symmetric);
  const t = 2 / Math.sqrt(4 / 8);
  assert.equal(student.estimate, 2);
  // t(7) = 2.8284: central probability 1 - p, p between 0.02 (2.998) and 0.05 (2.365).
  const p = pValueOf(student, above(0));
  assert.ok(t > 2.365 && t < 2.998 && p > 0.02 && p < 0.05, `${p}`);
  close(
    pValueOf({ estimate: 2.9979515669, lower: 2.9979515669 - 2.3646242516, upper: 9, n: 8, df: 7 }, above(0)),
    0.02,
    1e-8,
  );
});

Deno.test("an interval that is wider on one side is read on the side of the bound", () => {
  const skewed: Evidence = { estimate: 1, lower: 0.5, upper: 3, n: 50 };
  assert.ok(pValueOf(skewed, above(0)) < 1e-3);
  assert.ok(pValueOf(skewed, below(3.2)) < 0.05 && pValueOf(skewed, below(3.2)) > 0.01);
  assert.equal(pValueOf(skewed, between(0, 3.2)), pValueOf(skewed, below(3.2)));
  assert.ok(pValueOf({ ...skewed, guard: { lower: -1, upper: 3, why: "" } }, above(0)) > 0.05);
  assert.equal(pValueOf({ ...skewed, short: "too few" }, above(0)), 1);
});

Deno.test("p is below 0.05 exactly where there is a verdict", () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(
      number,
      fc.double({ min: 0.01, max: 2, noNaN: true }),
      number,
      fc.integer({ min: 1, max: 90 }),
      (estimate, half, bound, df) => {
        const evidence = { estimate, lower: estimate - half, upper: estimate + half * 1.5, n: df + 1, df };
        // A bound within rounding of an end may fall on either side.
        fc.pre([evidence.lower, evidence.upper].every((end) => Math.abs(end - bound) > 1e-6));
        for (const rule of [above(bound), below(bound), between(bound, bound + 1)]) {
          fc.pre(Math.abs(evidence.upper - bound - 1) > 1e-6 && Math.abs(evidence.lower - bound - 1) > 1e-6);
          assert.equal(pValueOf(evidence, rule) < 0.05, judge(evidence, rule) !== "inconclusive");
        }
      },
    ),
  );
});

Deno.test("Holm steps down: by hand, never below p, in the order of p", () => {
  // Sorted 0.004, 0.01, 0.02, 0.9 times 4, 3, 2, 1.
  holm([0.02, 0.9, 0.004, 0.01]).forEach((value, i) => close(value, [0.04, 0.9, 0.016, 0.03][i], 1e-15));
  // 3 · 0.02 = 0.06 goes up to the later ones, though 2 · 0.025 is less.
  holm([0.02, 0.025, 0.03]).forEach((value) => close(value, 0.06, 1e-15));
  assert.deepEqual(holm([0.6, 0.7]), [1, 1]);
  assert.deepEqual(holm([]), []);
  assert.throws(() => holm([1.2]), { name: "RangeError", message: "p[0] must be in [0, 1], got 1.2" });
});

Deno.test("a verdict just below 0.05 does not survive beside others", () => {
  const evidence = { estimate: 2, lower: 0.01, upper: 3.99, n: 50 }, rule = above(0);
  const [alone] = holm([pValueOf(evidence, rule)]);
  const [beside] = holm([pValueOf(evidence, rule), 0.5]);
  assert.equal(adjustedVerdict(evidence, rule, alone), "holds");
  assert.equal(adjustedVerdict(evidence, rule, beside), "inconclusive");
});

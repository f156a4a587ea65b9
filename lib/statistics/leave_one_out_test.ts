import assert from "node:assert/strict";
import fc from "fast-check";
import { leaveOneOut, type Summary, summaryAt } from "./leave_one_out.ts";
import { mean, quantile, rootMeanSquare, standardDeviation } from "./summary.ts";

const median: Summary = (values) => quantile(values, 0.5);
const SUMMARIES = { mean, rootMeanSquare, standardDeviation, median };
/** Numbers of all sizes, with ties, zeros and largest ones among them. */
const list = fc.array(
  fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.constantFrom(0, -0, 1, -1, 1e-200, 7, -7)),
  { minLength: 3, maxLength: 40 },
).map((values) => Float64Array.from(values));

for (const [name, summary] of Object.entries(SUMMARIES)) {
  Deno.test(`the ${name} without each value is that of the values that are left`, () => {
    fc.assert(fc.property(list, (values) => {
      const found = leaveOneOut(summary, values), n = values.length;
      for (const k of values.keys()) {
        const left = values.filter((_, i) => i !== k), plain = summary(left);
        // Each sum of n terms may be off by n units in the last place of the largest; of a deviation, of itself times a
        // hundred, which is where squares are added up anew.
        const size = summary === mean ? Math.max(...values.map(Math.abs)) : 100 * Math.abs(plain);
        assert.ok(Math.abs(found[k] - plain) <= 4 * n * 2 ** -53 * size, `${k}: ${found[k]}, not ${plain}`);
      }
    }));
  });

  Deno.test(`the ${name} at indices is that of the list they pick, to the last bit`, () => {
    const picks = list.chain((values) =>
      fc.tuple(fc.constant(values), fc.array(fc.nat(values.length - 1), { minLength: 2, maxLength: 40 }))
    );
    fc.assert(fc.property(picks, ([values, indices]) => {
      const picked = Float64Array.from(indices, (i) => values[i]);
      assert.equal(summaryAt(summary, values, Uint32Array.from(indices)), summary(picked));
    }));
  });
}

Deno.test("of values that are equal but for one, no spread is left without it, and that of all others is theirs", () => {
  const values = Float64Array.of(1, 1, 1e9, 1, 1), spread = leaveOneOut(standardDeviation, values);
  assert.equal(spread[2], 0);
  assert.ok(Math.abs(spread[0] / standardDeviation([1, 1e9, 1, 1]) - 1) < 1e-14);
  assert.deepEqual([...leaveOneOut(mean, Float64Array.of(0.1, 0.1, 0.1))], [0.1, 0.1, 0.1]);
});

Deno.test("the one that is left of two stands twice", () => {
  const two = Float64Array.of(3, 5);
  assert.deepEqual([...leaveOneOut(mean, two)], [5, 3]);
  assert.deepEqual([...leaveOneOut(standardDeviation, two)], [0, 0]);
});

Deno.test("what is not finite is refused, by its place", () => {
  for (const summary of Object.values(SUMMARIES)) {
    assert.throws(
      () => leaveOneOut(summary, Float64Array.of(1, NaN, 2)),
      /^RangeError: values\[1\] must be .*, got NaN$/,
    );
    assert.throws(
      () => leaveOneOut(summary, Float64Array.of(1)),
      /^RangeError: values must have at least 2 elements, got 1$/,
    );
  }
  assert.throws(() => leaveOneOut(standardDeviation, Float64Array.of(1.7e308, -1.7e308, -1.7e308)), RangeError);
});

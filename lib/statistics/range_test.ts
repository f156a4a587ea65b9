import assert from "node:assert/strict";
import fc from "fast-check";
import { above, below, type Evidence, judge } from "./claims.ts";
import { meanInterval, standardErrorInterval } from "./intervals.ts";
import { pValueOf } from "./multiplicity.ts";
import { AMOUNT, ANY, CORRELATION, differenceRange, type Range, ratioRange, SHARE, within } from "./range.ts";

const shares = fc.array(fc.integer({ min: 0, max: 20 }).map((k) => k / 20), { minLength: 10, maxLength: 30 });

Deno.test("an interval lies in its range, and neither a verdict nor a p-value moves", () => {
  fc.assert(fc.property(shares, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (values, bound) => {
    const raw = meanInterval(values), cut = within(raw, SHARE, true);
    for (const { lower, upper } of [cut, cut.guard!]) assert.ok(lower >= 0 && lower <= upper && upper <= 1);
    assert.equal(cut.estimate, raw.estimate);
    // Equal replicates at an end are another matter: their verdict may be withheld.
    fc.pre(raw.lower < raw.upper);
    for (const rule of [above(bound), below(bound)]) {
      assert.equal(judge(cut, rule), judge(raw, rule));
      assert.equal(pValueOf(cut, rule), pValueOf(raw, rule));
    }
  }));
});

Deno.test("an interval inside, and a number without bounds, stay as they are", () => {
  const raw = meanInterval([0.4, 0.5, 0.6, 0.5, 0.4, 0.6, 0.5, 0.5, 0.45, 0.55]);
  assert.equal(within(raw, SHARE, true), raw);
  const wide = meanInterval([-5, 9, 4, 0, -3, 2, 1, 8, 3, 4]);
  assert.equal(within(wide, ANY, true), wide);
});

Deno.test("all seeds at an end: a verdict must clear what chance allows of others, 3.7 seeds in n", () => {
  // (1 − s)⁶⁰ = 0.025 at s = 0.0596: 60 of 60 leave a chance of 1 in 17 that a seed is elsewhere.
  const cases: readonly [Range, number, number, number][] = [
    [SHARE, 1, 1 - 0.0596295, 1],
    [SHARE, 0, 0, 0.0596295],
    [CORRELATION, -1, -1, -1 + 2 * 0.059629595],
  ];
  for (const [range, value, lower, upper] of cases) {
    const { guard, ...bare } = within(meanInterval(new Array<number>(60).fill(value)), range, true);
    assert.deepEqual([bare.lower, bare.upper, bare.short], [value, value, undefined]);
    assert.ok(Math.abs(guard!.lower - lower) < 1e-6 && Math.abs(guard!.upper - upper) < 1e-6, JSON.stringify(guard));
  }
  const sure = within(meanInterval(new Array<number>(60).fill(1)), SHARE, true);
  assert.equal(judge(sure, above(0.9)), "holds");
  assert.equal(judge(sure, above(0.95)), "inconclusive");
  assert.ok(pValueOf(sure, above(0.9)) < 0.05 && pValueOf(sure, above(0.95)) > 0.05);
});

Deno.test("all parts of one data set at an end give no verdict; inside the range, or without an end, nothing changes", () => {
  const draws = standardErrorInterval(1, new Array<number>(60).fill(1));
  assert.match(within(draws, SHARE, false).short!, /^all parts of the data give 1, the end of its range/);
  const few = meanInterval([1, 1, 1]);
  assert.equal(within(few, SHARE, true).short, few.short);
  const inside = meanInterval(new Array<number>(60).fill(0.5));
  assert.equal(within(inside, SHARE, true), inside);
  const amounts = meanInterval(new Array<number>(60).fill(0));
  assert.equal(within(amounts, AMOUNT, true), amounts);
});

Deno.test("a number that rounding puts outside stays in its interval; one that is outside is refused", () => {
  const evidence = (estimate: number): Evidence => ({ estimate, lower: estimate - 1, upper: estimate + 1, n: 20 });
  const { lower } = within(evidence(-1e-17), AMOUNT, true);
  assert.equal(lower, -1e-17);
  assert.throws(() => within(evidence(1.01), SHARE, true), /^RangeError: 1.01 is outside of what the number can be/);
  assert.throws(() => within(evidence(-0.01), AMOUNT, true), RangeError);
});

Deno.test("ranges of differences and ratios", () => {
  assert.deepEqual(differenceRange(AMOUNT, SHARE), [-1, Infinity]);
  assert.deepEqual(differenceRange(ANY, SHARE), ANY);
  assert.deepEqual(ratioRange(AMOUNT, SHARE), AMOUNT);
  assert.deepEqual(ratioRange(differenceRange(SHARE, SHARE), SHARE), ANY);
});

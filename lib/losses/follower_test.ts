import assert from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "../random.ts";
import { follower, meanLoss, tangents } from "./follower.ts";
import { dualBound, solveProgram } from "./follower_test_helpers.ts";

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const marginLoss = (xi: number) => softplus(-xi), marginSlope = (xi: number) => -1 / (1 + Math.exp(xi));
const surprise = (v: number) => -Math.log(v), surpriseSlope = (v: number) => -1 / v;
const close = (a: number, b: number, tolerance: number, label: string) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${label}: ${a} and ${b}, ${Math.abs(a - b)} apart`);
const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);

/** Points above the window's end, and a radius that moves some of them. */
const games = fc.record({
  heights: fc.array(fc.oneof(fc.double({ min: 0, max: 8, noNaN: true }), fc.integer({ min: 0, max: 3 })), {
    minLength: 1,
    maxLength: 40,
  }),
  lo: fc.double({ min: -5, max: 2, noNaN: true }),
  radius: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 6, noNaN: true })),
});

Deno.test("no law in the ball is worse: a price of the budget certifies it", () => {
  fc.assert(
    fc.property(games, ({ heights, lo, radius }) => {
      const points = heights.map((h) => lo + h);
      const response = follower(points, { radius, lo });
      const { moved, distance } = response;
      const spent = sum(moved.map((m, i) => m * distance[i])) / points.length;
      assert.ok(spent <= radius * (1 + 1e-12) + 1e-12, `spent ${spent} of ${radius}`);
      assert.ok(moved.every((m) => m >= 0 && m <= 1));
      const value = meanLoss(points, response, marginLoss);
      // The best price is the gain per cost of the last point moved, or 0 where the budget is not used up.
      const prices = [0, ...points.filter((p) => p > lo).map((p) => (marginLoss(lo) - marginLoss(p)) / (p - lo))];
      const bound = Math.min(...prices.map((price) => dualBound(points, marginLoss, { radius, lo, price })));
      close(value, bound, 1e-12, "worst case and certificate");
    }),
    { numRuns: 300, seed: 1 },
  );
});

Deno.test("the paper's linear program has the same value, in margins and in probabilities", () => {
  for (let seed = 0; seed < 4; seed++) {
    const rng = Rng.seed(seed), size = 8;
    const margins = rng.fork("margins").normals(size);
    const probabilities = margins.map((z) => Math.max(1 / (1 + Math.exp(-2 * z)), 0.05));
    const lowest = Math.min(...margins), highest = Math.max(...margins);
    const spaces = [
      {
        points: margins,
        lo: lowest - 0.5,
        hi: highest + 0.5,
        pieces: tangents(marginLoss, marginSlope, [-2, -1, 0, 1]),
      },
      { points: probabilities, lo: 0.02, hi: 1, pieces: tangents(surprise, surpriseSlope, [0.25, 0.5, 0.75, 1]) },
    ];
    for (const [space, { points, lo, hi, pieces }] of spaces.entries()) {
      for (const radius of [0, 0.02, 0.2, 0.6]) {
        const program = solveProgram(points, pieces, { radius, lo, hi });
        const value = meanLoss(points, follower(points, { radius, lo }), pieces.bound);
        close(value, program.value, 1e-9, `seed ${seed}, space ${space}, radius ${radius}`);
      }
    }
  }
});

Deno.test("the printed weights, sums of the program's s over its pieces, are 1 for every pair: plain DPO", () => {
  const points = Rng.seed(5).normals(9), pieces = tangents(marginLoss, marginSlope, [-2, -0.5, 0.5, 2]);
  for (const radius of [0.05, 0.3, 1]) {
    const { weights, displacements } = solveProgram(points, pieces, { radius, lo: -4, hi: 4 });
    assert.ok(displacements.flat().some((q) => q > 0.1), "the program does move pairs");
    for (const row of weights) close(sum(row), 1, 1e-9, `radius ${radius}`);
  }
});

Deno.test("a window far below gives a slope-one loss the mean plus the radius", () => {
  const points = Rng.seed(6).normals(20), lo = -1e6;
  const free = (radius: number) => meanLoss(points, follower(points, { radius, lo }), marginLoss);
  // Down there l(lo) = −lo, so that moving mass μ from ξ gains μ(ξ − lo) − μ(l(ξ) + ξ): its cost, less softplus(ξ) < 4 for
  // a mass of about radius/1e6.
  for (const radius of [0.1, 1]) close(free(radius), free(0) + radius, 4 * radius / 1e6, `radius ${radius}`);
});

Deno.test("more tangents bring the bound up to the loss's own worst case", () => {
  const points = Rng.seed(7).normals(50), lo = Math.min(...points) - 1, hi = Math.max(...points) + 1;
  const response = follower(points, { radius: 0.2, lo });
  const exact = meanLoss(points, response, marginLoss);
  const values = [2, 3, 5, 9, 17, 33].map((count) => {
    const knots = Array.from({ length: count }, (_, k) => lo + (hi - lo) * k / (count - 1)); // each set holds the last
    return meanLoss(points, response, tangents(marginLoss, marginSlope, knots).bound);
  });
  for (let i = 1; i < values.length; i++) assert.ok(values[i] > values[i - 1], `${values}`);
  // A tangent is off by at most (gap/2)² l″/2 between knots, and l″ <= 1/4.
  close(values[5], exact, ((hi - lo) / 32 / 2) ** 2 / 8, "33 tangents");
  assert.ok(values[5] < exact);
});

Deno.test("the lowest pairs move first, level ones share, and order does not matter", () => {
  const points = [2, 0.5, 1, 2, 2, 4], options = { lo: 0, radius: 0.75 }; // budget 4.5: 0.5 + 1, then half of three 2s
  const { moved, distance } = follower(points, options);
  assert.deepEqual([...moved], [0.5, 1, 1, 0.5, 0.5, 0]);
  assert.deepEqual([...distance], points);
  const order = Rng.seed(8).permutation(6);
  const shuffled = follower(Array.from(order, (i) => points[i]), options).moved;
  assert.deepEqual([...shuffled], Array.from(order, (i) => moved[i]));
  assert.deepEqual([...follower(points, { lo: 0, radius: 0 }).moved], [0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...follower(points, { lo: 0, radius: 2 }).moved], [1, 1, 1, 1, 1, 1], "more than all of it");
  for (const radius of [0, 1]) {
    assert.deepEqual(follower([3, 4], { lo: 3, radius }), {
      moved: Float64Array.of(0, radius === 0 ? 0 : 1),
      distance: Float64Array.of(0, 1),
      lo: 3,
    }, "a point at the window's end stays");
  }
  assert.deepEqual([...points], [2, 0.5, 1, 2, 2, 4], "the points are left as they were");
});

Deno.test("a point of mass k is k points", () => {
  const rng = Rng.seed(9), points = rng.normals(12).map((z) => Math.round(2 * z) / 2 + 4);
  const masses = points.map(() => rng.integer(4)); // some have none
  const several = Array.from(points).flatMap((point, i) => Array(masses[i]).fill(point));
  for (const radius of [0, 0.1, 0.7, 9]) {
    const response = follower(points, { radius, lo: 0, masses }), expanded = follower(several, { radius, lo: 0 });
    close(meanLoss(points, response, marginLoss), meanLoss(several, expanded, marginLoss), 1e-12, `radius ${radius}`);
    const spent = sum(response.moved.map((m, i) => m * masses[i] * points[i])) / sum(masses);
    assert.ok(spent <= radius * (1 + 1e-12));
  }
  assert.throws(() => follower([1, 2], { radius: 0, lo: 0, masses: [1] }), {
    name: "TypeError",
    message: "masses: expected one a point, 2, got 1",
  });
  assert.throws(() => follower([1, 2], { radius: 0, lo: 0, masses: [1, -1] }), {
    name: "RangeError",
    message: "masses[1] is -1: expected a finite number >= 0",
  });
  assert.throws(() => follower([1], { radius: 0, lo: 0, masses: [0] }), {
    name: "RangeError",
    message: "masses: expected one above 0",
  });
});

Deno.test("mistakes are named", () => {
  const call = (points: number[], options: { radius: number; lo: number }) => () => follower(points, options);
  assert.throws(call([], { radius: 1, lo: 0 }), { name: "RangeError", message: "points: expected at least one" });
  assert.throws(call([1, NaN], { radius: 1, lo: 0 }), {
    name: "RangeError",
    message: "points[1] is NaN: expected a finite number",
  });
  assert.throws(call([1, -0.5], { radius: 1, lo: 0 }), {
    name: "RangeError",
    message: "points[1] is -0.5, below the window's end lo = 0",
  });
  assert.throws(call([1], { radius: -0.1, lo: 0 }), {
    name: "RangeError",
    message: "radius: expected a number >= 0, got -0.1",
  });
  assert.throws(call([1], { radius: 1, lo: -Infinity }), {
    name: "RangeError",
    message: "lo: expected a number that is finite, got -Infinity",
  });
  assert.throws(call([1], { radius: 1, lo: 0, hi: 4 } as never), {
    name: "TypeError",
    message: "follower: unknown option hi; it takes radius, lo, masses",
  });
  assert.throws(() => meanLoss([1], follower([1, 2], { radius: 0, lo: 0 }), marginLoss), {
    name: "TypeError",
    message: "points: expected the 2 points of the response, got 1",
  });
  assert.throws(() => tangents(surprise, surpriseSlope, []), {
    name: "RangeError",
    message: "knots: expected at least one",
  });
  assert.throws(() => tangents(surprise, surpriseSlope, [1, 0]), {
    name: "RangeError",
    message: "knots[1] is 0: the loss has no finite tangent there",
  });
});

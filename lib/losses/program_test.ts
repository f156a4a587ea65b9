import assert from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "../random.ts";
import { follower, meanLoss, tangents } from "./follower.ts";
import { solveProgram } from "./follower_test_helpers.ts";
import { groupedFollower, groupingGap, printedWeights, solvePieces } from "./program.ts";

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const marginLoss = (xi: number) => softplus(-xi), marginSlope = (xi: number) => -1 / (1 + Math.exp(xi));
const surprise = (v: number) => -Math.log(v), surpriseSlope = (v: number) => -1 / v;
const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);
const near = (a: number, b: number, tolerance: number, label = "") =>
  assert.ok(Math.abs(a - b) <= tolerance, `${label}: ${a} and ${b}`);

/** Points with ties, a window below them and a radius, in either space. */
const games = fc.record({
  space: fc.constantFrom("margin" as const, "probability" as const),
  places: fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.25, 0.5)), {
    minLength: 1,
    maxLength: 9,
  }),
  pieces: fc.integer({ min: 1, max: 5 }),
  radius: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.2, noNaN: true })),
});

function gameOf({ space, places, pieces, radius }: typeof games extends fc.Arbitrary<infer T> ? T : never) {
  const knots = Array.from({ length: pieces }, (_, k) => (k + 1) / pieces);
  return space === "margin"
    ? {
      points: places.map((p) => 6 * p - 3),
      lo: -3.5,
      hi: 3.5,
      radius,
      pieces: tangents(marginLoss, marginSlope, knots.map((k) => 7 * k - 3.5)),
    }
    : {
      points: places.map((p) => 0.02 + 0.98 * p),
      lo: 0.02,
      hi: 1,
      radius: radius / 3,
      pieces: tangents(surprise, surpriseSlope, knots),
    };
}

Deno.test("the closed solution has the value that a linear-programming solver finds, in both spaces, with ties", () => {
  fc.assert(
    fc.property(games, (drawn) => {
      const { points, pieces, radius, lo, hi } = gameOf(drawn);
      const { value } = solvePieces(points, pieces, { radius, lo });
      near(value, solveProgram(points, pieces, { radius, lo, hi }).value, 1e-6, "value");
    }),
    { numRuns: 60, seed: 1 },
  );
});

Deno.test("every solution is feasible, and the printed weights are 1", () => {
  fc.assert(
    fc.property(games, (drawn) => {
      const { points, pieces, radius, lo, hi } = gameOf(drawn), K = pieces.slopes.length;
      const { weights, displacements } = solvePieces(points, pieces, { radius, lo });
      assert.ok(weights.every((s) => s >= 0) && displacements.every((q) => q >= 0));
      assert.ok(sum(displacements) / points.length <= radius * (1 + 1e-12) + 1e-15);
      // m and 1 − m sum to 1 up to one rounding.
      for (const w of printedWeights(weights, K)) near(w, 1, 2 ** -52, "printed weight");
      points.forEach((xi, i) => {
        for (let k = 0; k < K; k++) {
          const s = weights[i * K + k], end = s * xi - displacements[i * K + k];
          assert.ok(end >= s * lo - 1e-12 && end <= s * hi + 1e-12, "the window");
        }
      });
    }),
    { numRuns: 300, seed: 2 },
  );
});

Deno.test("the solution moves the same mass whatever the number of pieces", () => {
  const points = Rng.seed(1).normals(40), lo = Math.min(...points) - 0.5;
  const moved = [2, 5, 6, 7].map((K) => {
    const knots = Array.from({ length: K }, (_, k) => lo + k);
    return sum(solvePieces(points, tangents(marginLoss, marginSlope, knots), { radius: 0.1, lo }).displacements);
  });
  for (const total of moved) near(total, moved[0], 1e-12);
});

Deno.test("groups of all pairs are no groups, of one pair move an equal distance each; both lie in the ball", () => {
  const points = Rng.seed(3).normals(50).map((z) => z + 5), ball = { radius: 0.3, lo: 0 };
  assert.deepEqual(groupedFollower(points, { ...ball, group: 50 }), follower(points, ball));
  const alone = groupedFollower(points, { ...ball, group: 1 });
  alone.moved.forEach((m, i) => near(m * alone.distance[i], 0.3, 1e-12));
  for (const group of [1, 7, 25]) {
    const { moved, distance } = groupedFollower(points, { ...ball, group });
    assert.ok(sum(moved.map((m, i) => m * distance[i])) / 50 <= 0.3 * (1 + 1e-12));
    const worst = (response: ReturnType<typeof follower>) => meanLoss(points, response, marginLoss);
    assert.ok(worst(groupedFollower(points, { ...ball, group })) <= worst(follower(points, ball)) + 1e-12);
  }
  assert.ok(
    groupingGap(points, marginLoss, { ...ball, group: 1 }) > groupingGap(points, marginLoss, { ...ball, group: 25 }),
  );
  assert.equal(groupingGap(points, marginLoss, { radius: 0, lo: 0, group: 5 }), 0);
});

Deno.test("mistakes are named", () => {
  const rising = tangents((x) => x * x, (x) => 2 * x, [1]);
  assert.throws(() => solvePieces([1], rising, { radius: 0, lo: 0 }), {
    name: "RangeError",
    message: "pieces: expected slopes <= 0, slope 0 is 2",
  });
  assert.throws(() => printedWeights(Float64Array.of(1, 0, 1), 2), {
    name: "TypeError",
    message: "weights: expected rows of 2, got 3 numbers",
  });
  assert.throws(() => groupedFollower([1], { radius: 0, lo: 0, group: 1.5 }), {
    name: "RangeError",
    message: "group: expected a whole number, got 1.5",
  });
});

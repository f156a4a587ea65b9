/** How often the interval of the length-controlled win rate covers the truth. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { lengthControlledWinRate } from "./length_controlled.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Share of samples whose interval covers σ(θ); with groups, each has a taste of its own. */
function coverage(n: number, perGroup: number, samples: number): number {
  let covered = 0;
  for (let sample = 0; sample < samples; sample++) {
    const rng = Rng.seed(sample).fork(`${n} ${perGroup}`);
    const gaps = rng.fork("gaps").normals(n), tastes = rng.fork("tastes").normals(n), wins = rng.fork("wins");
    const groups = Array.from({ length: n }, (_, i) => Math.floor(i / perGroup));
    const baselineLength = groups.map(() => 500), length = Array.from(gaps, (z) => 500 + 50 + 100 * z);
    // Tastes in the preference itself, not in its log odds, so that its mean is known.
    const preference = length.map((value, i) => {
      const p = sigmoid(0.3 + Math.tanh((value - 500) / 100)),
        shift = perGroup > 1 ? 0.1 * Math.sign(tastes[groups[i]]) : 0;
      return Number(wins.uniform() < p + shift);
    });
    const { lower, upper } = lengthControlledWinRate({ preference, length, baselineLength, groups });
    if (lower <= sigmoid(0.3) && sigmoid(0.3) <= upper) covered++;
  }
  return covered / samples;
}

Deno.test("the 95% interval covers about as often as it says, over comparisons and over groups of them", () => {
  // 2000 samples: a standard error of half a point.
  for (const [n, perGroup] of [[50, 1], [200, 1], [400, 20], [600, 10]]) {
    const found = coverage(n, perGroup, 2000);
    console.log(`n = ${n}, ${perGroup} a group: ${(100 * found).toFixed(1)}%`);
    assert.ok(found > 0.92 && found < 0.98, `${n} ${perGroup}: ${found}`);
  }
});

import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { judged, rightShare } from "./erring_judge.ts";

const gaps = Array.from({ length: 200 }, (_, i) => i % 10 === 0 ? 0 : (i % 7 + 1) / 4);
/** Of pairs that differ, how many are seen wrong. */
const wrong = (right: readonly boolean[]) => gaps.filter((gap, i) => gap > 0 && !right[i]).length;

Deno.test("a judge errs as often as it is told, to within one pair, whatever the stream", () => {
  for (const share of [0.2, 0.5, 0.6, 0.8, 0.94]) {
    const expected = 200 * (1 - share) - 10; // of twenty equal pairs half count as wrong
    for (let seed = 0; seed < 20; seed++) {
      const found = wrong(judged(gaps, share, Rng.seed(seed)));
      assert.ok(Math.abs(found - expected) <= 1, `${share}: ${found} wrong, expected ${expected}`);
    }
  }
});

Deno.test("it errs where two are near, and nowhere or everywhere where no steepness is enough", () => {
  const near = gaps.map(() => 0), runs = 400;
  for (let seed = 0; seed < runs; seed++) {
    judged(gaps, 0.8, Rng.seed(seed)).forEach((right, i) => near[i] += right ? 0 : 1 / runs);
  }
  const at = (size: number) => mean(near.filter((_, i) => gaps[i] === size));
  assert.ok(at(0.25) > at(1) && at(1) > at(1.75), `${[0.25, 1, 1.75].map(at)}`);
  // Equal pairs are tosses: the mean of 20 × 400 of them is beyond 0.5 ± 0.025 once in a hundred thousand.
  assert.ok(Math.abs(at(0) - 0.5) < 0.025, `${at(0)}`);
  assert.equal(wrong(judged(gaps, 1, Rng.seed(1))), 0);
  assert.equal(wrong(judged(gaps, 0, Rng.seed(1))), 180);
});

Deno.test("a share of right places counts equal pairs by half", () => {
  assert.equal(rightShare([1, -1, 0, 2]), (1 + 0 + 0.5 + 1) / 4);
});

import assert from "node:assert/strict";
import { testRealData } from "../any_experiment_test_helpers.ts";
import apo from "../apo.ts";
import { loserOf, revisionData } from "./revision_data.ts";
import { unexplained } from "./texts.ts";

const FLAGS = ["--preset", "smoke", "--text-pairs", "210", "--contrast-pairs", "12"];
await testRealData(apo, {
  flags: [...FLAGS, "--text-steps", "4"],
  datasets: revisionData.map(({ id }) => id),
  arm: "kto",
});

Deno.test("mismatched winners stand above the next one's loser: each loser once, none its own", () => {
  const losers = [0, 1, 2, 3].map((i) => loserOf("mismatched", i, 4));
  assert.deepEqual(losers.toSorted(), [0, 1, 2, 3]);
  assert.ok(losers.every((loser, i) => loser !== i));
  assert.deepEqual([0, 1, 2, 3].map((i) => loserOf("matched", i, 4)), [0, 1, 2, 3]);
});

Deno.test("drift is 0 for a multiple of the judge's score, 1 for what is uncorrelated with it", () => {
  const judge = Float64Array.of(-1, 1, -1, 1), other = Float64Array.of(1, 1, -1, -1);
  assert.equal(unexplained(judge.map((v) => 3 - 2 * v), judge), 0);
  assert.equal(unexplained(other, judge), 1);
  // Equal parts of both: half of the variance.
  assert.equal(unexplained(judge.map((v, i) => v + other[i]), judge), 0.5);
});

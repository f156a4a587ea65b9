import assert from "node:assert/strict";
import { testRealData } from "../any_experiment_test_helpers.ts";
import apo from "../apo.ts";
import { loserOf, revisionData } from "./revision_data.ts";
import { textsOfPrompts, unexplained } from "./texts.ts";

const FLAGS = ["--preset", "smoke", "--text-pairs", "210", "--contrast-pairs", "12"];
await testRealData(apo, {
  flags: [...FLAGS, "--text-steps", "60"],
  engine: "wasm",
  datasets: [...revisionData.map(({ id }) => id), "stories-260k"],
  arm: "kto",
});

Deno.test("mismatched winners stand above the next one's loser: each loser once, none its own", () => {
  const losers = [0, 1, 2, 3].map((i) => loserOf("mismatched", i, 4));
  assert.deepEqual(losers.toSorted(), [0, 1, 2, 3]);
  assert.ok(losers.every((loser, i) => loser !== i));
  assert.deepEqual([0, 1, 2, 3].map((i) => loserOf("matched", i, 4)), [0, 1, 2, 3]);
});

Deno.test("a prompt's law is over its own pair first, then those of the next prompts of its part", () => {
  const texts = textsOfPrompts(5), own = (pair: number) => Array.from(texts.subarray(8 * pair, 8 * pair + 8));
  assert.equal(texts.length, 3 * 5 * 8);
  assert.deepEqual(own(0), [0, 1, 2, 3, 4, 5, 6, 7]);
  // The last prompts of a part go on with its first ones, never with another part's.
  assert.deepEqual(own(4), [8, 9, 0, 1, 2, 3, 4, 5]);
  assert.deepEqual(own(5), [10, 11, 12, 13, 14, 15, 16, 17]);
});

Deno.test("drift is 0 for a multiple of the judge's score, 1 for what is uncorrelated with it", () => {
  const judge = Float64Array.of(-1, 1, -1, 1), other = Float64Array.of(1, 1, -1, -1);
  assert.equal(unexplained(judge.map((v) => 3 - 2 * v), judge), 0);
  assert.equal(unexplained(other, judge), 1);
  // Equal parts of both: half of the variance.
  assert.equal(unexplained(judge.map((v, i) => v + other[i]), judge), 0.5);
});

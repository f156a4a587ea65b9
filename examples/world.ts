// %% [markdown]
// # One world whose truth is known
//
// Texts with an outcome, and readers of a hidden type that moves both what they are shown and what they say.

// %%
import assert from "node:assert/strict";
import { Rng } from "../lib/random.ts";
import { syntheticWorld } from "../lib/worlds/mod.ts";

const rng = Rng.seed(1);
const worlds = [0, 1].map((confounding) => syntheticWorld({ texts: 200, confounding, overlap: 1 }, rng.fork("world")));

// %% [markdown]
// A text that readers choose looks better, or worse, than it is, by what their type adds; how much is known exactly.

// %%
for (const [confounding, world] of worlds.entries()) {
  const log = world.observational(50_000, rng.fork("log")),
    sums = new Float64Array(200),
    counts = new Float64Array(200);
  log.text.forEach((text, i) => {
    sums[text] += log.outcome[i];
    counts[text]++;
  });
  const gaps = Array.from(counts.keys()).filter((x) => counts[x] > 100)
    .map((x) => Math.abs(sums[x] / counts[x] - world.outcome[x]));
  const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
  console.log("confounding", confounding, "mean gap of a text's logged mean from its truth", mean.toFixed(3));
}
assert.ok(worlds[0].expectedType.every((type) => Math.abs(type) < 1e-12)); // nobody chooses: no type is told

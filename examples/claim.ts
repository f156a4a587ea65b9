// %% [markdown]
// # One claim, tested with an interval over seeds
//
// The same ten seeds for both methods: what they share cancels in the difference.

// %%
import assert from "node:assert/strict";
import { Rng } from "../lib/random.ts";
import { above, holm, judge, meanInterval, pairedDifference, pValueOf } from "../lib/statistics/mod.ts";

const seeds = Array.from({ length: 10 }, (_, seed) => Rng.seed(seed));
const shared = seeds.map((rng) => rng.normal());
const ours = seeds.map((rng, k) => 0.6 + shared[k] + 0.2 * rng.normal());
const theirs = seeds.map((rng, k) => 0.2 + shared[k] + 0.2 * rng.normal());

// %%
const alone = meanInterval(ours), difference = pairedDifference(ours, theirs), rule = above(0);
for (const [what, evidence] of [["ours alone", alone], ["ours less theirs", difference]] as const) {
  const { estimate, lower, upper } = evidence;
  console.log(what, estimate.toFixed(2), [lower.toFixed(2), upper.toFixed(2)], judge(evidence, rule));
}

// %% [markdown]
// Two claims on one page: Holm's correction keeps the chance of any false one at 5 %.

// %%
console.log("p", holm([alone, difference].map((evidence) => pValueOf(evidence, rule))).map((p) => p.toFixed(4)));
assert.equal(judge(difference, rule), "holds");

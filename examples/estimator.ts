// %% [markdown]
// # One estimator on your own log
//
// Rounds with a reward, the action that was taken, and the probability with which it was.

// %%
import assert from "node:assert/strict";
import { dr, ipw, roundsFromActionDistribution } from "../lib/estimators/mod.ts";

const reward = [1, 0, 0, 1, 1, 0, 1, 0], action = [0, 0, 1, 1, 2, 0, 2, 1];
const pscore = action.map((a) => [0.5, 0.3, 0.2][a]);

// %% [markdown]
// The policy to value takes the third action more often; a model guesses the reward of each action.

// %%
const target = [[0.2], [0.2], [0.6]], guess = [[0.4], [0.4], [0.8]];
const rounds = roundsFromActionDistribution({
  reward,
  action,
  pscore,
  actionDistribution: reward.map(() => target),
  estimatedRewards: reward.map(() => guess),
  groups: ["ann", "ann", "bob", "bob", "cy", "cy", "dee", "dee"], // errors are over readers
});

// %%
for (const [name, estimate] of [["ipw", ipw(rounds)], ["dr", dr(rounds)]] as const) {
  console.log(name, estimate.value.toFixed(3), "±", estimate.standardError.toFixed(3));
}
assert.ok(Math.abs(rounds.direct![0] - 0.64) < 1e-12); // what the model alone says of the target

// %% [markdown]
// # One loss on your own log-probs
//
// Log-ratios log π/π₀ of chosen and rejected responses; losses in float64 with their slopes, no tensors.

// %%
import assert from "node:assert/strict";
import { exactLosses, exactPair } from "../lib/losses/exact.ts";

const pairs = [
  { chosen: 0.8, rejected: -0.2 },
  { chosen: 0.1, rejected: 0.4 },
  { chosen: -0.5, rejected: -1.5 },
];

// %% [markdown]
// DPO looks at the difference alone; APO-zero pushes the chosen text up and the rejected one down, each by itself.

// %%
const out = new Float64Array(3); // value, slope in the chosen log-ratio, slope in the rejected one
for (const name of ["dpo", "apo-zero"] as const) {
  const loss = exactPair(name, { beta: 0.5 });
  for (const { chosen, rejected } of pairs) {
    loss(chosen, rejected, 0, 0, out);
    console.log(name, { chosen, rejected }, "loss", out[0].toFixed(4), "slopes", out[1].toFixed(4), out[2].toFixed(4));
  }
}

// %%
exactLosses.dpo.form({ beta: 0.5 })(0, 0, out);
assert.equal(out[0], Math.LN2); // a pair that is level costs ln 2

/** The made selection is what it says: odds off by Γ, propensities right given the context, means as in closed form. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { hiddenSelection } from "./hidden_selection.ts";

const input = { gamma: 2.5, follows: 0.8, propensity: [0.3, 0.6], looks: [[0, 1], [0.5, 0.2]], spread: 0.7 } as const;

Deno.test("what is logged looks as it should: recorded propensities are right, and outcomes have their means and spread", () => {
  const n = 40_000, { context, action, reward, propensity } = hiddenSelection(input).draw(n, Rng.seed(1));
  for (const x of [0, 1]) {
    const rounds = [...context.keys()].filter((i) => context[i] === x), ones = rounds.filter((i) => action[i] === 1);
    // Four standard deviations of a share of half of the rounds.
    assert.ok(Math.abs(ones.length / rounds.length - input.propensity[x]) < 4 * Math.sqrt(0.25 / rounds.length));
    for (const a of [0, 1]) {
      const own = rounds.filter((i) => action[i] === a), mean = own.reduce((sum, i) => sum + reward[i], 0) / own.length;
      const square = own.reduce((sum, i) => sum + (reward[i] - mean) ** 2, 0) / own.length;
      assert.ok(Math.abs(mean - input.looks[x][a]) < 4 * input.spread / Math.sqrt(own.length), `${x}, ${a}: ${mean}`);
      // Of a normal law the variance of a squared deviation is 2 σ⁴.
      assert.ok(Math.abs(square - input.spread ** 2) < 4 * Math.SQRT2 * input.spread ** 2 / Math.sqrt(own.length));
      assert.ok(own.every((i) => propensity[i] === (a === 1 ? input.propensity[x] : 1 - input.propensity[x])));
    }
  }
});

Deno.test("means in closed form are those of types as often as they are, by numbers", () => {
  const { means } = hiddenSelection(input), { gamma } = input;
  // Mean of the top 1/(1 + Γ) of a standard normal law, by the trapezoidal rule.
  const density = (t: number) => Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI), step = 1e-4;
  let tail = 0, z = 9;
  while (tail < 1 / (1 + gamma)) tail += step * density(z -= step);
  let top = 0;
  for (let t = z; t < 9; t += step) top += step * t * density(t);
  for (const x of [0, 1]) {
    for (const a of [0, 1]) {
      const e = a === 1 ? input.propensity[x] : 1 - input.propensity[x], rare = e / (e + gamma * (1 - e));
      // Those who take a less often are 1/(1 + Γ) of who took it.
      const share = e / (1 + gamma) / rare, mean = share * top * (1 + gamma) - (1 - share) * top * (1 + gamma) / gamma;
      assert.ok(Math.abs(means[x][a] - input.looks[x][a] - input.follows * input.spread * mean) < 1e-3);
    }
  }
});

Deno.test("ingredients out of range are refused", () => {
  assert.throws(() => hiddenSelection({ ...input, gamma: 0.9 }), {
    message: "gamma must be finite and at least 1, got 0.9",
  });
  assert.throws(
    () => hiddenSelection({ ...input, propensity: [0.3, 1] }),
    /propensity\[1\] must be in \(0, 1\), got 1/,
  );
});

import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { tailIndex } from "./tail_index.ts";

/** Quantiles of a generalised Pareto law with scale 1. */
const quantiles = (k: number, n: number) =>
  Float64Array.from({ length: n }, (_, i) => {
    const rest = 1 - (i + 0.5) / n;
    return k === 0 ? -Math.log(rest) : (rest ** -k - 1) / k;
  });

/** Likelihood of a generalised Pareto law at its best scale, by search: nothing of Zhang and Stephens. */
function mostLikely(beyond: readonly number[]): number {
  let best = { k: 0, likelihood: -Infinity };
  for (let k = -0.9; k <= 2; k += 0.005) {
    if (Math.abs(k) < 1e-9) continue;
    for (let log = -3; log <= 3; log += 0.02) {
      const sigma = Math.exp(log);
      if (beyond.some((x) => 1 + k * x / sigma <= 0)) continue;
      const likelihood = beyond.reduce((sum, x) => sum - log - (1 + 1 / k) * Math.log1p(k * x / sigma), 0);
      if (likelihood > best.likelihood) best = { k, likelihood };
    }
  }
  return best.k;
}

Deno.test("the tail of a generalised Pareto law has its k", () => {
  for (const k of [0.2, 0.5, 0.7, 1, 1.5]) {
    // A tail of m weights estimates k with a standard error of (1 + k)/√m where they are drawn; quantiles have a fraction of it.
    const found = tailIndex(quantiles(k, 10_000));
    assert.ok(Math.abs(found - k) < 0.1 * (1 + k), `${k}: ${found}`);
  }
});

Deno.test("it is near what is most likely, found by search, and drawn towards one half", () => {
  const rng = Rng.seed(3);
  for (const k of [0.3, 0.8]) {
    const drawn = Array.from({ length: 2000 }, () => (rng.uniform() ** -k - 1) / k).sort((a, b) => a - b);
    const count = Math.ceil(3 * Math.sqrt(2000)), cut = drawn[2000 - count - 1];
    const beyond = drawn.slice(-count).map((w) => w - cut), likely = mostLikely(beyond);
    const found = tailIndex(drawn), freed = (found * (count + 10) - 5) / count;
    // A posterior mean and a mode differ by a fraction of the standard error, which is (1 + k)/√134 = 0.13 here.
    assert.ok(Math.abs(freed - likely) < 0.05, `${freed} against ${likely}`);
    assert.equal(found < freed, freed > 0.5);
  }
});

Deno.test("a common factor changes nothing, order changes nothing, equal weights have no tail", () => {
  const weights = quantiles(0.6, 40), found = tailIndex(weights);
  assert.equal(tailIndex(weights.map((w) => 1024 * w)), found);
  assert.equal(tailIndex(weights.toReversed()), found);
  assert.equal(tailIndex(new Float64Array(30).fill(2)), 0);
  assert.ok(Number.isFinite(tailIndex([0, 0, 0, 0, 0, 0, 0, 1, 1, 5])));
});

Deno.test("too few weights, negative ones and NaN are refused", () => {
  assert.throws(() => tailIndex([1, 2, 3, 4, 5, 6]), RangeError);
  assert.throws(() => tailIndex([1, 2, 3, 4, 5, 6, -1]), /weight: expected numbers >= 0, got -1/);
  assert.throws(() => tailIndex([1, 2, 3, 4, 5, 6, NaN]), RangeError);
});

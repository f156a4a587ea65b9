import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { randomRounds } from "./manual_test_helpers.ts";
import { bootstrapInterval, clippedIpw, dr, outcomeOnly, snipw } from "./mod.ts";

Deno.test("a ratio is taken anew on each resample: constant rewards give zero width", () => {
  const { weight } = randomRounds(30, Rng.seed(1));
  const { estimate, lower, upper, n } = bootstrapInterval({ reward: new Float64Array(30).fill(1), weight }, snipw, {
    rng: Rng.seed(2),
    resamples: 200,
  });
  assert.deepEqual([estimate, lower, upper, n], [1, 1, 1, 200]);
});

Deno.test("the interval is as wide as the Wald interval where the terms are tame", () => {
  const drawn = randomRounds(800, Rng.seed(3), { generated: 500 });
  const rounds = { ...drawn, weight: drawn.weight.map((w) => Math.min(w, 3)) };
  for (const estimator of [outcomeOnly, snipw, dr]) {
    const wald = estimator(rounds);
    const { lower, upper } = bootstrapInterval(rounds, estimator, { rng: Rng.seed(4), resamples: 2000 });
    // Each end is a 2.5 % quantile of 2000 draws: sd sqrt(0.025 * 0.975 / 2000) / 0.0584 = 0.06 standard errors, so the
    // width of 3.92 has sd 0.085; 4 of them are 9 %, and 1 % is for curvature at n = 500.
    const ratio = (upper - lower) / (wald.upper - wald.lower);
    assert.ok(Math.abs(ratio - 1) < 0.1, `${estimator.name}: ${ratio}`);
  }
});

Deno.test("equal streams, equal bytes; any function of rounds will do", () => {
  const rounds = randomRounds(20, Rng.seed(5));
  const once = () =>
    bootstrapInterval(rounds, (r) => clippedIpw(r, { lambda: 2 }), { rng: Rng.seed(6), resamples: 100, level: 0.8 });
  assert.deepEqual(once(), once());
});

Deno.test("a resample without weight is named, as are too few resamples", () => {
  const rounds = { reward: Float64Array.of(1, 2, 3), weight: Float64Array.of(0, 0, 1) };
  // Three of three draws miss the only weight with probability (2/3)^3 = 0.3: certain within 100 resamples.
  assert.throws(() => bootstrapInterval(rounds, snipw, { rng: Rng.seed(7), resamples: 100 }), {
    name: "RangeError",
    message: /^resample \d+: snipw: all 3 weights are 0, /,
  });
  assert.throws(() => bootstrapInterval(rounds, snipw, { rng: Rng.seed(7), resamples: 1 }), {
    name: "RangeError",
    message: "resamples must be a whole number >= 2, got 1",
  });
});

import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { randomRounds } from "./manual_test_helpers.ts";
import {
  bootstrapInterval,
  bootstrapIntervals,
  clippedIpw,
  dr,
  type EstimatorId,
  estimators,
  ipw,
  outcomeOnly,
  snipw,
} from "./mod.ts";

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

Deno.test("all estimators on one set of draws have the intervals that each has alone, but for the order of additions", () => {
  const plain = randomRounds(60, Rng.seed(8)), groups = Array.from(plain.reward, (_, i) => `reader ${i % 17}`);
  for (const rounds of [plain, randomRounds(60, Rng.seed(9), { generated: 40 }), { ...plain, groups }]) {
    const ids = Object.keys(estimators) as EstimatorId[], options = { resamples: 50, level: 0.9 };
    const together = bootstrapIntervals(ids.map((id) => estimators[id].terms(rounds)), {
      rng: Rng.seed(10),
      ...options,
    });
    for (const [k, id] of ids.entries()) {
      const alone = bootstrapInterval(rounds, estimators[id].estimate, { rng: Rng.seed(10), ...options });
      // Means of 60 numbers of size 1 to 10: each addition rounds by 1e-15 at most, and they do so at random.
      for (const end of ["estimate", "lower", "upper", "n"] as const) {
        assert.ok(Math.abs(together[k][end] - alone[end]) <= 1e-13 * Math.abs(alone[end]), `${id} ${end}`);
      }
    }
  }
});

Deno.test("the draws of a seed stay what they were", () => {
  // By the estimators run on resampled rounds, before their terms were resampled.
  const rounds = randomRounds(25, Rng.seed(11));
  const [first, second] = [ipw, dr].map((of) => bootstrapInterval(rounds, of, { rng: Rng.seed(12), resamples: 60 }));
  assert.deepEqual([first.lower, first.upper, second.lower, second.upper], [
    2.503043948971693,
    12.793824337499577,
    2.832060193590989,
    11.045365776928424,
  ]);
});

Deno.test("one set of draws is of one log", () => {
  const [one, other] = [3, 4].map((n) => estimators.ipw.terms(randomRounds(n, Rng.seed(1))));
  const grouped = estimators.ipw.terms({ ...randomRounds(3, Rng.seed(1)), groups: ["a", "b", "b"] });
  const options = { rng: Rng.seed(2), resamples: 10 };
  assert.throws(() => bootstrapIntervals([one, other], options), {
    name: "TypeError",
    message: "reward of every estimator's rounds must have length 3, got 4",
  });
  assert.throws(() => bootstrapIntervals([one, grouped], options), { name: "TypeError", message: /^groups and / });
  assert.throws(() => bootstrapIntervals([], options), { name: "RangeError", message: /got none$/ });
  const rounds = { reward: Float64Array.of(1, 2, 3), weight: Float64Array.of(0, 0, 1) };
  assert.throws(() => bootstrapIntervals([estimators.snipw.terms(rounds)], { rng: Rng.seed(7), resamples: 100 }), {
    name: "RangeError",
    message: /^resample \d+: snipw: all 3 weights are 0, /,
  });
});

Deno.test("resamples without weight are known where rounds with weight stand first, and what is constant has no width", () => {
  // 0.1 is no float64 number: differences from it would not add up to 0.
  const rounds = { reward: Float64Array.of(1, 2, 3), weight: Float64Array.of(0.1, 0, 0) };
  assert.throws(() => bootstrapIntervals([estimators.snipw.terms(rounds)], { rng: Rng.seed(7), resamples: 100 }), {
    message: /^resample \d+: snipw: all 3 weights are 0, /,
  });
  const { weight } = randomRounds(30, Rng.seed(1)), constant = { reward: new Float64Array(30).fill(0.1), weight };
  for (const groups of [undefined, Array.from(weight, (_, i) => i % 7)]) {
    const terms = (["naive", "snipw"] as const).map((id) => estimators[id].terms({ ...constant, groups }));
    const [naive, ratio] = bootstrapIntervals(terms, { rng: Rng.seed(2), resamples: 200 });
    assert.deepEqual([naive.estimate, naive.lower, naive.upper], [0.1, 0.1, 0.1]);
    assert.ok(Math.abs(ratio.upper - 0.1) < 1e-16 && Math.abs(ratio.lower - 0.1) < 1e-16);
  }
});

/** Rounds that belong together: readers who come back. */
import assert from "node:assert/strict";
import { bootstrap, meanInterval } from "../statistics/intervals.ts";
import { mean } from "../statistics/summary.ts";
import { Rng } from "../random.ts";
import { bootstrapInterval, crossFit, differenceOfValues, dr, ipw, snipw } from "./mod.ts";

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

/** Readers whose outcomes share an effect of their own; each shown two actions at random. */
function readersLog(rng: Rng, readers: number, rounds: number) {
  const reward: number[] = [], weight: number[] = [], other: number[] = [], groups: string[] = [];
  for (let r = 0; r < readers; r++) {
    const effect = rng.normals(2)[0];
    for (let k = 0; k < rounds; k++) {
      const action = rng.integer(2);
      reward.push(0.4 + effect + 0.2 * action + rng.normals(2)[0]);
      weight.push(action === 1 ? 1.4 : 0.6);
      other.push(action === 1 ? 0.8 : 1.2);
      groups.push(`reader ${r}`);
    }
  }
  return {
    reward: Float64Array.from(reward),
    weight: Float64Array.from(weight),
    other: Float64Array.from(other),
    groups,
  };
}

Deno.test("the standard error over groups, by hand", () => {
  // Terms w r: 2, 0 | 1, 3 | 6, 0; mean 2; sums of deviations -2, 0, 2; (3/2)(4 + 0 + 4) = 12; sqrt(12)/6.
  const reward = Float64Array.of(1, 0, 1, 1, 2, 5), weight = Float64Array.of(2, 1, 1, 3, 3, 0);
  const groups = ["a", "a", "b", "b", "c", "c"];
  const { value, standardError, lower } = ipw({ reward, weight, groups });
  close(value, 2);
  close(standardError, Math.sqrt(12) / 6);
  close(lower, 2 - 4.302652729911275 * Math.sqrt(12) / 6, 1e-7);
  // Mean weight 10/6; sums of deviations -1/3, 2/3, -1/3; (3/2)(6/9) = 1.
  const { meanWeight, meanWeightError } = ipw({ reward, weight }, { groups });
  close(meanWeight, 10 / 6);
  close(meanWeightError, 1 / 6);
});

Deno.test("every round its own group is no group at all, but for Student's quantile", () => {
  const { reward, weight } = readersLog(Rng.seed(1), 5, 4);
  const alone = Array.from(reward, (_, i) => i);
  for (const estimator of [ipw, snipw]) {
    close(estimator({ reward, weight }, { groups: alone }).standardError, estimator({ reward, weight }).standardError);
  }
});

Deno.test("groups of another length are refused, one group says nothing", () => {
  const reward = Float64Array.of(1, 2), weight = Float64Array.of(1, 1);
  assert.throws(() => ipw({ reward, weight, groups: ["a"] }), { message: "groups must have length 2, got 1" });
  assert.throws(() => ipw({ reward, weight }, { groups: ["a"] }), { message: "groups must have length 2, got 1" });
  assert.equal(ipw({ reward, weight, groups: ["a", "a"] }).standardError, Infinity);
  assert.throws(() => meanInterval([1, 2, 3], { groups: ["a", "a", "a"] }), /must hold 2 different ones/);
});

Deno.test("what two targets share cancels in their difference", () => {
  const { reward, weight, other, groups } = readersLog(Rng.seed(2), 40, 10);
  const one = snipw({ reward, weight, groups }), two = snipw({ reward, weight: other, groups });
  const { value, standardError } = differenceOfValues(one, two, { groups });
  close(value, one.value - two.value);
  assert.ok(standardError < one.standardError / 3, `${standardError} against ${one.standardError}`);
});

Deno.test("sixty readers of twenty rounds: intervals over readers cover, those over rounds do not", () => {
  // The truth is 0.4 + 0.7 · 0.2. Between readers sd 1, within 1: over rounds the variance is too small by a factor near 10.
  const logs = 200, root = Rng.seed(20261128);
  const covered = { groups: 0, rounds: 0, dr: 0, mean: 0 };
  for (let i = 0; i < logs; i++) {
    const { reward, weight, groups } = readersLog(root.fork(i), 60, 20);
    const holds = ({ lower, upper }: { lower: number; upper: number }, truth: number) =>
      lower <= truth && truth <= upper;
    const model = { prediction: new Float64Array(1200).fill(0.5), direct: new Float64Array(1200).fill(0.5) };
    covered.groups += Number(holds(ipw({ reward, weight, groups }), 0.54));
    covered.rounds += Number(holds(ipw({ reward, weight }), 0.54));
    covered.dr += Number(holds(dr({ reward, weight, ...model, groups }), 0.54));
    covered.mean += Number(holds(meanInterval(reward, { groups }), 0.5));
  }
  // 95 % of 200 within four standard deviations (12), whose upper side is all of them.
  for (const share of [covered.groups, covered.dr, covered.mean]) assert.ok(share >= 178, JSON.stringify(covered));
  assert.ok(covered.rounds < 150, JSON.stringify(covered));
});

Deno.test("the bootstrap draws whole groups", () => {
  // Two readers of constant reward 0 and 1: the mean of two drawn readers is 0, 1/2 or 1.
  const reward = Float64Array.of(0, 0, 0, 1, 1, 1), weight = new Float64Array(6).fill(1);
  const groups = ["a", "a", "a", "b", "b", "b"], seen = new Set<number>();
  bootstrapInterval({ reward, weight, groups }, (rounds) => {
    seen.add(mean(rounds.reward));
    return ipw(rounds);
  }, { rng: Rng.seed(3), resamples: 50 });
  assert.deepEqual([...seen].sort(), [0, 0.5, 1]);
  const drawn = new Set<number>();
  const { n } = bootstrap(6, (of) => {
    const value = mean(Array.from(of, (i) => reward[i]));
    drawn.add(value);
    return value;
  }, { rng: Rng.seed(3), resamples: 50, groups });
  assert.equal(n, 2);
  assert.deepEqual([...drawn].sort(), [0, 0.5, 1]);
});

Deno.test("cross-fitting never predicts a reader by a model that has seen the reader", () => {
  const groups = Array.from({ length: 60 }, (_, i) => `reader ${(i * 7) % 13}`);
  crossFit({ n: 60, folds: 4, rng: Rng.seed(4), groups }, (train) => (test) => {
    const seen = new Set(Array.from(train, (i) => groups[i]));
    for (const i of test) assert.ok(!seen.has(groups[i]));
    return new Float64Array(test.length);
  });
});

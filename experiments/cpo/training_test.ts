import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { outcomeWorld, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { linear } from "./exact.ts";
import { sampleFrom, splitLog } from "./learning.ts";
import { checkpoints, choose, policyAt, train } from "./training.ts";

const world = syntheticWorld({ texts: 40, confounding: 0, overlap: 0.5 }, Rng.seed(1));
const D = world.features.length / world.texts;
const weights = Rng.seed(2).normals(D).map((w) => 0.1 * w);
/** A reward linear in the features. */
const reward = Float64Array.from(
  { length: world.texts },
  (_, x) => weights.reduce((sum, w, k) => sum + w * world.features[x * D + k], 0),
);
const grid = { penalties: [0.1, 1], rates: [0.05], steps: [10, 100] };

Deno.test("training ends at the closed form where there is one", () => {
  const [theta] = train({ kind: "trained", estimate: linear(reward) }, world, {
    penalty: 0.3,
    rate: 0.02,
    steps: [3000],
  });
  const [closed] = train({ kind: "optimum", weights }, world, { penalty: 0.3, rate: 0.02, steps: [1] });
  theta.forEach((t, k) => assert.ok(Math.abs(t - closed[k]) < 1e-6, `${t} for ${closed[k]}`));
});

Deno.test("a run is the same whether it stops at other counts of steps, and no step is f0", () => {
  const of = (steps: number[]) =>
    train({ kind: "trained", estimate: linear(reward) }, world, { penalty: 0.1, rate: 0.1, steps });
  const [zero, five, twenty] = of([0, 5, 20]);
  assert.deepEqual(zero, new Float64Array(D));
  assert.deepEqual(five, of([5])[0]);
  assert.deepEqual(twenty, of([20])[0]);
  assert.deepEqual(checkpoints(300), [30, 100, 300]);
  assert.deepEqual(checkpoints(1), [1]);
});

Deno.test("held-out rows choose f0 where nothing beats it, and the price of KL counts in the objective alone", () => {
  const learner = { kind: "trained", estimate: linear(reward) } as const;
  const against = choose(learner, world, grid, reward.map((r) => -r), 0.1);
  assert.deepEqual([against.value.settings.steps, against.objective.settings.steps], [0, 0]);
  assert.ok(against.moved.settings.steps > 0);
  const free = choose(learner, world, grid, reward, 0);
  assert.deepEqual(free.value, free.objective);
  assert.deepEqual(free.value.settings, { penalty: 0.1, rate: 0.05, steps: 100 });
  const dear = choose(learner, world, grid, reward, 1e6);
  assert.equal(dear.objective.settings.steps, 0);
  assert.deepEqual(dear.value, free.value);
  // What is told is the estimate's gain over f0.
  const [theta] = train(learner, world, { penalty: 0.1, rate: 0.05, steps: [100] });
  const gain = policyAt(world, theta).reduce(
    (sum, l, x) => sum + (Math.exp(l) - Math.exp(world.logStart[x])) * reward[x],
    0,
  );
  assert.ok(Math.abs(free.value.gain - gain) < 1e-12);
});

Deno.test("the held-out estimate looks at held-out outcomes alone, and is right on average", () => {
  const noiseless = outcomeWorld({ ...world, shift: 0, spread: 0 });
  const sizes = { n: 90, generated: 10 };
  const values = Array.from({ length: 400 }, (_, i) => {
    const rng = Rng.seed(20).fork(i), sample = sampleFrom(noiseless, sizes, () => reward, rng);
    const { training, heldOut } = splitLog(sample, rng.fork("split"));
    assert.equal(training.log.text.length, 60);
    assert.deepEqual(training.log.outcome, sample.log.outcome.subarray(0, 60));
    return policyAt(world, weights).reduce((sum, l, x) => sum + Math.exp(l) * heldOut[x], 0);
  });
  const mean = values.reduce((a, b) => a + b, 0) / 400;
  const se = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 399 / 400);
  const truth = world.value(policyAt(world, weights));
  assert.ok(Math.abs(mean - truth) < 4 * se, `${mean} ± ${se} for ${truth}`);
});

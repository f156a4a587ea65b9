import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../tensor/backend.ts";
import { Rng } from "../random.ts";
import { type Batch, batchOf } from "./batch.ts";
import { learn, withTrainer } from "./loglinear.ts";
import { ratedPairs, wonPairs } from "./pairs.ts";

const TEXTS = 6, DIMENSIONS = 2;
/** One replicate: a law to start at, features and a reward. */
const sampleOf = (seed: number) => {
  const rng = Rng.seed(1).fork(seed), normals = (n: number) => rng.normals(n);
  return { start: normals(TEXTS), features: normals(TEXTS * DIMENSIONS), reward: normals(TEXTS) };
};
type Sample = ReturnType<typeof sampleOf>;
const source = { name: "pairs", of: () => ({ first: Uint32Array.of(0, 5), second: Uint32Array.of(1, 0) }) };
const batch = () => batchOf({ samples: [0, 1].map(sampleOf), start: ({ start }: Sample) => start, groupSize: 3 });
const reward = (data: Batch<Sample>) => data.table("reward", (sample) => sample.reward);

/** What training a reward less KL, law by law, comes to. */
function trained(seeds: readonly number[], phases = [{ steps: 20, learningRate: 0.1 }]) {
  return withTrainer({
    arm: "reward",
    seeds,
    samples: seeds.map(sampleOf),
    start: ({ start }) => start,
    groupSize: 3,
    features: ({ features }) => features,
    dimensions: DIMENSIONS,
    phases,
  }, (trainer) =>
    learn(trainer, (policy) => {
      const gain = tf.sub(reward(trainer.data), tf.sub(policy, trainer.data.reference));
      return tf.neg(tf.sum(tf.mul(tf.exp(policy), gain), -1)) as Tensor;
    }));
}

Deno.test("a replicate among others ends as it does alone, to the bit, with features of its own", async () => {
  await startBackend("cpu");
  const together = trained([3, 4, 5]);
  [3, 4, 5].forEach((seed, r) => {
    const alone = trained([seed]);
    assert.deepEqual(together.theta[r], alone.theta[0]);
    assert.equal(together.gradientNorm[r], alone.gradientNorm[0]);
  });
  assert.notDeepEqual(together.theta[0], together.theta[1]);
});

Deno.test("phases follow each other from where the last one ended", async () => {
  await startBackend("cpu");
  const [short] = trained([3], [{ steps: 5, learningRate: 0.1 }]).theta;
  const [still] = trained([3], [{ steps: 5, learningRate: 0.1 }, { steps: 0, learningRate: 1 }]).theta;
  const [more] = trained([3], [{ steps: 5, learningRate: 0.1 }, { steps: 1, learningRate: 0.01 }]).theta;
  assert.deepEqual(still, short);
  // Adam's first step of a phase has its step size.
  more.forEach((v, k) => assert.ok(Math.abs(Math.abs(v - short[k]) - 0.01) < 1e-4, `${v - short[k]}`));
});

Deno.test("tensors of a trainer are freed, also where the work fails", async () => {
  await startBackend("cpu");
  trained([1]);
  const before = tf.memory().numTensors;
  trained([1, 2]);
  const fails = () =>
    withTrainer({
      arm: "fails",
      seeds: [0],
      samples: [sampleOf(0)],
      start: ({ start }) => start,
      features: ({ features }) => features,
      dimensions: DIMENSIONS,
      phases: [],
    }, (trainer) => {
      trainer.policy();
      reward(trainer.data);
      throw new RangeError("no");
    });
  assert.throws(fails, /no/);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("pairs hold the entries of their texts, and nothing is made that is not read", async () => {
  await startBackend("cpu");
  const data = batch(), [one, two] = data.samples, policy = data.table("policy", (sample) => sample.features.slice(6));
  const before = tf.memory().numTensors;
  let asked = 0;
  const rated = ratedPairs(data, source, policy, () => {
    asked++;
    return reward(data);
  });
  const won = wonPairs(data, source, policy);
  assert.equal(tf.memory().numTensors, before);
  const f32 = (...values: number[]) => [...Float32Array.from(values)];
  assert.deepEqual(won.policyChosen.arraySync(), [one, two].map(({ features: f }) => f32(f[6], f[11])));
  assert.deepEqual(won.policyRejected.arraySync(), [one, two].map(({ features: f }) => f32(f[7], f[6])));
  assert.deepEqual(won.referenceRejected.arraySync(), [one, two].map(({ start }) => f32(start[1], start[0])));
  assert.equal(rated.referenceSecond, won.referenceRejected); // one constant for both forms
  assert.equal(asked, 0);
  assert.deepEqual(rated.rewardFirst.arraySync(), [one, two].map(({ reward }) => f32(reward[0], reward[5])));
  assert.equal(rated.rewardFirst, rated.rewardFirst);
  assert.equal(asked, 1);
  tf.dispose([policy, won.policyChosen, won.policyRejected]);
  data.dispose();
});

Deno.test("laws are the texts of a context each", async () => {
  await startBackend("cpu");
  const data = batch(), laws = data.laws(data.reference);
  assert.deepEqual(laws.shape, [2, 2, 3]);
  assert.deepEqual([...laws.dataSync()], [...data.reference.dataSync()]);
  tf.dispose(laws);
  data.dispose();
});

/** Score-function losses by exact enumeration: their expected values and gradients are those of the objective. */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, numericGradient, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { logSoftmax, takeAlongLast } from "../tensor/ops.ts";
import { exactReverseKl, reverseKl } from "./distribution.ts";
import { exactRlhf, reinforce, rlhf, rloo } from "./policy_gradient.ts";

const logits = [0.25, -1, 1.5, 0.5], base = [1, 0.5, -0.75, -1.25], rewards = [2, -1, 0.5, 3];
const softmax = (x: ArrayLike<number>) => {
  const e = Array.from(x, Math.exp), total = e.reduce((a, b) => a + b);
  return e.map((v) => v / total);
};
const sum = (x: number[]) => x.reduce((a, b) => a + b, 0);
const p = softmax(logits), p0 = softmax(base);
/** E[R] − γ E[log π] − b KL, in float64. */
const objective = (gamma: number, weight: number) => (x: ArrayLike<number>) =>
  sum(softmax(x).map((v, a) => v * (rewards[a] - gamma * Math.log(v) - weight * Math.log(v / p0[a]))));
// Sums of at most 64 terms below 10, of which each carries some ten roundings.
const bound = 10 * (64 + 10) * u;

/** Expected sum of per-example losses over one draw of each outcome, weighed by the policy as it is. */
function expectation(f: (samples: { policy: Tensor; reference: Tensor; reward: Tensor }) => Tensor) {
  const reference = tf.tensor1d(p0.map(Math.log)), reward = tf.tensor1d(rewards);
  const expected = (theta: Tensor) =>
    tf.sum(tf.mul(f({ policy: logSoftmax(theta), reference, reward }), tf.tensor1d(p))) as Tensor;
  const theta = tf.tensor1d(logits);
  return { value: expected(theta).dataSync()[0], gradient: tf.grad((x) => expected(x as Tensor))(theta).dataSync() };
}

testOnEveryBackend("REINFORCE: the expected gradient is that of −E[R], with any baseline", () => {
  const truth = numericGradient((x) => -objective(0, 0)(x), logits);
  for (const baseline of [undefined, 0, 1.5, -4]) {
    const { gradient } = expectation(({ policy, reward }) => reinforce({ policy, reward }, { baseline }));
    assertClose(gradient, truth, bound, `baseline ${baseline}`);
  }
});

testOnEveryBackend("RLOO: the expected gradient over all draws of K samples is that of −E[R]", () => {
  const truth = numericGradient((x) => -objective(0, 0)(x), logits);
  for (const size of [2, 3]) {
    const draws = 4 ** size;
    const picked = Uint32Array.from(
      { length: draws * size },
      (_, i) => Math.floor(Math.floor(i / size) / 4 ** (i % size)) % 4,
    );
    const chance = tf.tensor1d(
      Array.from(
        { length: draws },
        (_, d) => [...picked.subarray(d * size, (d + 1) * size)].reduce((c, a) => c * p[a], 1),
      ),
    );
    const reward = tf.tensor2d(Float32Array.from(picked, (a) => rewards[a]), [draws, size]);
    const expected = (theta: Tensor) => {
      const rows = tf.mul(tf.reshape(logSoftmax(theta), [1, 4]), tf.ones([draws, 1])) as Tensor;
      return tf.sum(tf.mul(tf.mean(rloo({ policy: takeAlongLast(rows, picked, size), reward }), -1), chance)) as Tensor;
    };
    const gradient = tf.grad((x) => expected(x as Tensor))(tf.tensor1d(logits)).dataSync();
    assertClose(gradient, truth, bound, `${size} samples`);
  }
});

testOnEveryBackend("RLOO: a constant reward teaches nothing, and a constant added to all changes nothing", () => {
  const policy = tf.tensor2d([[-1, -2, -3, -4], [-2, -2, -5, -1]]);
  assert.ok(rloo({ policy, reward: tf.fill([2, 4], 7) }).dataSync().every((v) => v === 0));
  const reward = tf.tensor2d([[1, 0, 2, 5], [-1, 3, 3, 0]]);
  // Rewards and the constant are whole numbers: means of four are exact.
  assert.deepEqual(rloo({ policy, reward: tf.add(reward, 8) }).dataSync(), rloo({ policy, reward }).dataSync());
});

testOnEveryBackend("RLHF and reverse KL: samples and enumeration have one expected value and one gradient", () => {
  const cases = [
    { gamma: 0, weight: 0.75, sampled: rlhf, exact: exactRlhf, options: { beta: 0.75 } },
    { gamma: 0.5, weight: 0.25, sampled: reverseKl, exact: exactReverseKl, options: { gamma: 0.5, klWeight: 0.25 } },
    { gamma: 0.5, weight: 0, sampled: reverseKl, exact: exactReverseKl, options: { gamma: 0.5, klWeight: 0 } },
  ];
  // deno-lint-ignore no-explicit-any -- two losses with options of their own
  for (const { gamma, weight, sampled, exact, options } of cases as any[]) {
    const name = `${sampled.name} ${JSON.stringify(options)}`;
    const value = -objective(gamma, weight)(logits);
    const truth = numericGradient((x) => -objective(gamma, weight)(x), logits);
    for (const baseline of [undefined, 2]) {
      const found = expectation((samples) => sampled(samples, { ...options, baseline }));
      assertClose([found.value], [value], bound, `${name}: value`);
      assertClose(found.gradient, truth, bound, `${name}: gradient`);
    }
    const reference = tf.tensor1d(p0.map(Math.log)), reward = tf.tensor1d(rewards), theta = tf.tensor1d(logits);
    const enumerated = (theta: Tensor): Tensor => exact({ policy: logSoftmax(theta), reference, reward }, options);
    assertClose(enumerated(theta).dataSync(), [value], bound, `${name}: enumerated`);
    assertClose(tf.grad((x) => enumerated(x as Tensor))(theta).dataSync(), truth, bound, `${name}: its gradient`);
  }
});

testOnEveryBackend("enumeration: rows are contexts", () => {
  const two = (a: number[], b: number[]) => tf.tensor2d([a, b]);
  const laws = {
    policy: two(p.map(Math.log), p0.map(Math.log)),
    reference: two(p0.map(Math.log), p.map(Math.log)),
    reward: two(rewards, rewards),
  };
  const both = exactRlhf(laws, { beta: 0.5 });
  assert.deepEqual(both.shape, [2]);
  const kl = sum(p0.map((v, a) => v * Math.log(v / p[a])));
  assertClose(both.dataSync().slice(1), [0.5 * kl - sum(p0.map((v, a) => v * rewards[a]))], bound, "second context");
});

Deno.test("one sample a prompt, laws that are none, and shapes are refused", async () => {
  await startBackend("cpu");
  const message = (shape: string) => `policy: expected at least two samples a prompt, got [${shape}]`;
  for (const shape of [[3, 1], [1]]) {
    assert.throws(() => rloo({ policy: tf.zeros(shape), reward: tf.zeros(shape) }), {
      name: "RangeError",
      message: message(shape.join()),
    });
  }
  const laws = { policy: tf.zeros([4]), reference: tf.tensor1d(p0.map(Math.log)), reward: tf.zeros([4]) };
  assert.throws(() => exactRlhf(laws, { beta: 1 }), {
    name: "RangeError",
    message: "policy: the probabilities of law 0 sum to 4: expected log-probs, normalised over the last axis",
  });
  assert.throws(() => exactRlhf({ ...laws, reward: tf.zeros([3]) }, { beta: 1 }), {
    name: "TypeError",
    message: "reward: expected the shape [4] of policy, got [3]",
  });
  assert.throws(() => exactRlhf(laws, { beta: 0 }), {
    name: "RangeError",
    message: "beta: expected a number > 0, got 0",
  });
});

/**
 * Expected losses and gradients by exact enumeration of every possible batch: what the estimators promise.
 *
 * With two texts a batch of n is its count of the second text, and a mean over examples depends on nothing else: n + 1 rows
 * with binomial weights are the whole expectation, for n = 64 as for n = 1.
 */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { tf } from "../tensor/backend.ts";
import { logSoftmax, takeAlongLast } from "../tensor/ops.ts";
import { cpo, type CpoOptions, drCpo, outcomeOnly, plain } from "./causal.ts";

const theta = [0.3, -0.4];
const assignment = [0.6, 0.4], outcome = [1.25, -0.5];
const policy = (() => {
  const e = theta.map(Math.exp);
  return e.map((v) => v / (e[0] + e[1]));
})();
const value = policy[0] * outcome[0] + policy[1] * outcome[1];
/** ∂V/∂θ_k = f_k (g_k − V). */
const slope = policy.map((f, k) => f * (outcome[k] - value));

/** Probabilities of 0 .. n draws of the second text. */
function binomial(n: number): number[] {
  let choose = 1;
  return Array.from({ length: n + 1 }, (_, k) => {
    if (k > 0) choose = choose * (n - k + 1) / k;
    return choose * assignment[0] ** (n - k) * assignment[1] ** k;
  });
}

/** E[mean loss] over all batches of n, and its gradient in θ. */
function expectation(n: number, options: CpoOptions): { loss: number; gradient: Float32Array } {
  const rows = n + 1;
  const text = Uint32Array.from({ length: rows * n }, (_, i) => Number(i % n < Math.floor(i / n)));
  const table = (values: number[]) => tf.tensor2d(Float32Array.from(text, (x) => values[x]), [rows, n]);
  const chance = tf.tensor1d(binomial(n));
  const expected = (theta: Tensor): Tensor => {
    const logp = tf.mul(tf.reshape(logSoftmax(theta), [1, 2]), tf.onesLike(tf.zeros([rows, 1])));
    const logged = {
      logpF: takeAlongLast(logp, text, n),
      logpR: table(assignment.map(Math.log)),
      outcome: table(outcome),
    };
    return tf.sum(tf.mul(tf.mean(cpo(logged, options), -1), chance));
  };
  const at = tf.tensor1d(theta);
  return {
    loss: expected(at).dataSync()[0],
    gradient: tf.grad((t) => expected(t as Tensor))(at).dataSync<"float32">(),
  };
}
// Sums of up to 64 rows of means of up to 64 numbers below 2: 128 roundings of that size, and weights within 20u.
const bound = 2 * (128 + 20) * u;

testOnEveryBackend("plain: batches of 1, 2 and 64 have the expected value −V and the expected gradient −∇V", () => {
  for (const n of [1, 2, 64]) {
    const { loss, gradient } = expectation(n, plain);
    assertClose([loss], [-value], bound, `value at ${n}`);
    assertClose(gradient, slope.map((s) => -s), bound, `gradient at ${n}`);
  }
});

testOnEveryBackend("a constant baseline shifts the expected value and leaves the expected gradient", () => {
  for (const baseline of [0.5, -3]) {
    const { loss, gradient } = expectation(2, { ...plain, baseline });
    assertClose([loss], [-(value - baseline)], 4 * bound, `value at ${baseline}`);
    assertClose(gradient, slope.map((s) => -s), 4 * bound, `gradient at ${baseline}`);
  }
});

testOnEveryBackend("self-normalised: no gradient from a batch of one, then a bias that falls as 1/B", () => {
  const ratio = { kind: "self-normalised" } as const;
  const bias = (n: number) => expectation(n, { ratio }).gradient[0] + slope[0];
  assertClose(expectation(1, { ratio }).gradient, [0, 0], bound, "one");
  assert.ok(Math.abs(bias(2)) > 0.05);
  // Bias a/B + O(1/B²): over a doubling it halves, up to terms of relative size 1/B.
  for (const n of [16, 32]) {
    const fall = bias(2 * n) / bias(n);
    assert.ok(Math.abs(fall - 0.5) < 1 / n, `from ${n} to ${2 * n}: ${fall}`);
  }
});

testOnEveryBackend("stabilised: expected value below V, as a pessimist's", () => {
  const { loss } = expectation(1, { ratio: { kind: "stabilised", low: 0.9, high: 1.05 } });
  // Enumerated by hand: w = f/P^R is bounded above for the good text, below for the bad one.
  const [good, bad] = policy.map((f, x) => f / assignment[x]);
  const expected = assignment[0] * Math.min(good, 1.05) * outcome[0] + assignment[1] * Math.max(bad, 0.9) * outcome[1];
  assert.ok(expected < value);
  assertClose([loss], [-expected], bound, "value");
});

testOnEveryBackend("DR-CPO: unbiased with either nuisance right, off by the product of errors with both wrong", () => {
  const start = [0.5, 0.5];
  const weightedMean = (losses: Tensor, law: number[]) => tf.sum(tf.mul(losses, tf.tensor1d(law)));
  const expected = (theta: Tensor, propensity: number[], prediction: number[]): Tensor => {
    const logpF = logSoftmax(theta);
    // Every text once, weighted by the law it is drawn from: the losses are means of single examples.
    const { correction, outcome: direct } = drCpo(
      {
        logpF,
        logpR: tf.tensor1d(propensity.map(Math.log)),
        outcome: tf.tensor1d(outcome),
        prediction: tf.tensor1d(prediction),
      },
      { logpF, logpF0: tf.tensor1d(start.map(Math.log)), prediction: tf.tensor1d(prediction) },
      plain,
    );
    return tf.add(weightedMean(correction, assignment), weightedMean(direct, start));
  };
  const wrong = { propensity: [0.3, 0.7], prediction: [0.2, 0.6] };
  const at = tf.tensor1d(theta);
  for (const [propensity, prediction] of [[assignment, wrong.prediction], [wrong.propensity, outcome]]) {
    assertClose([expected(at, propensity, prediction).dataSync()[0]], [-value], bound, "value");
    const found = tf.grad((t) => expected(t as Tensor, propensity, prediction))(at).dataSync();
    assertClose(found, slope.map((s) => -s), bound, "gradient");
  }
  const product = assignment.reduce(
    (total, p, x) => total + p * policy[x] * (1 / wrong.propensity[x] - 1 / p) * (outcome[x] - wrong.prediction[x]),
    0,
  );
  assert.ok(Math.abs(product) > 0.1);
  const both = expected(at, wrong.propensity, wrong.prediction).dataSync()[0];
  assertClose([both], [-(value + product)], 4 * bound, "both wrong");
});

testOnEveryBackend(
  "outcome-only: −V with the right predictions, off by the policy's mean error with wrong ones",
  () => {
    const start = [0.5, 0.5], wrong = [0.2, 0.6], logpF = logSoftmax(tf.tensor1d(theta));
    const expected = (prediction: number[]) => {
      const losses = outcomeOnly(
        { logpF, logpF0: tf.tensor1d(start.map(Math.log)), prediction: tf.tensor1d(prediction) },
        plain,
      );
      return tf.sum(tf.mul(losses, tf.tensor1d(start))).dataSync()[0];
    };
    assertClose([expected(outcome)], [-value], bound, "right");
    const error = policy[0] * (wrong[0] - outcome[0]) + policy[1] * (wrong[1] - outcome[1]);
    assertClose([expected(wrong)], [-(value + error)], bound, "wrong");
  },
);

/**
 * Where the losses of distribution learning lead with all the data there is: gradient descent on the logits of one prompt's
 * four responses, on losses in expectation over every pair, against the closed forms of papers and DPO's beside them.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { startBackend, tf } from "../tensor/backend.ts";
import { assertClose } from "../tensor/backends_test_helpers.ts";
import { logSigmoid, logSoftmax, takeAlongLast } from "../tensor/ops.ts";
import { exactReverseKl, pmle, preferenceDistillation } from "./distribution.ts";
import { exactKl } from "./kl.ts";
import { exactRlhf } from "./policy_gradient.ts";
import { rebel } from "./reward.ts";

const softmax = (x: number[]) => {
  const e = x.map(Math.exp), total = e.reduce((a, b) => a + b);
  return e.map((v) => v / total);
};
const target = softmax([0.5, -1, 1, 0]), start = softmax([-0.5, 0.75, 0.25, 0]);
const gamma = 0.5;
/** Proportional to a product of powers. */
const product = (...factors: [number[], number][]) =>
  softmax(start.map((_, a) => factors.reduce((sum, [law, power]) => sum + power * Math.log(law[a]), 0)));

// Every ordered pair of different responses, with the chance that the first is preferred.
const firsts = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], seconds = [1, 2, 3, 0, 2, 3, 0, 1, 3, 0, 1, 2];
const chances = firsts.map((a, i) => 1 / (1 + Math.exp(gamma * (Math.log(target[seconds[i]]) - Math.log(target[a])))));
const take = (logp: Tensor, index: number[]): Tensor =>
  tf.reshape(takeAlongLast(tf.reshape(logp, [1, 4]), Uint32Array.from(index), index.length), [index.length]);
const constant = (law: number[], index: number[]) => tf.tensor1d(index.map((a) => Math.log(law[a])));
const labelled = (loss: Tensor): Tensor => tf.sum(tf.mul(loss, tf.tensor1d(chances)));

/** The law at which gradient descent from the uniform one comes to rest. */
function optimum(loss: (logp: Tensor) => Tensor, rate: number): number[] {
  let logits = new Float32Array(4);
  const slope = tf.grad((x) => loss(logSoftmax(x as Tensor)));
  for (let step = 0; step < 1000; step++) {
    const g = tf.tidy(() => slope(tf.tensor1d(logits)).dataSync());
    if (Math.max(...g.map(Math.abs)) < 2e-6) return softmax([...logits]);
    logits = logits.map((v, a) => v - rate * g[a]);
  }
  throw new Error("no rest after 1000 steps");
}
// What is left of the gradient, 2e-6, over a curvature above 0.02: 1e-4 in the logits, at most a quarter in the law.
const near = 2.5e-5;

const logp = (index: number[]) => (policy: Tensor) => take(policy, index);
const [first, second] = [logp(firsts), logp(seconds)];
const pairs = (policy: Tensor) => ({ policyChosen: first(policy), policyRejected: second(policy) });
const reward = target.map((v) => gamma * Math.log(v) + 3);
const rated = (policy: Tensor) => ({
  policyFirst: first(policy),
  policySecond: second(policy),
  rewardFirst: tf.tensor1d(firsts.map((a) => reward[a])),
  rewardSecond: tf.tensor1d(seconds.map((a) => reward[a])),
});
const whole = (policy: Tensor) => ({
  policy,
  reference: tf.tensor1d(start.map(Math.log)),
  reward: tf.tensor1d(reward),
});
const dpo = (beta: number) => (policy: Tensor) => {
  const z = tf.sub(first(policy), second(policy)), z0 = tf.sub(constant(start, firsts), constant(start, seconds));
  return labelled(tf.neg(logSigmoid(tf.mul(tf.sub(z, z0), beta))));
};

Deno.test("with all the data: PMLE and distillation reach the target, DPO the start times the target", async () => {
  await startBackend("cpu");
  assertClose(optimum((p) => labelled(pmle(pairs(p), { gamma })), 0.5), target, near, "PMLE");
  assertClose(optimum((p) => tf.sum(preferenceDistillation(rated(p), { gamma })), 0.5), target, near, "distillation");
  assertClose(optimum(dpo(gamma), 0.5), product([start, 1], [target, 1]), near, "DPO at β = γ");
  assertClose(optimum(dpo(1), 0.25), product([start, 1], [target, gamma]), near, "DPO at β = 2γ");
  const apart = target.map((v, a) => Math.abs(v - product([start, 1], [target, 1])[a]));
  assert.ok(Math.max(...apart) > 0.03, "the two limits differ");
});

Deno.test("with all the data: reverse KL, RLHF and REBEL reach their closed forms", async () => {
  await startBackend("cpu");
  for (const klWeight of [0, 0.5, 2]) {
    const total = klWeight + gamma;
    const truth = softmax(start.map((v, a) => (klWeight * Math.log(v) + reward[a]) / total));
    assertClose(
      optimum((p) => exactReverseKl(whole(p), { gamma, klWeight }), 1 / total),
      truth,
      near,
      `b = ${klWeight}`,
    );
    if (klWeight === 0) assertClose(truth, target, 1e-12, "without KL term the target itself");
  }
  const tilted = product([start, 1], [target, gamma / 0.75]);
  assertClose(optimum((p) => exactRlhf(whole(p), { beta: 0.75 }), 1), tilted, near, "RLHF: p0 p*^(γ/β)");
  const regressed = optimum((p) => {
    const references = { referenceFirst: constant(start, firsts), referenceSecond: constant(start, seconds) };
    return tf.sum(rebel({ ...rated(p), ...references }, { eta: 2 }));
  }, 0.02);
  assertClose(regressed, product([start, 1], [target, gamma * 2]), near, "REBEL: p0 e^{ηR}");
});

Deno.test("the KL term pulls PMLE from the target towards the start", async () => {
  await startBackend("cpu");
  const reference = start.map(Math.log);
  const ends = [0, 0.5, 2, 50].map((weight) =>
    optimum(
      (p) => tf.add(labelled(pmle(pairs(p), { gamma })), tf.mul(exactKl(p, tf.tensor1d(reference)), weight)),
      0.5 / (1 + weight),
    )
  );
  const kl = ends.map((law) => law.reduce((sum, v, a) => sum + v * Math.log(v / start[a]), 0));
  for (let i = 1; i < kl.length; i++) assert.ok(kl[i] < 0.9 * kl[i - 1], `${kl}`);
  assert.ok(kl[3] < 1e-3, `${kl}`);
});

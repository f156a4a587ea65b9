/** The optima against the losses of the library: their gradients, by automatic differentiation, vanish there. */
import type { Tensor } from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { apoZero } from "../../lib/losses/apo.ts";
import { exactReverseKl, pmle, preferenceDistillation } from "../../lib/losses/distribution.ts";
import { dpo } from "../../lib/losses/dpo.ts";
import { ipoSum } from "../../lib/losses/ipo.ts";
import { exactKl } from "../../lib/losses/kl.ts";
import { exactRlhf } from "../../lib/losses/policy_gradient.ts";
import { rebel } from "../../lib/losses/reward.ts";
import { startBackend, tf } from "../../lib/tensor/backend.ts";
import { logSoftmax, takeAlongLast } from "../../lib/tensor/ops.ts";
import { Rng } from "../../lib/random.ts";
import { measurePolicy, preferenceWorld } from "../../lib/worlds/preferences.ts";
import { type ArmId, armIds, arms, limitOf, rewardModel, type Sample } from "./arms.ts";
import { minimise } from "../../lib/exact/newton.ts";
import { descent, trained } from "./training.ts";

const A = 4, n = 4096, gamma = 0.5;
const options = { rlhfBeta: 1, eta: 1, tau: 0.125, klScale: 0.3, freshPairs: 4 };

function sampleOf(contexts: number, comparisons: number, features?: number): Sample {
  const world = preferenceWorld({ contexts, actions: A, gamma, spread: 0.8, features }, Rng.seed(3));
  const counts = world.compare(comparisons, Rng.seed(4));
  const linearReward = features !== undefined;
  return {
    world,
    counts,
    n: comparisons,
    gamma,
    linearReward,
    seed: 0,
    unlabelled: () => Rng.seed(5),
    folds: () => Rng.seed(6),
    options,
  };
}

const sample = sampleOf(1, n), { counts } = sample, start = sample.world.logStart;
const reward = rewardModel(sample).table;

// Ordered pairs of different responses; weights are shares of comparisons that the first one won.
const cells = [...counts.keys()].filter((cell) => Math.floor(cell / A) !== cell % A);
const firsts = cells.map((cell) => Math.floor(cell / A)), seconds = cells.map((cell) => cell % A);
const total = counts.reduce((a, b) => a + b);
const constant = (table: Float64Array, index: number[]) => tf.tensor1d(index.map((a) => table[a]));
const take = (logp: Tensor, index: number[]): Tensor =>
  tf.reshape(takeAlongLast(tf.reshape(logp, [1, A]), Uint32Array.from(index), index.length), [index.length]);
const weighted = (losses: Tensor): Tensor => tf.sum(tf.mul(losses, tf.tensor1d(cells.map((c) => counts[c] / total))));
const pairs = (p: Tensor) => ({
  policyChosen: take(p, firsts),
  policyRejected: take(p, seconds),
  referenceChosen: constant(start, firsts),
  referenceRejected: constant(start, seconds),
});
const rated = (p: Tensor) => ({
  policyFirst: take(p, firsts),
  policySecond: take(p, seconds),
  referenceFirst: constant(start, firsts),
  referenceSecond: constant(start, seconds),
  rewardFirst: constant(reward, firsts),
  rewardSecond: constant(reward, seconds),
});
const whole = (p: Tensor) => ({ policy: p, reference: tf.tensor1d([...start]), reward: tf.tensor1d([...reward]) });

const losses: Partial<Record<ArmId, (logp: Tensor) => Tensor>> = {
  "dpo": (p) => weighted(dpo(pairs(p), { beta: gamma })),
  "pmle": (p) => weighted(pmle(pairs(p), { gamma })),
  "pmle-kl": (p) => tf.add(weighted(pmle(pairs(p), { gamma })), tf.mul(exactKl(p, whole(p).reference), 0.3 / 64)),
  "distill-labelled": (p) => weighted(preferenceDistillation(rated(p), { gamma })),
  "reverse-kl": (p) => exactReverseKl(whole(p), { gamma, klWeight: 0 }),
  "rlhf-fixed": (p) => exactRlhf(whole(p), { beta: options.rlhfBeta }),
  "rebel": (p) => weighted(rebel(rated(p), { eta: options.eta })),
  "ipo": (p) => weighted(ipoSum(pairs(p), { tau: options.tau })),
  "apo-zero": (p) => weighted(apoZero(pairs(p), { beta: gamma })),
};

function largestSlope(loss: (logp: Tensor) => Tensor, logits: Float64Array): number {
  const slope = tf.grad((x) => loss(logSoftmax(x as Tensor)));
  return Math.max(...tf.tidy(() => slope(tf.tensor1d([...logits])).dataSync()).map(Math.abs));
}

Deno.test("the gradients of the library's losses vanish at each arm's optimum, and not at the start", async () => {
  await startBackend("cpu");
  assert.ok(total === n);
  for (const [arm, loss] of Object.entries(losses)) {
    // The ridge leaves RIDGE·|r|/n, below 4e-6 for |r| < 15; float32 leaves 1e-7 of sums of terms below 20.
    const left = largestSlope(loss, arms[arm as ArmId](sample).logPolicy);
    assert.ok(left < 6e-6, `${arm}: ${left}`);
    assert.ok(largestSlope(loss, start) > 1e-3, `${arm} at the start`);
  }
});

Deno.test("in a tabular class PMLE, distillation and reverse KL have one optimum, RLHF at β = γ is DPO", () => {
  const learned = (arm: ArmId) => arms[arm](sample).logPolicy;
  for (const arm of ["reverse-kl", "distill-labelled", "distill-fresh"] as const) {
    // They differ by the ridge alone: RIDGE·|r| over a curvature of about n/40.
    learned(arm).forEach((v, a) => assert.ok(Math.abs(v - learned("pmle")[a]) < 1e-4, arm));
  }
  const rlhf = arms["rlhf-fixed"]({ ...sample, options: { ...options, rlhfBeta: gamma } }).logPolicy;
  rlhf.forEach((v, a) => assert.ok(Math.abs(v - learned("dpo")[a]) < 1e-12));
});

Deno.test("one law is the optimum of the library's PMLE, distillation and reverse KL; DPO's law is of none", async () => {
  await startBackend("cpu");
  for (const arm of ["pmle", "distill-labelled", "distill-fresh", "reverse-kl"] as const) {
    for (const id of ["pmle", "distill-labelled", "reverse-kl"] as const) {
      // As above: the ridge leaves RIDGE·|r|/n, float32 1e-7. Fresh pairs move the optimum by the ridge alone.
      const left = largestSlope(losses[id]!, arms[arm](sample).logPolicy);
      assert.ok(left < 6e-6, `${id} at the law of ${arm}: ${left}`);
      assert.ok(largestSlope(losses[id]!, arms.dpo(sample).logPolicy) > 1e-3, `${id} at DPO's law`);
    }
  }
});

Deno.test("DPO learns π0 π*, normalised, from all the comparisons there are", () => {
  const { world } = sampleOf(3, 64), n = 1e9;
  const { logPolicy } = arms.dpo({ ...sample, world, counts: world.chances.map((p) => p * n), n });
  for (let x = 0; x < world.contexts; x++) {
    const cell = (a: number) => x * A + a;
    const product = Array.from({ length: A }, (_, a) => Math.exp(world.logStart[cell(a)] + world.logTarget[cell(a)]));
    const sum = product.reduce((a, b) => a + b);
    // The ridge moves a reward by RIDGE·|r| over a curvature of at least n/1000, for |r| < 10: 1e-8.
    product.forEach((p, a) => assert.ok(Math.abs(Math.exp(logPolicy[cell(a)]) - p / sum) < 1e-7));
    assert.ok(product.some((p, a) => Math.abs(p / sum - Math.exp(world.logTarget[cell(a)])) > 0.02));
  }
});

Deno.test("arms may share a sample: what one fitted or drew changes nothing for another", () => {
  const shared = sampleOf(3, 300), ids = [...armIds, ...armIds.toReversed()];
  for (const arm of ids) assert.deepEqual(arms[arm](shared), arms[arm](sampleOf(3, 300)), arm);
});

Deno.test("with all the comparisons there are, every arm reaches its predicted limit", () => {
  // Expected counts of 1e9 comparisons: what is left is the ridge and, for b = 0.3/√n, the KL term.
  for (const features of [undefined, 2]) {
    const small = sampleOf(3, 64, features), many = 1e9;
    const all: Sample = { ...small, counts: small.world.chances.map((p) => p * many), n: many };
    for (const arm of armIds.filter((id) => id !== "distill-fresh" && !id.endsWith("-tuned"))) {
      const limit = limitOf(arm, all);
      if (!limit) continue;
      const { forwardKl } = measurePolicy(arms[arm](all).logPolicy, limit, A);
      assert.ok(forwardKl < 1e-6, `${arm}: ${forwardKl}`);
    }
    const { forwardKl } = measurePolicy(limitOf("dpo", all)!, all.world.logTarget, A);
    assert.ok(forwardKl > 0.05, "DPO's limit is not the target");
  }
});

Deno.test("no tilt of the start is nearer to the target than the tuned one", () => {
  const tuned = arms["rlhf-best"](sample).logPolicy;
  const best = measurePolicy(tuned, sample.world.logTarget, A).forwardKl;
  for (const rlhfBeta of [0.1, 0.3, 0.5, 0.7, 1, 1.5, 3, 10]) {
    const { logPolicy } = arms["rlhf-fixed"]({ ...sample, options: { ...options, rlhfBeta } });
    assert.ok(measurePolicy(logPolicy, sample.world.logTarget, A).forwardKl >= best - 1e-12);
  }
});

Deno.test("gradient descent ends at the optima", () => {
  const klWeight = options.rlhfBeta;
  for (const arm of Object.keys(trained)) {
    const { logPolicy, gradientNorm } = descent(arm, sample, klWeight)(4000);
    const optimum = arms[arm as ArmId](sample).logPolicy;
    assert.ok(gradientNorm < 1e-5, `${arm}: ${gradientNorm}`);
    // The policy-gradient arms' curvature is above 0.02; fresh distillation draws its pairs where descent has them all.
    logPolicy.forEach((v, a) => assert.ok(Math.abs(v - optimum[a]) < 2e-3, `${arm}: ${v} ${optimum[a]}`));
  }
});

Deno.test("a descent stands at the same place however it is asked", () => {
  for (const arm of Object.keys(trained)) {
    const asked = descent(arm, sample, 1);
    for (const steps of [3, 20, 20, 5]) {
      assert.deepEqual(asked(steps), descent(arm, sample, 1)(steps), `${arm} ${steps}`);
    }
  }
});

Deno.test("Newton steps find the minimum where the start is not convex, and of separable labels", () => {
  const { at, gradientNorm } = minimise(
    Float64Array.of(0.1),
    ([x], out) => {
      out.value = x ** 4 - 2 * x ** 2;
      out.gradient[0] = 4 * x ** 3 - 4 * x;
      out.hessian[0] = 12 * x * x - 4;
    },
    1e-12,
  );
  assert.ok(Math.abs(at[0] - 1) < 1e-12 && gradientNorm <= 1e-12);
  const separable = {
    ...sample,
    counts: Float64Array.from(counts, (_, c) => (Math.floor(c / A) < c % A ? 5 : 0)),
    n: 30,
  };
  for (const arm of armIds) assert.ok(arms[arm](separable).gradientNorm < 1e-9, arm);
});

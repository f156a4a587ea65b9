import assert from "node:assert/strict";
import { lawAt } from "../../lib/exact/laws.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { bradleyTerry } from "../../lib/losses/mod.ts";
import { startBackend, tf } from "../../lib/tensor/backend.ts";
import { Rng } from "../../lib/random.ts";
import {
  type Comparisons,
  fitReward,
  GAMMA,
  learnFromComparisons,
  REWARD_PENALTY,
  type TextArm,
  textArmIds,
} from "./benchmark_arms.ts";
import { learnOnTensors } from "./tensor_arms_test_helpers.ts";
import { standardiseColumns, whitenDifferences } from "../../lib/datasets/semantic_features.ts";

/** Five texts with as many independent features as a law has degrees of freedom. */
const TEXTS = 5, DIMENSIONS = 4;
const features = Rng.seed(3).normals(TEXTS * DIMENSIONS);
const random = (name: string) => logSoftmaxRows(Rng.seed(4).fork(name).normals(TEXTS).map((v) => v / 2), TEXTS);
const start = random("start"), target = random("target");
/** Every pair of two texts. */
const every = {
  first: Uint32Array.from({ length: TEXTS * TEXTS }, (_, i) => Math.floor(i / TEXTS)),
  second: Uint32Array.from({ length: TEXTS * TEXTS }, (_, i) => i % TEXTS),
};

/** One law over them, with an exact reward model: R = γ log π*. */
const sample: Comparisons = {
  space: { logStart: start, features, responses: TEXTS },
  labelled: every,
  fresh: every,
  reward: () => target.map((l) => GAMMA * l),
};

/** The law an arm learns. */
function learned(arm: TextArm): Float64Array {
  const { theta } = learnFromComparisons([sample], { arm, seeds: [0], steps: 400, learningRate: 0.05 });
  return lawAt(sample.space, theta[0]);
}

// Adam ends within some 1e-3 of the optimum (its last step size is 5e-3); log-probs then agree to a few 1e-3.
const close = (law: Float64Array, expected: Float64Array, what: string) =>
  law.forEach((l, x) => assert.ok(Math.abs(l - expected[x]) < 0.02, `${what}, text ${x}: ${l} for ${expected[x]}`));

Deno.test("with an exact reward model distillation and reverse KL learn π*, REBEL and RLHF π0 π*", () => {
  const product = logSoftmaxRows(start.map((l, x) => l + target[x]), TEXTS);
  assert.ok(product.some((l, x) => Math.abs(l - target[x]) > 0.1)); // else the test could not tell them apart
  for (const arm of ["distill-labelled", "distill-fresh", "reverse-kl"] as const) {
    close(learned(arm), target, arm);
  }
  for (const arm of ["rebel", "rlhf-fixed"] as const) close(learned(arm), product, arm);
});

Deno.test("the reward model is where the gradient of the penalised Bradley-Terry loss vanishes", async () => {
  await startBackend("cpu");
  const rng = Rng.seed(5), n = 40;
  const pairs = {
    first: Uint32Array.from({ length: n }, () => rng.integer(TEXTS)),
    second: Uint32Array.from({ length: n }, () => rng.integer(TEXTS)),
  };
  const all = fitReward(pairs, features, DIMENSIONS, 3), coefficients = all.subarray(0, 3);
  assert.deepEqual([all.length, all[3]], [DIMENSIONS, 0]);
  const rows = (index: Uint32Array) =>
    tf.tensor2d(Array.from(index, (x) => [...features.subarray(x * DIMENSIONS, x * DIMENSIONS + 3)]));
  const first = rows(pairs.first), second = rows(pairs.second);
  const slope = tf.grad((w) => {
    const of = (texts: typeof first) => tf.reshape(tf.matMul(texts, tf.reshape(w, [3, 1])), [n]);
    const likelihood = tf.sum(bradleyTerry({ chosen: of(first), rejected: of(second) }));
    return tf.add(likelihood, tf.mul(tf.sum(tf.square(w)), REWARD_PENALTY / 2));
  })(tf.tensor1d(Array.from(coefficients)));
  // Sums of 40 float32 terms of size 1: rounding below 40 * 2^-24 * a few.
  for (const g of slope.dataSync()) assert.ok(Math.abs(g) < 2e-5, `${g}`);
});

Deno.test("every arm learns what its loss on tensors learns, over one law and over many", async () => {
  await startBackend("cpu");
  const rng = Rng.seed(7), contexts = 6, texts = 2 * contexts, d = 3;
  const pairs = (context: number) => [2 * context + (context % 2), 2 * context + 1 - (context % 2)] as const;
  const rows = Array.from({ length: contexts }, (_, x) => pairs(x)), values = rng.fork("reward").normals(texts);
  const two = { first: Uint32Array.from(rows, ([a]) => a), second: Uint32Array.from(rows, ([, b]) => b) };
  const logStart = logSoftmaxRows(rng.fork("start").normals(texts), 2);
  const many: Comparisons = {
    space: { logStart, features: rng.fork("features").normals(texts * d), responses: 2 },
    labelled: two,
    fresh: two,
    reward: () => values,
  };
  const some = { first: every.first.slice(3, 12), second: every.second.slice(3, 12) };
  const one = { ...sample, labelled: some, fresh: { first: every.first.slice(9), second: every.second.slice(9) } };
  for (const arm of textArmIds) {
    for (const { name, ...of } of [{ name: "one law", sample: one }, { name: "many laws", sample: many }]) {
      const training = { arm, seeds: [0], steps: 30, learningRate: 0.05 };
      const [float64, tensors] = [learnFromComparisons, learnOnTensors].map((by) => by([of.sample], training));
      // θ moves by 1; float32 leaves 1e-7 of a slope, and Adam's steps hang on slopes alone.
      float64.theta[0].forEach((v, k) => {
        const other = tensors.theta[0][k];
        assert.ok(Math.abs(v - other) < 1e-5, `${arm}, ${name}, feature ${k}: ${v} and ${other}`);
      });
      const [norm, otherNorm] = [float64, tensors].map(({ gradientNorm }) => gradientNorm[0]);
      assert.ok(Math.abs(norm - otherNorm) < 1e-5, `${arm}, ${name}, gradient: ${norm} and ${otherNorm}`);
    }
  }
});

Deno.test("columns get mean 0 and variance 1; differences within pairs become white", () => {
  const n = 60, d = 3, rows = Rng.seed(6).normals(2 * n * d).map((v, i) => v * (1 + i % d) + 5 + (i % 2));
  const standard = standardiseColumns(rows, d), white = whitenDifferences(rows, d);
  for (let j = 0; j < d; j++) {
    let sum = 0, squares = 0;
    for (let i = 0; i < 2 * n; i++) {
      sum += standard[i * d + j];
      squares += standard[i * d + j] ** 2;
    }
    assert.ok(Math.abs(sum) < 1e-10 && Math.abs(squares / (2 * n) - 1) < 1e-12);
    for (let k = 0; k < d; k++) {
      let moment = 0;
      for (let i = 0; i < n; i++) {
        const difference = (c: number) => white[2 * i * d + c] - white[(2 * i + 1) * d + c];
        moment += difference(j) * difference(k) / n;
      }
      assert.ok(Math.abs(moment - (j === k ? 1 : 0)) < 1e-10, `${j} ${k}: ${moment}`);
    }
  }
});

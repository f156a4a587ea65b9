import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, numericGradient, rounded, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { logSoftmax } from "../tensor/ops.ts";
import { checkLaws, exactAlpha, exactJensenShannon, exactKl, k1, k2, k3, reverseKlPenalty } from "./kl.ts";

const logits = { p: [0.25, -1, 1.5, 0.5], q: [1, 0.5, -0.75, -1.25] };
const softmax = (x: ArrayLike<number>) => {
  const e = Array.from(x, Math.exp), total = e.reduce((a, b) => a + b);
  return e.map((v) => v / total);
};
const sum = (x: number[]) => x.reduce((a, b) => a + b, 0);
const kl = (p: number[], q: number[]) => sum(p.map((v, a) => v * Math.log(v / q[a])));
const q = softmax(logits.q), p = softmax(logits.p);
// Log-softmax of logits below 2, a product and a sum of four terms below 3: some 20 roundings of numbers below 3.
const bound = 60 * u;
const law = (x: number[]) => tf.tensor1d(x.map(Math.log));

testOnEveryBackend("exact divergences and their gradients on both sides, against float64", () => {
  const truths: Record<string, [(p: Tensor, q: Tensor) => Tensor, (p: number[], q: number[]) => number]> = {
    KL: [exactKl, kl],
    ...Object.fromEntries([0.1, 0.5, 0.75].map((weight) => [`JS ${weight}`, [
      (p: Tensor, q: Tensor) => exactJensenShannon(p, q, { weight }),
      (p: number[], q: number[]) => {
        const m = p.map((v, a) => weight * v + (1 - weight) * q[a]);
        return weight * kl(p, m) + (1 - weight) * kl(q, m);
      },
    ]])),
    ...Object.fromEntries([-1, 0.5, 2].map((alpha) => [`alpha ${alpha}`, [
      (p: Tensor, q: Tensor) => exactAlpha(p, q, { alpha }),
      (p: number[], q: number[]) =>
        (sum(p.map((v, a) => v ** alpha * q[a] ** (1 - alpha))) - 1) / (alpha * (alpha - 1)),
    ]])),
  };
  for (const [name, [ours, truth]] of Object.entries(truths)) {
    const loss = (x: Tensor, y: Tensor) => ours(logSoftmax(x), logSoftmax(y));
    const [x, y] = [tf.tensor1d(logits.p), tf.tensor1d(logits.q)];
    assertClose(loss(x, y).dataSync(), [truth(p, q)], 4 * bound, name);
    const slopes = tf.grads(loss)([x, y]);
    const numeric = [
      numericGradient((x) => truth(softmax(x), q), logits.p),
      numericGradient((y) => truth(p, softmax(y)), logits.q),
    ];
    slopes.forEach((slope, side) => assertClose(slope.dataSync(), numeric[side], 8 * bound, `${name}, side ${side}`));
    const symmetric = name === "JS 0.5" || name === "alpha 0.5";
    assert.equal(
      Math.abs(truth(p, q) - truth(q, p)) > 40 * bound,
      !symmetric,
      `${name}: the example tells the sides apart`,
    );
  }
});

testOnEveryBackend("forward and reverse are told apart, laws by row", () => {
  const [a, b] = [[0.5, 0.5], [0.9, 0.1]];
  const both = exactKl(tf.tensor2d([a, b]).log(), tf.tensor2d([b, a]).log()).dataSync();
  // Computed by hand: 0.5 ln(0.25/0.09) and 0.9 ln 1.8 + 0.1 ln 0.2.
  assertClose(both, [0.5 * Math.log(0.25 / 0.09), 0.9 * Math.log(1.8) + 0.1 * Math.log(0.2)], bound, "KL");
});

testOnEveryBackend("Jensen-Shannon has no jump at the ends of its weight, and is the KL to first order there", () => {
  const at = (weight: number) => exactJensenShannon(law(p), law(q), { weight }).dataSync()[0];
  // JS_w = w KL(p‖q) (1 + O(w)), and from the other end (1 − w) KL(q‖p).
  for (const w of [1e-2, 1e-3]) {
    assertClose([at(w) / w], [kl(p, q)], 6 * w + bound / w, `weight ${w}`);
    assertClose([at(1 - w) / w], [kl(q, p)], 6 * w + bound / w, `weight ${1 - w}`);
  }
  const far = exactJensenShannon(tf.tensor1d([0, -900]), tf.tensor1d([-900, 0]), { weight: 0.25 }).dataSync()[0];
  assertClose(
    [far],
    [-0.25 * Math.log(0.25) - 0.75 * Math.log(0.75)],
    bound,
    "disjoint laws: the entropy of the weight",
  );
});

testOnEveryBackend("the α-divergence tends to the KLs at its ends", () => {
  const at = (alpha: number) => exactAlpha(law(p), law(q), { alpha }).dataSync()[0];
  // Distance to the limit O(1 − α) with a third moment below 8 as its constant; cancellation leaves 10u/(1 − α).
  for (const near of [0.05, 0.02]) {
    assertClose([at(1 - near)], [kl(p, q)], 8 * near + bound / near, `${1 - near}`);
    assertClose([at(near)], [kl(q, p)], 8 * near + bound / near, `${near}`);
  }
});

/** E_{y~π}[f] and the expectation of its gradient in the logits, over all four outcomes. */
function expectation(f: (policy: Tensor, reference: Tensor) => Tensor) {
  const reference = law(q), weights = tf.tensor1d(p), theta = tf.tensor1d(logits.p);
  const expected = (theta: Tensor) => tf.sum(tf.mul(f(logSoftmax(theta), reference), weights));
  return { value: expected(theta).dataSync()[0], gradient: tf.grad(expected as never)(theta).dataSync() };
}

testOnEveryBackend("estimators of the reverse KL: which value is right, and whose gradient each has", () => {
  const reverse = kl(p, q),
    gradients = {
      none: [0, 0, 0, 0],
      reverse: numericGradient((x) => kl(softmax(x), q), logits.p),
      forward: numericGradient((x) => kl(q, softmax(x)), logits.p),
    };
  const apart = gradients.reverse.map((g, i) => Math.abs(g - gradients.forward[i]));
  assert.ok(Math.max(...apart) > 0.1, "the example tells them apart");
  const ratio = (p: Tensor, q: Tensor) => tf.sub(p, q);
  const estimators = {
    k1: { f: (p: Tensor, q: Tensor) => k1(ratio(p, q)), unbiased: true, gradient: gradients.none },
    k2: { f: (p: Tensor, q: Tensor) => k2(ratio(p, q)), unbiased: false, gradient: gradients.reverse },
    k3: { f: (p: Tensor, q: Tensor) => k3(ratio(p, q)), unbiased: true, gradient: gradients.forward },
    penalty: {
      f: (policy: Tensor, reference: Tensor) => reverseKlPenalty({ policy, reference }, {}),
      unbiased: true,
      gradient: gradients.reverse,
    },
    "penalty with baseline": {
      f: (policy: Tensor, reference: Tensor) => reverseKlPenalty({ policy, reference }, { baseline: 3 }),
      unbiased: true,
      gradient: gradients.reverse,
    },
  };
  for (const [name, { f, unbiased, gradient }] of Object.entries(estimators)) {
    const found = expectation(f);
    if (unbiased) assertClose([found.value], [reverse], 4 * bound, `${name}: value`);
    else assert.ok(Math.abs(found.value - reverse) > 0.05, `${name}: biased value, ${found.value} for ${reverse}`);
    assertClose(found.gradient, gradient, 8 * bound, `${name}: gradient`);
  }
});

testOnEveryBackend("k3 keeps its digits near 0 and is finite to 88 nats", () => {
  const at = rounded([-88, -20, -1, -1e-4, 0, 1e-8, 1e-4, 1, 20, 900]);
  const truth = at.map((x) => Math.abs(x) < 1e-3 ? x * x / 2 - x ** 3 / 6 : Math.expm1(-x) + x);
  const x = tf.tensor1d([...at]);
  assertClose(k3(x).dataSync(), truth, (v) => 1e-6 * Math.abs(v), "values"); // the series' next term: x²/12
  assertClose(
    tf.grad((x) => tf.sum(k3(x as Tensor)))(x).dataSync(),
    at.map((x) => -Math.expm1(-x)),
    (v) => 2 * u * Math.abs(v),
    "slopes",
  );
});

Deno.test("raw logits in place of log-probs, shapes and infinities are refused", async () => {
  await startBackend("cpu");
  const proper = law(p), raw = tf.tensor1d([0, 0, 0, 0]);
  const message = "q: the probabilities of law 0 sum to 4: expected log-probs, normalised over the last axis";
  for (const call of [exactKl, (p: Tensor, q: Tensor) => exactAlpha(p, q, { alpha: 2 })]) {
    assert.throws(() => call(proper, raw), { name: "RangeError", message });
  }
  assert.throws(() => exactJensenShannon(proper, raw, { weight: 0.5 }), { name: "RangeError", message });
  assert.throws(() => checkLaws({ p: tf.scalar(0) }), {
    name: "TypeError",
    message: "p: expected shape [..., A], got []",
  });
  assert.throws(() => exactKl(tf.tensor1d([0, -Infinity]), tf.tensor1d([0, -1])), {
    name: "RangeError",
    message: "p[1] is -Infinity: expected a finite number",
  });
  assert.throws(() => k3(tf.tensor1d([0, -120])), {
    name: "RangeError",
    message: "logRatio[1]: k3 overflows float32, at a log of 120",
  });
  assert.ok([...k3(tf.tensor1d([-88, 800])).dataSync()].every(Number.isFinite));
  assert.throws(() => k3(tf.tensor1d([NaN])), {
    name: "RangeError",
    message: "logRatio[0] is NaN: expected a finite number",
  });
});

import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { cpo, plain } from "../losses/causal.ts";
import { logLinear, type Policy } from "../policies/loglinear.ts";
import { assertClose, testOnEveryBackend, testOnEveryProcessorBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { takeAlongLast } from "../tensor/ops.ts";
import { Rng } from "../random.ts";
import { fit, type FitOptions } from "./fit.ts";

const [X, D, N] = [23, 5, 30];

/** What one seed trains on: everything comes from the seed alone. */
function data(seed: number) {
  const rng = Rng.seed(seed);
  return {
    features: rng.fork("features").normals(X * D),
    text: rng.fork("texts").categorical(new Float64Array(X).fill(1), N),
    outcome: rng.fork("outcomes").normals(N),
    truth: rng.fork("truth").normals(X),
  };
}

const flat = (arrays: ArrayLike<number>[]) => Float64Array.from(arrays.flatMap((a) => Array.from(a)));
const KL_WEIGHT = 0.3;

/**
 * CPO with a KL penalty on its own pool for each seed, as experiments train; `shared` gives every seed the pool of the first.
 *
 * @returns final parameters, loss and gradient norm, each `[R, ...]` flattened
 */
function train(seeds: number[], { steps = 40, shared = false } = {}) {
  const sets = seeds.map(data), R = seeds.length;
  const policy = logLinear({
    features: shared ? data(0).features : flat(sets.map((s) => s.features)),
    replicates: R,
    texts: X,
    dimensions: D,
    base: new Float64Array(X),
  });
  const index = Uint32Array.from(flat(sets.map((s) => s.text)));
  const outcome = tf.tensor2d(Float32Array.from(flat(sets.map((s) => s.outcome))), [R, N]);
  const uniform = tf.scalar(-Math.log(X));
  const loss = () => {
    const logpF = policy.logProb();
    const losses = cpo({ logpF: takeAlongLast(logpF, index, N), logpR: uniform, outcome }, plain);
    const kl = tf.sum(tf.mul(tf.exp(logpF), tf.sub(logpF, uniform)), -1);
    return tf.add(tf.mean(losses, -1), tf.mul(kl, KL_WEIGHT)) as Tensor;
  };
  const end = fit({ parameters: policy.parameters, loss, steps, learningRate: 0.05, arm: "cpo", seeds });
  const theta = policy.parameters[0].dataSync<"float32">().slice();
  policy.dispose();
  tf.dispose([outcome, uniform]);
  return { theta, ...end };
}

for (const shared of [false, true]) {
  (shared ? testOnEveryProcessorBackend : testOnEveryBackend)(
    `a seed among others ends as it does alone, to the bit, ${shared ? "pool shared" : "a pool each"}`,
    () => {
      const seeds = [5, 6, 7, 8, 9], together = train(seeds, { shared });
      seeds.forEach((seed, r) => {
        const alone = train([seed], { shared });
        assert.deepEqual(together.theta.slice(r * D, (r + 1) * D), alone.theta, `seed ${seed}: parameters`);
        assert.equal(together.loss[r], alone.loss[0], `seed ${seed}: loss`);
        assert.equal(together.gradientNorm[r], alone.gradientNorm[0], `seed ${seed}: gradient`);
      });
      assert.notDeepEqual(together.theta.slice(0, D), together.theta.slice(D, 2 * D));
    },
  );
}

testOnEveryBackend("the same bytes twice, whatever ran between", () => {
  const first = train([1, 2]);
  train([3], { steps: 7 });
  assert.deepEqual(train([1, 2]), first);
});

testOnEveryProcessorBackend("a convex problem ends at its known optimum, with the measures that belong to it", () => {
  // V(f) − λ KL(f ‖ f0) over all laws on X texts (one-hot features) has its maximum λ log Σ f0 exp(g/λ) at f ∝ f0 exp(g/λ).
  const [R, texts, LAMBDA] = [2, 6, 1], truth = Rng.seed(3).normals(R * texts), logStart = -Math.log(texts);
  const policy: Policy = logLinear({
    features: Float64Array.from({ length: texts * texts }, (_, i) => Number(i % texts === Math.floor(i / texts))),
    replicates: R,
    texts,
    dimensions: texts,
    base: new Float64Array(texts),
  });
  const g = tf.tensor2d(Float32Array.from(truth), [R, texts]);
  const loss = () => {
    const logp = policy.logProb();
    const objective = tf.sub(g, tf.mul(tf.sub(logp, logStart), LAMBDA));
    return tf.neg(tf.sum(tf.mul(tf.exp(logp), objective), -1)) as Tensor;
  };
  const end = fit({
    parameters: policy.parameters,
    loss,
    steps: 600,
    learningRate: 0.05,
    arm: "convex",
    seeds: [0, 1],
  });
  const logp = policy.logProb().dataSync();
  for (let r = 0; r < R; r++) {
    const tilted = Array.from({ length: texts }, (_, x) => Math.exp(truth[r * texts + x] / LAMBDA) / texts);
    const total = tilted.reduce((a, b) => a + b, 0), law = tilted.map((t) => t / total);
    // With δ = log f − log f*, the gap is λ KL(f ‖ f*), about λ/2·Var_f δ, and the gradient λ f_k (δ_k − mean): so the gap is
    // at most norm²/(2λ min f), doubled here for the higher orders. Pinsker: no probability is off by more than √(KL/2).
    const norm = end.gradientNorm[r], gap = norm ** 2 / (LAMBDA * Math.min(...law)) + 20 * u;
    assert.ok(norm < 1e-3 && gap < 1e-3, `gradient norm ${norm}, gap up to ${gap}`);
    assertClose([end.loss[r]], [-LAMBDA * Math.log(total)], gap, "value");
    assertClose(logp.slice(r * texts, (r + 1) * texts).map(Math.exp), law, Math.sqrt(gap / LAMBDA / 2), "law");
  }
  policy.dispose();
});

testOnEveryBackend("zero steps measure and change nothing", () => {
  const x = tf.variable(tf.tensor2d([[3, 4], [0, -2]]));
  const loss = () => tf.sum(tf.mul(x, x), -1) as Tensor;
  const end = fit({ parameters: [x], loss, steps: 0, learningRate: 0.1, arm: "none", seeds: [0, 1] });
  assert.deepEqual(end, { loss: Float64Array.of(25, 4), gradientNorm: Float64Array.of(10, 4) });
  assert.deepEqual([...x.dataSync()], [3, 4, 0, -2]);
  x.dispose();
});

testOnEveryBackend("the gradient norm runs over all parameters of a replicate", () => {
  const a = tf.variable(tf.tensor2d([[3], [1]])), b = tf.variable(tf.tensor2d([[4, 0], [2, 2]]));
  const loss = () => tf.mul(tf.add(tf.sum(tf.mul(a, a), -1), tf.sum(tf.mul(b, b), -1)), 0.5) as Tensor;
  const end = fit({ parameters: [a, b], loss, steps: 0, learningRate: 0.1, arm: "none", seeds: [0, 1] });
  assertClose(end.gradientNorm, [5, 3], 1e-6, "norm");
  tf.dispose([a, b]);
});

/** Trains x towards 0 and lets `spoil` change the loss of step 3. */
function spoiled(
  x: ReturnType<typeof tf.variable>,
  spoil: (loss: Tensor) => Tensor,
): { options: FitOptions; seen: number[][] } {
  const seen: number[][] = [];
  const loss = () => {
    seen.push([...x.dataSync()]);
    const parabola = tf.sum(tf.mul(x, x), -1) as Tensor;
    return seen.length === 4 ? spoil(parabola) : parabola;
  };
  return { options: { parameters: [x], loss, steps: 10, learningRate: 0.1, arm: "dr-cpo", seeds: [40, 41, 42] }, seen };
}

testOnEveryBackend(
  "a loss or gradient that is not finite stops the run there, named, with the parameters as they were",
  () => {
    const of = (second: number) => tf.tensor1d([1, second, 1]);
    const cases: Record<string, (loss: Tensor) => Tensor> = {
      "loss is NaN": (loss) => tf.mul(loss, of(NaN)),
      "loss is Infinity": (loss) => tf.div(loss, of(0)),
      // Of a loss that stays finite: times 2x, and x is near −1 there.
      "gradient is -Infinity": (loss) =>
        tf.customGrad((value) => ({
          value: tf.mul(value as Tensor, 1),
          gradFunc: (dy: Tensor) => tf.mul(dy, of(Infinity)),
        }))(loss),
    };
    for (const [what, spoil] of Object.entries(cases)) {
      const tensors = tf.memory().numTensors;
      const x = tf.variable(tf.tensor2d([[1, 2], [-1, 3], [2, 2]]));
      const { options, seen } = spoiled(x, spoil);
      assert.throws(() => fit(options), {
        name: "UserError",
        message: `training stopped: ${what} (arm dr-cpo, seed 41, step 3)`,
      });
      assert.equal(seen.length, 4);
      assert.deepEqual([...x.dataSync()], seen[3], what);
      x.dispose();
      assert.equal(tf.memory().numTensors, tensors + 1, `${what}: tensors of the stopped step`); // tensor2d, freed with the test
    }
  },
);

Deno.test("what a loss refuses at the first step is the caller's, later it is what training made", async () => {
  await startBackend("cpu");
  const run = (logpR: number, steps: number) => () => {
    const x = tf.variable(tf.tensor2d([[-150]]));
    const loss = () => tf.mean(cpo({ logpF: x, logpR: tf.scalar(logpR), outcome: tf.scalar(1) }, plain), -1) as Tensor;
    try {
      fit({ parameters: [x], loss, steps, learningRate: 50, arm: "cpo", seeds: [3] });
    } finally {
      x.dispose();
    }
  };
  run(-100, 0)();
  assert.throws(run(-250, 0), { name: "RangeError", message: /^logpF\[0\]: the weight overflows, its log is 100 / });
  assert.throws(run(-190, 5), {
    name: "UserError",
    message: /^training stopped: logpF\[0\]: the weight overflows, its log is \d+.* \(arm cpo, step [1-5]\)$/,
  });
});

Deno.test("300 steps hold as many tensors at the end as after the first, and none when done", async () => {
  await startBackend("cpu");
  const before = tf.memory().numTensors;
  const counts: number[] = [];
  const x = tf.tidy(() => tf.variable(tf.tensor2d([[3], [-2]])));
  const target = tf.tensor1d([1, 2]);
  const loss = () => {
    counts.push(tf.memory().numTensors);
    const away = tf.sub(tf.reshape(x, [2]), target);
    return tf.mul(away, away) as Tensor;
  };
  fit({ parameters: [x], loss, steps: 300, learningRate: 0.01, arm: "leak", seeds: [0, 1] });
  assert.equal(counts.length, 301);
  assert.deepEqual(new Set(counts.slice(1)).size, 1, `from ${counts[1]} to ${counts[300]} tensors`);
  tf.dispose([x, target]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("mistakes are named", async () => {
  await startBackend("cpu");
  const x = tf.variable(tf.zeros([2, 1]));
  const good = { parameters: [x], learningRate: 0.1, arm: "a", seeds: [0, 1] };
  const table = () => tf.mul(x, x) as Tensor;
  for (const steps of [-1, 2.5, NaN]) {
    assert.throws(() => fit({ ...good, loss: table, steps }), {
      name: "RangeError",
      message: `steps must be an integer >= 0, got ${steps}`,
    });
  }
  assert.throws(() => fit({ ...good, loss: table, steps: 1 }), {
    name: "TypeError",
    message: "loss: expected one value for each of 2 seeds, got shape [2,1]",
  });
  assert.throws(() => fit({ ...good, loss: () => tf.sum(tf.mul(x, x)) as Tensor, steps: 1 }), {
    name: "TypeError",
    message: "loss: expected one value for each of 2 seeds, got shape []",
  });
  x.dispose();
});

/** The exact estimates are the losses of the library with the sign turned: values and slopes, arm by arm. */
import assert from "node:assert/strict";
import { cpo, drCpo, outcomeOnly, plain, releasedCausalLoss } from "../../lib/losses/causal.ts";
import { bradleyTerry } from "../../lib/losses/reward.ts";
import { startBackend, type Tensor, tf } from "../../lib/tensor/backend.ts";
import { takeAlongLast } from "../../lib/tensor/ops.ts";
import { Rng } from "../../lib/random.ts";
import { syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { batchNormalisedMean, meanOf, meanOverBatches, normalisedMean, type Rows } from "./exact.ts";
import { type LearnerId, learners, rewardOfPairs } from "./learners.ts";
import { type Sample, sampleFrom } from "./learning.ts";

await startBackend("cpu");

const TEXTS = 24;

function sample(): Sample {
  const rng = Rng.seed(5), world = syntheticWorld({ texts: TEXTS, confounding: 1, overlap: 0.5 }, rng.fork("world"));
  return sampleFrom(world, { n: 60, generated: 90 }, () => rng.fork("outside").normals(TEXTS), rng.fork("log"));
}

/** A law away from f0, as log `[X]`. */
function someLaw(rng: Rng): Float64Array {
  const logits = rng.normals(TEXTS), total = Math.log(logits.reduce((sum, l) => sum + Math.exp(l), 0));
  return logits.map((l) => l - total);
}

const normalised = { ratio: { kind: "self-normalised" } } as const;

/** Minus the estimate, by the losses of the library. */
function losses(s: Sample, logF: Tensor): Record<string, () => Tensor> {
  const n = s.log.text.length, m = s.generated.length;
  const at = (texts: Uint32Array, values: Float64Array) => tf.tensor2d([Array.from(texts, (x) => values[x])]);
  const row = (values: Float64Array) => tf.tensor2d([Array.from(values)]);
  const logged = {
    logpF: takeAlongLast(logF, s.log.text, n),
    logpR: at(s.log.text, s.world.logAssignment),
    outcome: row(s.log.outcome),
  };
  const generated = (prediction: Float64Array) => ({
    logpF: takeAlongLast(logF, s.generated, m),
    logpF0: at(s.generated, s.world.logStart),
    prediction: at(s.generated, prediction),
  });
  const dr = (logs: Tensor, pool: Float64Array, options: typeof plain) => {
    const { correction, outcome } = drCpo({ ...logged, prediction: logs }, generated(pool), options);
    return tf.add(tf.mean(correction), tf.mean(outcome)) as Tensor;
  };
  const mean = tf.mean(logged.outcome) as Tensor;
  return {
    "naive": () => tf.mean(cpo({ ...logged, logpR: at(s.log.text, s.world.logStart) }, plain)),
    "outcome-only": () => tf.mean(outcomeOnly(generated(s.outside), plain)),
    "outcome-only-normalised": () => tf.mean(outcomeOnly(generated(s.outside), normalised)),
    "cpo": () => tf.mean(cpo(logged, plain)),
    "cpo-baseline": () => tf.mean(cpo(logged, { ...plain, baseline: mean })),
    "snipw": () => tf.mean(cpo(logged, normalised)),
    "clipped": () => tf.mean(cpo(logged, { ratio: { kind: "stabilised", low: 0.8, high: 1.2 } })),
    "dr-cpo": () => dr(at(s.log.text, s.outside), s.outside, plain),
    "sndr-cpo": () => dr(at(s.log.text, s.outside), s.outside, normalised),
    "dr-cpo-cross-fitted": () => dr(row(s.crossFitted.logged), s.crossFitted.pool, plain),
    "oracle": () => tf.neg(tf.sum(tf.mul(tf.exp(logF), row(s.world.outcome)))),
  };
}

/** Values and slopes of an exact estimate. */
function exactly(s: Sample, arm: LearnerId, logF: Float64Array) {
  const learner = learners[arm](s, Rng.seed(1)), slope = new Float64Array(TEXTS);
  assert.ok(learner.kind === "trained");
  return { value: learner.estimate(logF.map(Math.exp), logF, slope, 0), slope };
}

function close(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, label: string) {
  assert.equal(a.length, b.length);
  for (let i = 0; i < a.length; i++) {
    assert.ok(Math.abs(a[i] - b[i]) <= tolerance, `${label}[${i}]: ${a[i]} for ${b[i]}`);
  }
}

Deno.test("every arm's estimate and slope are minus those of the library's loss", async (t) => {
  const s = sample(), logF = someLaw(Rng.seed(6));
  for (const arm of Object.keys(losses(s, tf.tensor2d([Array.from(logF)]))) as LearnerId[]) {
    await t.step(arm, () => {
      const exact = exactly(s, arm, logF);
      const { value, grad } = tf.valueAndGrad((law: Tensor) => losses(s, law)[arm]())(
        tf.tensor2d([Array.from(logF)]),
      ) as { value: Tensor; grad: Tensor };
      close([-value.dataSync()[0]], [exact.value], 2e-6, "value");
      close(Array.from(grad.dataSync(), (g) => -g), exact.slope, 2e-6, "slope");
    });
  }
});

Deno.test("arms that are no estimate of V are told apart by name", () => {
  const others = Object.keys(learners).filter((arm) => !(arm in losses(sample(), tf.zeros([1, TEXTS]))));
  assert.deepEqual(others.toSorted(), ["released", "reward-model", "robust-dr-cpo", "sft-best"]);
});

/** All pairs of n rows, each once. */
const pairsOf = (n: number) =>
  Array.from({ length: n }, (_, a) => Array.from({ length: a }, (_, b) => Uint32Array.of(a, b))).flat();

function rowsOf(n: number, logLaw: Float64Array): Rows {
  return { text: Uint32Array.from({ length: n }, (_, i) => i), logLaw, advantage: Rng.seed(3).normals(n) };
}

Deno.test("a batch of the released form is the released loss, summed over the batch", () => {
  const logF = someLaw(Rng.seed(8)), rows = rowsOf(TEXTS, someLaw(Rng.seed(9))), order = Rng.seed(2).permutation(TEXTS);
  const value = meanOverBatches(rows, 4, [order])(logF.map(Math.exp), logF, new Float64Array(TEXTS), 0);
  let expected = 0;
  for (let k = 0; k < TEXTS; k += 4) {
    const at = (v: Float64Array) => tf.tensor1d(Array.from(order.subarray(k, k + 4), (i) => v[i]));
    const logged = {
      logpF: at(logF),
      logpR: at(rows.logLaw),
      outcome: at(rows.advantage),
      prediction: tf.tensor1d([0, 0, 0, 0]),
    };
    const options = { ipwWeight: 1, outcomeWeight: 1, higherIsBetter: true };
    expected -= tf.sum(releasedCausalLoss(logged, undefined, options)).dataSync()[0] / 6;
  }
  close([value], [expected], 1e-6, "value");
});

Deno.test("drawn batches are fresh at each step, hold no row twice, and are all rows where there are fewer", () => {
  const n = 3, f = new Float64Array(n).fill(1 / n), logF = f.map(Math.log), rows = rowsOf(n, logF);
  const slopeOf = (batch: number, step: number) => {
    const slope = new Float64Array(n);
    batchNormalisedMean(rows, batch, 1, Rng.seed(1))(f, logF, slope, step);
    return slope;
  };
  const whole = new Float64Array(n);
  meanOverBatches(rows, n, [rows.text])(f, logF, whole, 0);
  close(slopeOf(4, 0), whole, 1e-15, "fewer rows than a batch");
  for (let step = 0; step < 20; step++) assert.equal(slopeOf(2, step).filter((v) => v !== 0).length, 2);
  assert.ok(new Set(Array.from({ length: 20 }, (_, step) => slopeOf(2, step).join())).size > 1);
  assert.deepEqual(slopeOf(2, 7), slopeOf(2, 7));
});

Deno.test("normalised within batches, a row alone teaches nothing, and pairs teach half of what all rows do", () => {
  const n = 6, f = new Float64Array(n).fill(1 / n), logF = f.map(Math.log), rows = rowsOf(n, logF); // weights of one
  const slopeOf = (batch: number, orders: Uint32Array[]) => {
    const slope = new Float64Array(n);
    meanOverBatches(rows, batch, orders)(f, logF, slope, 0);
    return slope;
  };
  const all = slopeOf(n, [rows.text]), pairs = slopeOf(2, pairsOf(n));
  close(slopeOf(1, [rows.text]), new Float64Array(n), 0, "batches of one");
  // The mean of a batch's own mean is taken off: 1 − 1/B of the slope is left, over 1 − 1/n for all rows.
  close(pairs, all.map((v) => v * (1 / 2) / (1 - 1 / n)), 1e-15, "pairs");
  assert.ok(Math.hypot(...all) > 0.1);
});

Deno.test("the reward model is where the slope of its loss and ridge ends", () => {
  const s = sample(), w = rewardOfPairs(s, Rng.seed(4)), rng = Rng.seed(4), n = s.log.text.length, d = w.length;
  const rewards = tf.tensor2d(Float32Array.from(s.world.modelFeatures), [TEXTS, d]);
  const sides = Array.from({ length: n }, () => {
    const a = rng.integer(n), b = (a + 1 + rng.integer(n - 1)) % n;
    return s.log.outcome[a] >= s.log.outcome[b] ? [a, b] : [b, a];
  });
  const text = (k: number) => tf.tensor1d(sides.map((pair) => s.log.text[pair[k]]), "int32");
  const margin = tf.tensor1d(sides.map(([a, b]) => s.log.outcome[a] - s.log.outcome[b]));
  const slope = tf.grad((weights: Tensor) => {
    const r = tf.reshape(tf.matMul(rewards, tf.reshape(weights, [d, 1])), [TEXTS]) as Tensor;
    const chosen = tf.gather(r, text(0)) as Tensor, rejected = tf.gather(r, text(1)) as Tensor;
    return tf.add(tf.mean(bradleyTerry({ chosen, rejected }, { margin })), tf.mul(tf.sum(tf.square(weights)), 5e-4));
  })(tf.tensor1d(Array.from(w)));
  close(slope.dataSync(), new Float64Array(d), 1e-6, "slope");
  assert.ok(Math.hypot(...w) > 0.1);
});

Deno.test("rows gather by text: Σ f u is the mean of w A", () => {
  const s = sample(), rows = { text: s.log.text, logLaw: s.logPropensity, advantage: s.log.outcome };
  const logF = someLaw(Rng.seed(7)), u = meanOf(rows, TEXTS);
  const direct = s.log.text.reduce((sum, x, i) => sum + Math.exp(logF[x] - s.logPropensity[i]) * s.log.outcome[i], 0);
  close([logF.reduce((sum, l, x) => sum + Math.exp(l) * u[x], 0)], [direct / s.log.text.length], 1e-12, "mean");
});

Deno.test("normalised weights survive a policy that left every text of the sample", () => {
  const n = 4, text = Uint32Array.of(0, 1, 2), logF = Float64Array.of(-900, -901, -902, 0), f = logF.map(Math.exp);
  const rows: Rows = { text, logLaw: new Float64Array(3).fill(-Math.log(n)), advantage: Float64Array.of(1, 2, 4) };
  const w = [0, -1, -2].map(Math.exp), sum = w[0] + w[1] + w[2], value = (w[0] + 2 * w[1] + 4 * w[2]) / sum;
  const expected = Float64Array.of(...[1, 2, 4].map((a, i) => w[i] * (a - value) / sum), 0);
  for (const estimate of [normalisedMean(rows, n), meanOverBatches(rows, 3, [Uint32Array.of(2, 0, 1)])]) {
    const slope = new Float64Array(n);
    close([estimate(f, logF, slope, 0)], [value], 1e-12, "value");
    close(slope, expected, 1e-12, "slope");
  }
});

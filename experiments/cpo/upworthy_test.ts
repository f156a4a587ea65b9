import assert from "node:assert/strict";
import { lawAt } from "../../lib/exact/laws.ts";
import { Rng } from "../../lib/random.ts";
import { startBackend, tf } from "../../lib/tensor/backend.ts";
import { learn, withTrainer } from "../../lib/training/loglinear.ts";
import { learnOn, policiesOn, type Tests } from "./upworthy.ts";

const D = 4, WIDTH = 5, rng = Rng.seed(1);
/** Tests of two to five packages. */
const sizes = [2, 5, 3, 4, 2, 3], slots = sizes.length * WIDTH;
const shown = Float64Array.from(
  { length: slots },
  (_, slot) => slot % WIDTH < sizes[Math.floor(slot / WIDTH)] ? 10 : 0,
);
const random = (name: string, width: number) =>
  rng.fork(name).normals(slots * width).map((v, at) => shown[Math.floor(at / width)] > 0 ? v : 0);
const tests: Tests = {
  count: sizes.length,
  width: WIDTH,
  features: random("features", D),
  impressions: shown,
  clicks: new Float64Array(slots),
};
const worth = random("worth", 1).map((v) => v / sizes.length);
const theta = learnOn(tests, worth, { arm: "dr", seed: 0, klWeight: 0.1, learningRate: 0.05 });

Deno.test("no policy chooses an empty slot", () => {
  for (const at of [new Float64Array(D), theta]) {
    const law = lawAt(policiesOn(tests), at).map(Math.exp);
    sizes.forEach((size, test) => {
      const own = law.subarray(test * WIDTH, (test + 1) * WIDTH);
      assert.ok(Math.abs(own.reduce((a, b) => a + b) - 1) < 1e-12);
      assert.deepEqual([...own.subarray(size)], Array(WIDTH - size).fill(0));
    });
  }
});

Deno.test("headlines are learned as by a loss on tensors, where empty slots have no log-prob at all", async () => {
  await startBackend("cpu");
  const { theta: [other] } = withTrainer({
    ...{ arm: "dr", seeds: [0], samples: [worth], groupSize: WIDTH, features: tests.features, dimensions: D },
    start: () => shown.map((impressions) => impressions > 0 ? 0 : -Infinity),
    phases: [{ steps: 60, learningRate: 0.05 }],
  }, (trainer) =>
    learn(trainer, (logp) => {
      const p = tf.exp(logp),
        filled = trainer.data.table("filled", () => shown.map((n) => n > 0 ? 1 / sizes.length : 0));
      const kl = tf.sum(tf.mul(tf.mul(p, filled), tf.mul(logp, tf.step(filled))), -1);
      const earned = tf.sum(tf.mul(p, trainer.data.table("worth", (values) => values)), -1);
      return tf.add(tf.neg(earned), tf.mul(kl, 0.1));
    }));
  theta.forEach((v, k) => assert.ok(Math.abs(v - other[k]) < 1e-5, `feature ${k}: ${v} and ${other[k]}`));
  assert.ok(theta.some((v) => Math.abs(v) > 0.5)); // it moved
});

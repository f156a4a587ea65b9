/**
 * What holds between engines, as the README has it: where a training on tensors ends, on every engine of the processor that
 * is here, against the reference engine and against float64.
 */
import assert from "node:assert/strict";
import { logSoftmaxRows } from "../lib/exact/log_space.ts";
import { Rng } from "../lib/random.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { testedBackends } from "../lib/tensor/backends_test_helpers.ts";
import { type Comparisons, GAMMA, learnFromComparisons, textArmIds } from "./distribution/benchmark_arms.ts";
import { learnOnTensors } from "./distribution/tensor_arms_test_helpers.ts";

/**
 * By how much θ may differ. Each step of Adam rounds logits and gradients below 10 by 6e-8 of them and passes on what
 * earlier ones have: 300 · 6e-7 if nothing grows.
 */
const TOLERANCE = 2e-4;

/** A law over some texts with more pairs than features, so that no policy collapses. */
function sampleOf(rng: Rng): Comparisons {
  const texts = 40,
    d = 6,
    n = 200,
    pick = (name: string) => {
      const stream = rng.fork(name);
      return Uint32Array.from({ length: n }, () => stream.integer(texts));
    };
  const values = rng.fork("reward").normals(texts);
  return {
    space: {
      logStart: logSoftmaxRows(rng.fork("start").normals(texts), texts),
      features: rng.fork("features").normals(texts * d),
      responses: texts,
    },
    labelled: { first: pick("first"), second: pick("second") },
    fresh: { first: pick("one"), second: pick("other") },
    reward: () => values.map((value) => GAMMA * value),
  };
}

const reference = "cpu", others = testedBackends.filter((name) => name !== "webgpu" && name !== reference);
const samples = [0, 1, 2].map((seed) => sampleOf(Rng.seed(seed)));

/** θ of every loss, every replicate. */
async function learnedOn(engine: string): Promise<Float64Array[]> {
  assert.equal(await startBackend(engine), engine);
  return textArmIds.flatMap((arm) => [...learnOnTensors(samples, { ...training, arm }).theta]);
}

const training = { seeds: [0, 1, 2], steps: 300, learningRate: 0.05 };
const float64 = textArmIds.flatMap((arm) => [...learnFromComparisons(samples, { ...training, arm }).theta]);

/** Names losses whose θ are farther apart than they may be. */
function apart(some: readonly Float64Array[], other: readonly Float64Array[]): string[] {
  return some.flatMap((theta, i) => {
    const most = theta.reduce((top, v, k) => Math.max(top, Math.abs(v - other[i][k])), 0);
    return most <= TOLERANCE ? [] : [`${textArmIds[Math.floor(i / samples.length)]}: ${most}`];
  });
}

Deno.test("between engines every loss learns the same policy, which is that of float64", async (t) => {
  const expected = await learnedOn(reference), own: Float64Array[][] = []; // of native and wasm, whose kernels are the same
  assert.deepEqual(apart(expected, float64), []);
  for (const engine of others) {
    await t.step(engine, async () => {
      const theta = await learnedOn(engine);
      assert.deepEqual(apart(theta, expected), []);
      assert.deepEqual(apart(theta, float64), []);
      if (engine !== "tensorflow") own.push(theta);
    });
  }
  for (const theta of own) assert.deepEqual(theta, own[0], "native has the numbers of wasm: nothing is multiplied");
});

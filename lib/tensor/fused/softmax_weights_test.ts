import assert from "node:assert/strict";
import { startBackend, tf } from "../backend.ts";
import { assertClose, SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";
import { softmaxWeights, weighed } from "./softmax_weights.ts";

const ENGINES = ["wasm", "cpu"];

Deno.test("weights and their sums are those of float64, whatever the width", async () => {
  for (const engine of ENGINES) {
    await startBackend(engine);
    for (const width of [1, 3, 4, 17, 64, 129]) {
      const rows = 3, logits = Rng.seed(width).normals(rows * width).map((z) => Math.fround(8 * z));
      const x = tf.tensor2d(Float32Array.from(logits), [rows, width]);
      const found = softmaxWeights(x, true), sums = softmaxWeights(x, false);
      x.dispose();
      for (let r = 0; r < rows; r++) {
        const own = logits.subarray(r * width, (r + 1) * width), { top, weights, sum } = weighed(own);
        // The distance d to the top is rounded, and again in base 2; the exponential is within 4u of itself.
        const off = Array.from(weights, (weight, i) => weight * u * (2 * (top - own[i]) + 4) + SMALLEST_NORMAL);
        assert.equal(found[r].top, top);
        weights.forEach((weight, i) => assertClose([found[r].weights[i]], [weight], off[i], `${engine} ${width}`));
        const bound = off.reduce((a, b) => a + b, 0) + width * Number.EPSILON * sum;
        assertClose([found[r].sum], [sum], bound, `${engine} ${width}: sum`);
        if (engine === "wasm") assert.deepEqual({ ...sums[r], weights: 0 }, { ...found[r], weights: 0 });
      }
    }
  }
});

Deno.test("a row weighs what it weighs alone, and what is not finite shows in its sum alone", async () => {
  for (const engine of ENGINES) {
    await startBackend(engine);
    const width = 9, logits = Float32Array.from(Rng.seed(2).normals(3 * width));
    logits[width] = NaN;
    const of = (numbers: Float32Array) => {
      const x = tf.tensor2d(numbers, [numbers.length / width, width]), found = softmaxWeights(x, true);
      x.dispose();
      return found;
    };
    const together = of(logits);
    for (const r of [0, 2]) assert.deepEqual(of(logits.slice(r * width, (r + 1) * width)), [together[r]]);
    assert.deepEqual(together.map(({ sum }) => Number.isFinite(sum)), [true, false, true]);
    assert.throws(() => softmaxWeights(tf.zeros([3]), true), {
      name: "TypeError",
      message: "logits: expected shape [N, V], got [3]",
    });
  }
});

Deno.test("nothing stays behind", async () => {
  await startBackend("wasm");
  const x = tf.zeros([2, 3]), before = tf.memory().numTensors;
  softmaxWeights(x, true);
  softmaxWeights(x, false);
  assert.equal(tf.memory().numTensors, before);
});

/** Log-probs without the table of logits, against plain loops over the table. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { startBackend, type Tensor, tf } from "../../tensor/backend.ts";
import {
  assertClose,
  rounded,
  testOnEveryBackend,
  testOnEveryProcessorBackend,
} from "../../tensor/backends_test_helpers.ts";
import { logitsOf, score } from "./head.ts";
import { Slopes } from "./slopes.ts";

const WIDTH = 2;
/** So many logits are there at a time: head.ts. */
const LOGITS_AT_A_TIME = 2 ** 23;

/** Log-probs, and their slopes in states and classifier where the loss has slopes `g` in them, in float64. */
function plain(weight: Float64Array, states: Float64Array, ids: ArrayLike<number>, g: ArrayLike<number>, cap?: number) {
  const rows = ids.length, width = states.length / rows, vocabulary = weight.length / width;
  const logp = new Float64Array(rows),
    dstates = new Float64Array(states.length),
    dweight = new Float64Array(weight.length);
  for (let r = 0; r < rows; r++) {
    const logits = Float64Array.from({ length: vocabulary }, (_, v) => {
      let dot = 0;
      for (let i = 0; i < width; i++) dot += weight[v * width + i] * states[r * width + i];
      return cap === undefined ? dot : cap * Math.tanh(dot / cap);
    });
    let total = 0;
    for (const logit of logits) total += Math.exp(logit);
    logp[r] = logits[ids[r]] - Math.log(total);
    for (let v = 0; v < vocabulary; v++) {
      const inner = cap === undefined ? 1 : 1 - (logits[v] / cap) ** 2;
      const slope = g[r] * (Number(v === ids[r]) - Math.exp(logits[v]) / total) * inner;
      for (let i = 0; i < width; i++) {
        dstates[r * width + i] += slope * weight[v * width + i];
        dweight[v * width + i] += slope * states[r * width + i];
      }
    }
  }
  return { logp, dstates, dweight };
}

/** Scores random states, goes back, and holds everything to the loops. */
function check(rows: number, vocabulary: number, softCap?: number): void {
  const draws = Rng.seed(1), ids = Uint32Array.from({ length: rows }, () => draws.integer(vocabulary));
  const numbers = rounded(draws.normals(vocabulary * WIDTH)), at = rounded(draws.normals(rows * WIDTH));
  const g = Float32Array.from(draws.normals(rows)), expected = plain(numbers, at, ids, g, softCap);
  const weight = tf.variable(tf.tensor(Float32Array.from(numbers), [vocabulary, WIDTH]) as Tensor);
  const states = tf.tensor(Float32Array.from(at), [rows, WIDTH]) as Tensor;
  for (const trained of [false, true]) {
    const before = tf.memory().numTensors, slopes = new Slopes();
    const scores = score({ weight, trained, ...(softCap && { softCap }) }, states, ids, true);
    // Log-probs of size 12, rounded a few times: 12·2^-24 each.
    assertClose(scores.logp, expected.logp, 4e-6, "log-probs");
    const dstates = scores.back(g, slopes);
    // A sum over the vocabulary of numbers that together are of size 3, and one over rows.
    assertClose(dstates.dataSync(), expected.dstates, 2e-5, "slopes of states");
    if (trained) assertClose(slopes.of([weight])[0].dataSync(), expected.dweight, 2e-5, "slopes of the classifier");
    dstates.dispose();
    slopes.dispose();
    score({ weight, trained }, states, ids, true).dispose();
    assert.equal(tf.memory().numTensors, before);
  }
}

testOnEveryBackend("log-probs and slopes are those of the whole table", () => check(7, 30));
testOnEveryBackend("capped: log-probs and slopes are those of the whole table", () => check(7, 30, 1.5));

Deno.test("logits in two parts give what one table gives", async () => {
  await startBackend("wasm");
  tf.tidy(() => check(LOGITS_AT_A_TIME / 2 ** 15 + 1, 2 ** 15));
});

testOnEveryProcessorBackend("capped logits go no further than the cap, and are what they were near zero", () => {
  const weight = tf.variable(tf.tensor([[1e3], [-1e3], [1e-3]]) as Tensor);
  const logits = logitsOf({ weight, trained: false, softCap: 5 }, tf.ones([1, 1])).dataSync();
  assertClose(logits, [5, -5, 1e-3], 1e-6, "logits");
});

testOnEveryProcessorBackend("an id outside of the vocabulary is refused, and nothing stays behind", () => {
  const weight = tf.variable(tf.ones([3, 2]) as Tensor), states = tf.ones([1, 2]) as Tensor;
  const before = tf.memory().numTensors;
  assert.throws(() => score({ weight, trained: false }, states, Uint32Array.of(3), true), { name: "RangeError" });
  assert.equal(tf.memory().numTensors, before);
});

import assert from "node:assert/strict";
import { sft } from "../../losses/sft.ts";
import { languageModel } from "../../policies/language/model.ts";
import { Rng } from "../../random.ts";
import { startBackend, type Tensor, tf } from "../../tensor/backend.ts";
import { assertClose } from "../../tensor/backends_test_helpers.ts";
import { textLogps, trainTexts } from "./text_trainer.ts";
import { tinyPairs, tinySource } from "./tiny_test_helpers.ts";
import { trainedWeights } from "./trainer.ts";

const all = () => true;

/** A tiny model and six texts. */
function given(steps: number, learningRate: number) {
  const model = languageModel(tinySource(), { trained: all });
  const texts = tinyPairs(3).map(({ responses }) => responses);
  return { arm: "tiny", seed: 0, model, trained: trainedWeights(model, all), texts, steps, learningRate };
}

Deno.test("a step goes down the gradient of a loss of whole texts in the weights, by differences", async () => {
  await startBackend("cpu");
  const rate = 1e-3, options = given(1, rate), worth = [1, 0, 0.3, 2, -1, 0.5];
  const start = textLogps(options.model, options.texts);
  /** Minus the sum of p(y)/p0(y) times what a text is worth, in float64. */
  const loss = () =>
    -textLogps(options.model, options.texts).reduce((sum, logp, i) => sum + Math.exp(logp - start[i]) * worth[i], 0);
  const weights = options.trained.map(({ variable }) => variable), old = weights.map((w) => w.dataSync().slice());
  trainTexts(
    options,
    (logp) => tf.neg(tf.sum(tf.mul(tf.exp(tf.sub(logp, tf.tensor1d([...start]))), tf.tensor1d(worth)))),
  );
  // The first step of Adam moves every weight by the rate, against the sign of its gradient.
  const moved = weights.map((w, k) => w.dataSync().map((v, i) => v - old[k][i]));
  weights.forEach((w, k) => w.assign(tf.tensor(old[k], w.shape)));
  const rng = Rng.seed(1);
  let clear = 0;
  for (let trial = 0; trial < 60; trial++) {
    const k = rng.integer(weights.length), i = rng.integer(weights[k].size), h = 2 ** -7;
    const at = (by: number) => {
      const values = Float32Array.from(old[k]);
      values[i] += by;
      weights[k].assign(tf.tensor(values, weights[k].shape));
      const value = loss();
      weights[k].assign(tf.tensor(old[k], weights[k].shape));
      return value;
    };
    const slope = (at(h) - at(-h)) / (2 * h);
    if (Math.abs(slope) < 1e-2) continue; // differences of float32 log-probs say no sign there
    clear++;
    assertClose([moved[k][i]], [-rate * Math.sign(slope)], 1e-4 * rate + 2 ** -22, `weight ${k} ${i}, slope ${slope}`);
  }
  assert.ok(clear >= 20, `${clear} slopes`);
  options.model.dispose();
});

Deno.test("the loss is told log-probs and step, likelihood rises, and all tensors are freed", async () => {
  await startBackend("wasm");
  const options = given(4, 0.01), before = textLogps(options.model, options.texts);
  const seen: { step: number; logp: Float32Array }[] = [];
  const loss = (logp: Tensor, step: number) => {
    seen.push({ step, logp: logp.dataSync<"float32">().slice() });
    return tf.mean(sft(logp));
  };
  const tensors = tf.memory().numTensors;
  trainTexts(options, loss);
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual(seen.map(({ step }) => step), [0, 1, 2, 3]);
  assertClose(seen[0].logp, before, 1e-5, "log-probs of the first step");
  const after = textLogps(options.model, options.texts);
  assert.ok(after.every((logp, i) => logp > before[i]), `${before} ${after}`);
  options.model.dispose();
});

Deno.test("what stops being finite is named with arm, seed and step, and leaves no tensor behind", async () => {
  await startBackend("wasm");
  const options = given(3, 0.01);
  textLogps(options.model, options.texts); // the model keeps what it looks up
  const tensors = tf.memory().numTensors;
  assert.throws(
    () => trainTexts(options, (logp, step) => tf.mul(tf.sum(logp), step === 1 ? NaN : 1)),
    { name: "UserError", message: "training stopped: loss is NaN (arm tiny, seed 0, step 1)" },
  );
  const refuses = (logp: Tensor, step: number) => {
    if (step === 2) throw new RangeError("logpF[0]: too large");
    return tf.sum(logp);
  };
  assert.throws(() => trainTexts(options, refuses), {
    name: "UserError",
    message: "training stopped: logpF[0]: too large (arm tiny, step 2)",
  });
  assert.equal(tf.memory().numTensors, tensors);
  options.model.dispose();
});

import assert from "node:assert/strict";
import { expectedCost } from "../../exact/law_terms.ts";
import { languageModel } from "../../policies/language/model.ts";
import { Rng } from "../../random.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import { assertClose } from "../../tensor/backends_test_helpers.ts";
import { learn, type Trainer } from "../loglinear.ts";
import { withCandidateTrainer } from "./candidate_trainer.ts";
import { scoreTexts } from "./scoring.ts";
import { tinyPairs, tinySource } from "./tiny_test_helpers.ts";
import { trainedWeights } from "./trainer.ts";

const all = () => true, A = 2;

/** A tiny model and two candidates of each of three prompts. */
function given() {
  const model = languageModel(tinySource(), { trained: all });
  const candidates = tinyPairs(3).map(({ responses }) => responses);
  const cells = 3 * A, start = new Float64Array(cells).fill(-Math.log(A));
  return {
    candidates,
    options: {
      ...{ arm: "tiny", seed: 0, sample: 0, start, model, candidates },
      trained: trainedWeights(model, all),
      phases: [{ steps: 3, learningRate: 0.01 }],
    },
    dispose: () => model.dispose(),
  };
}

/** Minus the mean of a reward under the law. */
const reward = (values: readonly number[]) => (policy: ReturnType<typeof tf.zeros>) =>
  tf.neg(tf.sum(tf.mul(tf.exp(policy), tf.tensor2d([...values], [1, values.length])), -1));

Deno.test("a step goes down the gradient of the loss in the weights, by differences", async () => {
  await startBackend("wasm");
  const { options, candidates, dispose } = given(), rewards = [1, 0, 0, 2, -1, 0.5];
  /** The loss in float64, from log-probs of the texts before and now. */
  const sums = () => scoreTexts(options.model, candidates).map((logps) => logps.reduce((a, b) => a + b, 0));
  const before = sums();
  const loss = () => {
    const ratio = sums().map((v, i) => v - before[i]);
    return -[0, 2, 4].reduce((total, i) => {
      const [p, q] = [Math.exp(ratio[i]), Math.exp(ratio[i + 1])];
      return total + (p * rewards[i] + q * rewards[i + 1]) / (p + q);
    }, 0);
  };
  // The first step of Adam moves every weight by the rate, against the sign of its gradient.
  const weights = options.trained.map(({ variable }) => variable), old = weights.map((w) => w.dataSync().slice());
  const rate = 1e-3;
  withCandidateTrainer({ ...options, phases: [{ steps: 1, learningRate: rate }] }, (t) => learn(t, reward(rewards)));
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
    if (Math.abs(slope) < 1e-3) continue; // differences of float32 log-probs say no sign there
    clear++;
    assertClose([moved[k][i]], [-rate * Math.sign(slope)], 1e-4 * rate + 2 ** -22, `weight ${k} ${i}, slope ${slope}`);
  }
  assert.ok(clear >= 20, `${clear} slopes`);
  dispose();
});

Deno.test("θ is the log-ratio of whole texts, the law is uniform at first, and a reward raises what it rewards", async () => {
  await startBackend("cpu");
  const { options, candidates, dispose } = given();
  const before = scoreTexts(options.model, candidates);
  const first = withCandidateTrainer({ ...options, phases: [{ steps: 0, learningRate: 0 }] }, (trainer) => {
    const policy = trainer.policy();
    assert.throws(() => trainer.policy(() => new Float64Array(6)), { message: "a language model starts where it is" });
    const law = tf.tidy(() => policy.logProb().dataSync());
    assertClose(law, new Array(6).fill(-Math.LN2), 1e-6, "law at the start");
    return learn(trainer, reward([1, 0, 0, 1, 0, 0]));
  });
  assert.deepEqual(first.theta, [new Float64Array(6)]);
  const tensors = tf.memory().numTensors;
  const { theta: [theta] } = withCandidateTrainer(options, (trainer) => learn(trainer, reward([1, 0, 0, 1, 0, 0])));
  assert.equal(tf.memory().numTensors, tensors);
  const after = scoreTexts(options.model, candidates);
  const ratio = after.map((logps, i) => logps.reduce((sum, v, t) => sum + v - before[i][t], 0));
  assertClose(theta, ratio, 1e-5, "log-ratios");
  assert.ok(theta[0] > theta[1] && theta[3] > theta[2]);
  dispose();
});

Deno.test("terms in float64 train as their loss on tensors does, and go on from where the model is", async () => {
  await startBackend("wasm");
  const rewards = [1, 0, 0, 2, -1, 0.5], cost = Float64Array.from(rewards, (reward) => -reward);
  const terms = () => [expectedCost({ cost, price: 0 })];
  const [byTerms, byTensors] = [
    (trainer: Trainer<number>) => trainer.descend(terms, trainer.descend(terms)),
    (trainer: Trainer<number>) => {
      const policy = trainer.policy(), loss = () => reward(rewards)(policy.logProb());
      trainer.minimise([policy], loss);
      const { gradientNorm } = trainer.minimise([policy], loss);
      return { theta: trainer.theta(policy), gradientNorm };
    },
  ].map((work) => {
    const { options, dispose } = given();
    const { theta: [theta], gradientNorm } = withCandidateTrainer(options, work);
    dispose();
    return { theta, norm: gradientNorm[0] };
  });
  // Slopes differ by float32 rounding; what Adam makes of it in six steps of 0.01 is far below one step.
  assertClose(byTerms.theta, byTensors.theta, 1e-3, "log-ratios");
  assertClose([byTerms.norm], [byTensors.norm], 1e-3, "norm");
  assert.ok(byTerms.theta.some((v) => Math.abs(v) > 0.01));
  const { options, dispose } = given();
  withCandidateTrainer(options, (trainer) => {
    trainer.descend(terms);
    assert.throws(() => trainer.descend(terms), { message: "a language model goes on from where it is" });
    const bad = () => [expectedCost({ cost: cost.map(() => NaN), price: 0 })];
    assert.throws(() => trainer.descend(bad, { theta: [], gradientNorm: [] }), {
      message: "training stopped: slope is NaN (arm tiny, seed 0, step 0)",
    });
  });
  dispose();
});

Deno.test("what stops being finite is named with arm, seed and step", async () => {
  await startBackend("cpu");
  const { options, dispose } = given();
  const nothing = (policy: ReturnType<typeof tf.zeros>) => tf.mul(tf.sum(policy, -1), NaN);
  assert.throws(() => withCandidateTrainer(options, (trainer) => learn(trainer, nothing)), {
    name: "UserError",
    message: "training stopped: loss is NaN (arm tiny, seed 0, step 0)",
  });
  dispose();
});

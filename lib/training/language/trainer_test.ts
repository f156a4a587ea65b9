import assert from "node:assert/strict";
import { languageModel } from "../../policies/language/model.ts";
import { loadAdapter, newAdapter } from "../../policies/language/lora.ts";
import { Rng } from "../../random.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import type { Example } from "./examples.ts";
import { objectiveOf } from "./objectives.ts";
import { scoreTexts } from "./scoring.ts";
import { tinyLabelled, tinyPairs, tinySetting, tinySource } from "./tiny_test_helpers.ts";
import { trainedWeights, trainerOf } from "./trainer.ts";

const OPTIONS = { weightDecay: 0, clipNorm: Infinity, seed: 4 };
const numbers = (tensors: readonly { dataSync(): ArrayLike<number> }[]) => tensors.map((x) => Array.from(x.dataSync()));

Deno.test("training lowers every kind of objective, from the same bytes to the same bytes", async () => {
  await startBackend("wasm");
  for (
    const [name, loss] of [["dpo", { beta: 0.2 }], ["kto", { beta: 0.2 }], ["bco", { beta: 0.2 }], ["sft", {}]] as const
  ) {
    const examples: Example[] = name === "kto" || name === "bco" ? tinyLabelled(6) : tinyPairs(6);
    const ends = [1, 2].map(() => {
      const setting = tinySetting({ objective: objectiveOf(name, { loss }), micro: 4 }, examples);
      const weights = trainedWeights(setting.model, () => true), trainer = trainerOf(setting, weights, OPTIONS);
      const before = trainer.evaluate(examples).loss;
      const first = trainer.step(examples, 0.003);
      assert.ok(first.gradientNorm > 0);
      const tensors = tf.memory().numTensors;
      for (let i = 0; i < 4; i++) trainer.step(examples, 0.003);
      assert.equal(tf.memory().numTensors, tensors);
      assert.ok(trainer.evaluate(examples).loss < before, name);
      assert.equal(trainer.steps, 5);
      const end = numbers(weights.map(({ variable }) => variable));
      trainer.dispose();
      setting.model.dispose();
      return end;
    });
    assert.deepEqual(ends[0], ends[1]);
  }
});

Deno.test("a trainer that goes on from a state takes the steps that it would have taken", async () => {
  await startBackend("wasm");
  const examples = tinyLabelled(4), objective = objectiveOf("bco", { loss: { beta: 0.5 } });
  const setting = tinySetting({ objective }, examples), weights = trainedWeights(setting.model, () => true);
  const trainer = trainerOf(setting, weights, OPTIONS);
  trainer.step(examples, 0.01);
  const state = trainer.state(), at = numbers(weights.map(({ variable }) => variable));
  trainer.step(examples, 0.01);
  const end = numbers(weights.map(({ variable }) => variable)), points = trainer.state().points;
  weights.forEach(({ variable }, i) => tf.tidy(() => variable.assign(tf.tensor(at[i], variable.shape))));
  const other = trainerOf({ ...setting, points: { mean: 0, count: 0 } }, weights, OPTIONS);
  other.restore(state);
  other.step(examples, 0.01);
  assert.equal(other.steps, 2);
  assert.deepEqual(numbers(weights.map(({ variable }) => variable)), end);
  assert.deepEqual(other.state().points, points);
  assert.equal(points.count, 8);
  [trainer, other].forEach((one) => one.dispose());
  setting.model.dispose();
});

Deno.test("an adapter is trained from its model, which stays as it is", async () => {
  await startBackend("wasm");
  const source = tinySource(), examples = tinyPairs(4);
  const settings = { rank: 2, alpha: 4, rankStabilised: false, targets: ["q_proj", "v_proj"] };
  const adapter = loadAdapter(newAdapter(settings, source.config, Rng.seed(5)), source.config);
  const model = languageModel(source, { change: adapter.change });
  const reference = new Map(
    examples.map((example) =>
      [example, { responses: scoreTexts(model, [example.responses], { withoutChanges: true }) }] as const
    ),
  );
  const setting = tinySetting({ model, reference, objective: objectiveOf("dpo", { loss: { beta: 0.1 } }) }, examples);
  const before = numbers(model.parameters.map(({ variable }) => variable));
  const named = adapter.parameters.map((variable, i) => ({ name: `factor ${i}`, variable }));
  const trainer = trainerOf(setting, named, OPTIONS);
  const first = trainer.step(examples, 0.05);
  assert.deepEqual([first.loss, first.chosenRatio, first.accuracy], [Math.fround(Math.LN2), 0, 0.5]);
  const second = trainer.step(examples, 0.05);
  assert.ok(second.loss < first.loss && second.chosenRatio > second.rejectedRatio);
  assert.deepEqual(numbers(model.parameters.map(({ variable }) => variable)), before);
  const again = examples.map(({ responses }) => scoreTexts(model, [responses], { withoutChanges: true }));
  assert.deepEqual(again, [...reference.values()].map(({ responses }) => responses));
  trainer.dispose();
  adapter.dispose();
  model.dispose();
});

Deno.test("a step that fails leaves the mean of rewards as it was", async () => {
  await startBackend("wasm");
  const examples = tinyLabelled(4), objective = objectiveOf("bco", { loss: { beta: 0.5 } });
  const setting = tinySetting({ objective }, examples), weights = trainedWeights(setting.model, () => true);
  const trainer = trainerOf(setting, weights, OPTIONS);
  trainer.step(examples, 0.01);
  const { points } = trainer.state(), { variable } = weights[2];
  tf.tidy(() => variable.assign(tf.fill(variable.shape, NaN)));
  assert.throws(() => trainer.step(examples, 0.01), /^UserError: training stopped: policy\[0\] is NaN/);
  assert.deepEqual(trainer.state().points, points);
  trainer.dispose();
  setting.model.dispose();
});

Deno.test("numbers that are not finite stop at their source, and nothing has moved", async () => {
  await startBackend("wasm");
  const examples = tinyPairs(2),
    setting = tinySetting({}, examples),
    weights = trainedWeights(setting.model, () => true);
  const trainer = trainerOf(setting, weights, OPTIONS);
  trainer.step(examples, 1e-3);
  const gain = weights.find(({ name }) => name === "model.layers.1.input_layernorm.weight")!.variable;
  const kept = gain.dataSync().slice(), all = () => numbers(weights.map(({ variable }) => variable));
  tf.tidy(() => gain.assign(tf.fill(gain.shape, NaN)));
  const before = all();
  assert.throws(() => trainer.step(examples, 1e-3), {
    name: "UserError",
    message: /^training stopped: policyChosen\[0\] is NaN: .* \(arm dpo, seed 4, step 1\)$/,
  });
  assert.deepEqual(all(), before);
  tf.tidy(() => gain.assign(tf.tensor(kept, gain.shape)));
  assert.equal(trainer.steps, 1);
  trainer.step(examples, 1e-3);
  assert.equal(trainer.steps, 2);

  // A slope past float32, of a loss that is finite.
  const steep = { ...setting, objective: objectiveOf("sppo-hard", { loss: { eta: 1e25 } }) };
  const other = trainerOf(steep, weights, OPTIONS);
  assert.throws(
    () => other.step(examples, 1e-3),
    /^UserError: training stopped: loss is Infinity \(arm sppo-hard, seed 4/,
  );
  [trainer, other].forEach((one) => one.dispose());
  setting.model.dispose();
});

Deno.test("what a loss refuses of a first batch is one line, with its name", async () => {
  await startBackend("wasm");
  const examples = tinyPairs(3).map((pair) => ({ ...pair, weight: 0 }));
  const objective = objectiveOf("stackelberg-margin", { loss: { beta: 0.5, radius: 0.1, window: 0.1 } });
  const setting = tinySetting({ objective }, examples), weights = trainedWeights(setting.model, () => true);
  const trainer = trainerOf(setting, weights, OPTIONS);
  assert.throws(() => trainer.step(examples, 0.01), {
    name: "UserError",
    message: "loss stackelberg-margin: masses: expected one above 0",
  });
  trainer.dispose();
  setting.model.dispose();
});

import assert from "node:assert/strict";
import { exactLosses } from "../../losses/exact.ts";
import { languageModel } from "../../policies/language/model.ts";
import { Rng } from "../../random.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import { marginsOf, type TextPair, trainMargins } from "./margin_trainer.ts";
import { objectiveOf } from "./objectives.ts";
import { tinyPairs, tinySource } from "./tiny_test_helpers.ts";
import { trainedWeights, trainerOf } from "./trainer.ts";

const all = () => true, BETA = 0.4;

/** A tiny model, pairs, and what trains on all of them at once. */
function given(count: number) {
  const model = languageModel(tinySource(), { trained: all }), trained = trainedWeights(model, all);
  const examples = tinyPairs(count), pairs = examples.map(({ responses: [a, b] }): TextPair => [a, b]);
  const about = {
    arm: "tiny",
    seed: 0,
    model,
    trained,
    pairs,
    reference: marginsOf(model, pairs),
    beta: BETA,
    batch: count,
  };
  return { model, trained, examples, about, rng: Rng.seed(1) };
}

const weightsOf = (trained: ReturnType<typeof trainedWeights>) =>
  trained.map(({ variable }) => variable.dataSync<"float32">().slice());

Deno.test("by DPO's loss it takes the steps that the trainer of token batches takes", async () => {
  await startBackend("wasm");
  const { model, trained, about, rng } = given(4), before = tf.memory().numTensors;
  const norm = trainMargins({ ...about, loss: exactLosses.dpo.form({ beta: 1 }), epochs: 3, learningRate: 1e-3, rng });
  assert.equal(tf.memory().numTensors, before);
  const own = weightsOf(trained);
  model.dispose();
  // The other way: one objective on tensors, with a reference of its own.
  const other = given(4), { examples, about: { reference, pairs } } = other;
  const scores = new Map(examples.map((example, i) => [example, {
    // DPO reads margins alone, so the reference's may stand in one token.
    responses: pairs[i].map(({ ids }, side) => {
      const logps = new Float32Array(ids.length);
      logps[ids.length - 1] = side === 0 ? reference[i] : 0;
      return logps;
    }),
  }]));
  const objective = objectiveOf("dpo", { loss: { beta: BETA } });
  const setting = {
    ...{ model: other.model, objective, reference: scores, micro: 4, recomputes: false },
    points: { mean: 0, count: 0 },
  };
  const trainer = trainerOf(setting, other.trained, { weightDecay: 0, clipNorm: Infinity, seed: 0 });
  let last = 0;
  for (let step = 0; step < 3; step++) last = trainer.step(examples, 1e-3).gradientNorm;
  // The order of pairs in a batch is another, and with it the sums of float32; Adam divides small slopes by themselves.
  weightsOf(other.trained).forEach((numbers, k) =>
    numbers.forEach((v, i) => assert.ok(Math.abs(v - own[k][i]) < 2e-4, `${v} against ${own[k][i]}`))
  );
  assert.ok(Math.abs(last - norm) < 1e-3 * last, `${last} against ${norm}`);
  other.model.dispose();
});

Deno.test("it raises the margins of what it is shown, and with a radius of 0 the game is DPO to the bit", async () => {
  await startBackend("wasm");
  const ways = [
    exactLosses.dpo.form({ beta: 1 }),
    exactLosses["stackelberg-margin"].form({ beta: 1, moved: new Float64Array(6), distance: new Float64Array(6) }),
  ].map((loss) => {
    const { model, trained, about, rng } = given(6);
    trainMargins({ ...about, batch: 4, loss, epochs: 5, learningRate: 3e-3, rng });
    const gains = marginsOf(model, about.pairs).map((margin, i) => margin - about.reference[i]),
      own = weightsOf(trained);
    model.dispose();
    return { gains, own };
  });
  assert.ok(ways[0].gains.every((gain) => gain > 0), `${ways[0].gains}`);
  assert.deepEqual(ways[1], ways[0]);
});

Deno.test("a loss that is not finite stops the training, and says whose it was and where", async () => {
  await startBackend("wasm");
  const { model, about, rng } = given(2);
  const broken = (_: number, __: number, out: Float64Array) => void out.fill(NaN);
  assert.throws(
    () => trainMargins({ ...about, loss: broken, epochs: 1, learningRate: 1e-3, rng }),
    /loss is NaN.*tiny/,
  );
  model.dispose();
});

import assert from "node:assert/strict";
import { realData } from "../../lib/datasets/data_test_helpers.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { sigmoid } from "../../lib/exact/logistic.ts";
import { needingData } from "../../lib/optional/skipping.ts";
import { languageModel } from "../../lib/policies/language/model.ts";
import { sequencesOf } from "../../lib/policies/language/sequences.ts";
import { Rng } from "../../lib/random.ts";
import { startBackend, tf } from "../../lib/tensor/backend.ts";
import { CONTINUATION, storiesOf, written } from "../../lib/training/language/stories.ts";
import { storyWriter } from "../../lib/training/language/writer.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import { languageLosses } from "./language_arms.ts";
import { divergences, onCandidates, tokenLaws } from "./language_measures.ts";
import { allPairs, labelled, sharpened } from "./language_world.ts";

const store = await realData("stories-260k");

Deno.test({
  ...needingData(
    { store },
    "the target divides logits by its temperature, and KL by tokens is the mean log-ratio of texts",
  ),
  async fn() {
    await startBackend("wasm");
    const writer = await storyWriter(store!), target = sharpened(writer, 0.5), start = languageModel(writer.source);
    const { heldOut } = storiesOf(writer, { prompts: 1, responses: 2, heldOut: 64 }, Rng.seed(3));
    const sequences = sequencesOf([Array.from(heldOut[0].ids)]), rows = Uint32Array.of(7);
    const [sharp, plain] = [target, start].map((model) => model.logits(sequences, rows).dataSync());
    sharp.forEach((logit, v) => assert.ok(Math.abs(logit - 2 * plain[v]) < 1e-4 * (1 + Math.abs(logit))));

    const told = written(target, heldOut, CONTINUATION), prompts = heldOut.map(({ ids }) => ids);
    const [own, other] = [target, start].map((model) => tokenLaws(model, prompts, told));
    const found = divergences(own, other, told.length);
    const texts = [told.map((ids, i) => ({
      ids: Uint32Array.from([...Array.from(prompts[i]), ...ids]),
      from: prompts[i].length,
    }))];
    const [a, b] = [target, start].map((model) => textLogps(model, texts)), ratios = a.map((v, i) => v - b[i]);
    // Both have the same mean: their difference on these texts is within 4 of its standard errors.
    const apart = ratios.map((v, i) => v - found[i]);
    assert.ok(Math.abs(mean(apart)) < 4 * standardDeviation(apart) / Math.sqrt(apart.length), `${mean(apart)}`);
    assert.ok(standardDeviation(found) < standardDeviation(ratios) && found.every((kl) => kl >= 0));
    tf.dispose([own, other]);
    for (const model of [target, start]) model.dispose();
  },
});

Deno.test("on sets of candidates KL is that of the laws by hand, and nothing from itself", () => {
  const logp = Float64Array.of(-1, -2, -3, -9), other = Float64Array.of(0, Math.log(3), -5, -5);
  const [p, q] = [Math.exp(1) / (1 + Math.exp(1)), 0.25], [r, s] = [1 / (1 + Math.exp(-6)), 0.5];
  const kl = (a: number, b: number) => a * Math.log(a / b) + (1 - a) * Math.log((1 - a) / (1 - b));
  const found = onCandidates(logp, other, 2);
  assert.ok(Math.abs(found["set-kl"] - (kl(q, p) + kl(s, r)) / 2) < 1e-12);
  assert.ok(Math.abs(found["set-reverse-kl"] - (kl(p, q) + kl(r, s)) / 2) < 1e-12);
  assert.equal(onCandidates(logp, logp, 2)["set-kl"], 0);
});

Deno.test("labels come from the γ-power of the target, by frequency", () => {
  const pairs = allPairs(1, 2),
    n = 40_000,
    { won, lost } = labelled(pairs, Float64Array.of(-4, 6), 0.1, n, Rng.seed(2));
  assert.equal(won[0] + lost[0], n);
  assert.deepEqual([pairs.first[0], pairs.second[0]], [1, 0]);
  assert.ok(Math.abs(won[0] / n - sigmoid(1)) < 4 * 0.5 / Math.sqrt(n));
});

Deno.test("with labels and rewards of the target, losses without a reference are at rest there, and DPO's is not", async () => {
  await startBackend("cpu");
  const gamma = 0.5, start = [-1, -2, -3, -1.5], target = [-2, -0.5, -1, -4];
  const [first, second] = [[1, 2, 2, 3, 3, 3], [0, 0, 1, 0, 1, 2]].map((at) => tf.tensor1d(at, "int32"));
  const reward = tf.tensor1d(target.map((v) => gamma * v)), reference = tf.tensor1d(start);
  const chance = [[1, 0], [2, 0], [2, 1], [3, 0], [3, 1], [3, 2]].map(([i, j]) =>
    sigmoid(gamma * (target[i] - target[j]))
  );
  const [won, lost] = [tf.tensor1d(chance), tf.tensor1d(chance.map((p) => 1 - p))];
  const slopeOf = (arm: string, logp: ArrayLike<number>) =>
    tf.grad((policy) =>
      languageLosses[arm]({ ...{ policy, reference, reward, responses: 4, first, second, won, lost, gamma } } as never)
    )(tf.tensor1d(Array.from(logp))).dataSync();
  const steep = (arm: string, logp: ArrayLike<number>) => Math.max(...slopeOf(arm, logp).map(Math.abs));
  for (const arm of ["pmle", "distill-fresh", "reverse-kl"]) {
    assert.ok(steep(arm, target) < 1e-6, `${arm}: ${steep(arm, target)}`);
    assert.ok(steep(arm, start) > 1e-2, arm);
  }
  // Those with a reference rest at π0 π*, which is not the target.
  const both = logSoftmaxRows(Float64Array.from(start, (v, i) => v + target[i]), 4);
  for (const arm of ["dpo", "rlhf-fixed", "rebel"]) {
    assert.ok(steep(arm, both) < 1e-6, `${arm}: ${steep(arm, both)}`);
    assert.ok(steep(arm, target) > 1e-2, arm);
  }
});

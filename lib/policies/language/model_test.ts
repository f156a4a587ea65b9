/** What a language model says, against plain loops in float64. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { tf } from "../../tensor/backend.ts";
import { assertClose, testOnEveryBackend, testOnEveryProcessorBackend } from "../../tensor/backends_test_helpers.ts";
import { languageModel } from "./model.ts";
import { plainLogits, plainLogProbs, seededWeights, sourceOf, variants } from "./reference_test_helpers.ts";
import { sequencesOf, sharedSequences } from "./sequences.ts";

/**
 * Largest absolute error of a logit or log-prob in float32. Logits here are at most 10; a sum of 24 products and as many
 * roundings on the way through two layers leave some ten units of 2^-24 of that: 6e-6. Measured: 3e-6.
 */
const TOLERANCE = 1e-5;

/** Sequences of a few lengths, one of them a single token, one longer than every window. */
const texts = [7, 1, 13, 2].map((length, i) =>
  Array.from(Rng.seed(40 + i).normals(length), (z) => Math.abs(z * 1e6 | 0) % 20)
);
const flat = sequencesOf(texts);
const afterFirst = Uint8Array.from(flat.positions, (t) => Number(t > 0));

for (const [name, config] of Object.entries(variants)) {
  testOnEveryBackend(`${name}: logits and log-probs are those of plain float64 loops`, () => {
    const weights = seededWeights(config), model = languageModel(sourceOf(config, weights));
    const logits = model.logits(flat, Uint32Array.from(flat.ids.keys()));
    const expected = texts.flatMap((ids) => plainLogits(config, weights, ids));
    assertClose(logits.dataSync(), expected.flatMap((row) => [...row]), TOLERANCE, "logits");
    const logp = texts.flatMap((ids) => [...plainLogProbs(config, weights, ids)]);
    assertClose(model.logProbs(flat, afterFirst), logp, TOLERANCE, "log-probs");
    model.dispose();
  });
}

for (const [name, config] of Object.entries(variants)) {
  testOnEveryProcessorBackend(
    `${name}: shared beginnings, other texts in the batch and unscored tokens change nothing`,
    () => {
      const weights = seededWeights(config), model = languageModel(sourceOf(config, weights));
      const prompt = texts[2].slice(0, 8), whole = [[...prompt, 3, 4], [...prompt, 5], [...prompt, 3, 9, 1]];
      const shared = sharedSequences([{ sequences: whole, most: 8 }, { sequences: [texts[0]], most: 0 }]);
      assert.ok(shared.ids.length < 30, "the beginning is there once");
      const logp = model.logProbs(shared, Uint8Array.from(shared.previous, (row) => Number(row >= 0)));
      const scored = [...shared.ids.keys()].filter((row) => shared.previous[row] >= 0);
      [...whole, texts[0]].forEach((ids, b) => {
        const rows = [...shared.rows[b]].slice(1).map((row) => logp[scored.indexOf(row)]);
        assertClose(rows, plainLogProbs(config, weights, ids), TOLERANCE, `text ${b}`);
      });
      const alone = texts.flatMap((ids) => {
        const one = sequencesOf([ids]);
        return [...model.logProbs(one, Uint8Array.from(one.positions, (t) => Number(t === ids.length - 1 && t > 0)))];
      });
      const last = Uint8Array.from(flat.positions, (t, row) => Number(t > 0 && flat.positions[row + 1] !== t + 1));
      assertClose(model.logProbs(flat, last), alone, TOLERANCE, "last tokens");
      model.dispose();
    },
  );
}

testOnEveryBackend("positions beyond those of earlier batches are turned as they should be", () => {
  const config = variants["qwen2"], weights = seededWeights(config), model = languageModel(sourceOf(config, weights));
  for (const length of [3, 70, 150]) {
    const ids = Array.from({ length }, (_, t) => (7 * t + t * t) % 20), one = sequencesOf([ids]);
    const logp = model.logProbs(one, Uint8Array.from(ids, (_, t) => Number(t > 0)));
    assertClose(logp, plainLogProbs(config, weights, ids), TOLERANCE, `${length} tokens`);
  }
  model.dispose();
});

testOnEveryProcessorBackend("mistakes are named, and leave no tensor behind", () => {
  const config = variants["qwen3"], model = languageModel(sourceOf(config, seededWeights(config)));
  model.logProbs(flat, afterFirst); // tables of rotations stay
  const before = tf.memory().numTensors;
  assert.throws(() => model.logProbs(flat, [1, 0]), {
    name: "TypeError",
    message: "scored: expected 23 entries, got 2",
  });
  assert.throws(() => model.pass(flat, afterFirst.map(() => 1)), {
    name: "RangeError",
    message: "scored[0]: nothing predicts the first token of a sequence",
  });
  const outside = sequencesOf([[1, 2, 20]]);
  assert.throws(() => model.logProbs(outside, [0, 1, 1]), /20/);
  assert.throws(() => model.pass(outside, [0, 1, 1]), /20/);
  assert.throws(() => model.logits(flat, Uint32Array.of(23)), /23/);
  assert.throws(() => model.statesAt(flat, 3), { name: "RangeError", message: "layer: expected 0 to 2, got 3" });
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});

/** Gradients of language models against differences of plain loops in float64. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { tf } from "../../tensor/backend.ts";
import { assertClose, rounded, testOnEveryProcessorBackend } from "../../tensor/backends_test_helpers.ts";
import { adaptedLayers } from "./adapter_layers.ts";
import type { LanguageModelConfig } from "./config.ts";
import { loadAdapter, newAdapter } from "./lora.ts";
import { languageModel } from "./model.ts";
import { type Numbers, plainLogProbs, seededWeights, sourceOf, variants } from "./reference_test_helpers.ts";
import { sequencesOf, sharedSequences } from "./sequences.ts";
import { Slopes } from "./slopes.ts";

/** Two texts that begin alike, and another; the tokens behind the first four are scored. */
const texts = [[3, 14, 15, 9, 2, 6, 5, 3, 5, 8, 9], [3, 14, 15, 9, 7, 9], [2, 7, 18, 2, 8, 1, 8, 2]];
const SCORED_FROM = 4;
const flat = sequencesOf(texts);
const scored = Uint8Array.from(flat.positions, (t) => Number(t >= SCORED_FROM));
/** What the log-probs are multiplied by in the loss. */
const factors = rounded(Rng.seed(5).normals(scored.reduce((a, b) => a + b)));

/** The loss whose slope is asked for: a weighted sum of log-probs. */
function plainLoss(config: LanguageModelConfig, weights: Numbers): number {
  const logp = texts.flatMap((ids) => [...plainLogProbs(config, weights, ids).slice(SCORED_FROM - 1)]);
  return logp.reduce((sum, value, i) => sum + factors[i] * value, 0);
}

/** Slope along a direction, by central differences of fourth order: errors of 1e-9 at slopes of 1. */
function slopeAlong(loss: (step: number) => number): number {
  const h = 1e-3;
  return (loss(-2 * h) - 8 * loss(-h) + 8 * loss(h) - loss(2 * h)) / (12 * h);
}

/**
 * Holds the gradient of some numbers to differences, along two random directions: whatever is wrong in it, or in the wrong
 * place, shows there.
 *
 * @param lossAt the loss where these numbers are moved by so many steps of a direction
 */
function assertSlope(
  gradient: ArrayLike<number>,
  lossAt: (direction: ArrayLike<number>, step: number) => number,
  label: string,
): void {
  const size = Math.hypot(...Array.from(gradient));
  assert.ok(size > 1e-3, `${label}: the gradient is ${size}, too small to see anything`);
  for (const seed of [1, 2]) {
    const normal = Rng.seed(seed).fork(label).normals(gradient.length), length = Math.hypot(...normal);
    const direction = normal.map((z) => z / length);
    const expected = slopeAlong((step) => lossAt(direction, step));
    const found = Array.from(gradient).reduce((sum, g, i) => sum + g * direction[i], 0);
    // Rounding of float32 on the way there and back, a few units of 2^-24 a layer, is of the size of the gradient.
    assertClose([found], [expected], 1e-5 * Math.max(1, size), label);
  }
}

/** Weights in which one tensor is moved. */
function moved(weights: Numbers, name: string, direction: ArrayLike<number>, step: number): Numbers {
  return new Map(weights).set(name, weights.get(name)!.map((value, i) => value + step * direction[i]));
}

for (const [name, config] of Object.entries(variants)) {
  testOnEveryProcessorBackend(`${name}: slopes in every tensor of the checkpoint`, () => {
    const weights = seededWeights(config), model = languageModel(sourceOf(config, weights), { trained: () => true });
    assert.equal(model.frozenLayers, 0);
    const pass = model.pass(flat, scored), slopes = new Slopes();
    pass.back(Float32Array.from(factors), slopes);
    const names: string[] = [];
    for (const { variable, parts } of model.parameters) {
      const [gradient] = slopes.of([variable]), numbers = gradient.dataSync();
      const row = variable.shape[1] ?? 1;
      for (const part of parts) {
        names.push(part.name);
        const own = numbers.slice(part.from * row, (part.from + part.rows) * row);
        // Softmax does not see what is added to all scores of a query.
        if (part.name.endsWith("k_proj.bias") && config.attentionSoftCap === undefined) continue;
        assertSlope(own, (d, step) => plainLoss(config, moved(weights, part.name, d, step)), part.name);
      }
    }
    assert.deepEqual(names.toSorted(), [...weights.keys()].toSorted());
    slopes.dispose();
    model.dispose();
  });
}

/** An adapter with numbers in both factors, and what plain loops make of it. */
function adapter(config: LanguageModelConfig, layers?: readonly number[]) {
  const settings = {
    rank: 3,
    alpha: 6,
    rankStabilised: true,
    targets: "all-linear" as const,
    ...(layers && { layers }),
  };
  const start = newAdapter(settings, config, Rng.seed(8));
  for (const [name, { b }] of start.factors) b.set(Rng.seed(9).fork(name).normals(b.length).map((z) => 0.2 * z));
  const shapes = adaptedLayers(settings, config, "test");
  /** Weights with the changes in them, where factor A or B of a layer may be moved. */
  const mergedInto = (
    weights: Numbers,
    at?: { name: string; part: "a" | "b"; direction: ArrayLike<number>; step: number },
  ) => {
    const all = new Map(weights);
    for (const [name, { rank, scale, out, in: into }] of shapes) {
      const given = start.factors.get(name)!;
      const factor = (part: "a" | "b") =>
        Float64Array.from(
          given[part],
          (v, i) => at?.name === name && at.part === part ? v + at.step * at.direction[i] : v,
        );
      const a = factor("a"), b = factor("b"), matrix = weights.get(`${name}.weight`)!.slice();
      for (let o = 0; o < out; o++) {
        for (let i = 0; i < into; i++) {
          for (let r = 0; r < rank; r++) matrix[o * into + i] += scale * b[o * rank + r] * a[r * into + i];
        }
      }
      all.set(`${name}.weight`, matrix);
    }
    return all;
  };
  return { start, names: [...shapes.keys()], mergedInto };
}

for (const name of ["llama, biases everywhere, linear scaling", "qwen3", "gemma2"]) {
  const config = variants[name];
  testOnEveryProcessorBackend(`${name}: slopes in both factors of a change of every projection`, () => {
    const weights = seededWeights(config), { start, names, mergedInto } = adapter(config);
    const loaded = loadAdapter(start, config),
      model = languageModel(sourceOf(config, weights), { change: loaded.change });
    assert.equal(names.length, 14);
    const pass = model.pass(flat, scored), slopes = new Slopes();
    const expected = texts.flatMap((
      ids,
    ) => [...plainLogProbs(config, mergedInto(weights), ids).slice(SCORED_FROM - 1)]);
    assertClose(pass.logp, expected, 1e-5, "log-probs");
    pass.back(Float32Array.from(factors), slopes);
    for (const [i, gradient] of slopes.of(loaded.parameters).entries()) {
      const layer = names[i >> 1], part = i % 2 === 0 ? "a" : "b";
      assertSlope(
        gradient.dataSync(),
        (direction, step) => plainLoss(config, mergedInto(weights, { name: layer, part, direction, step })),
        `${layer} ${part}`,
      );
    }
    // What is frozen has none.
    for (const { variable } of model.parameters) {
      const [none] = slopes.of([variable]);
      assert.ok(none.dataSync().every((value) => value === 0));
    }
    slopes.dispose();
    model.dispose();
    loaded.dispose();
  });
}

/** Numbers of the slopes of some variables. */
const numbersOf = (slopes: Slopes, variables: Parameters<Slopes["of"]>[0]) =>
  slopes.of(variables).map((slope) => [...slope.dataSync()]);

const CHOICES = {
  "all tensors": { trained: () => true },
  "the last layer": { trained: (name: string) => name.startsWith("model.layers.1.") },
  "the last layer's matrices": { trained: (name: string) => /layers\.1\..*proj/.test(name) },
  "the last norm": { trained: (name: string) => name === "model.norm.weight" },
};
for (const [choice, { trained }] of Object.entries(CHOICES)) {
  testOnEveryProcessorBackend(`${choice}: recomputed or from states below, slopes are the same to the bit`, () => {
    for (const config of [variants["qwen3"], variants["gemma2"]]) {
      const source = sourceOf(config, seededWeights(config)), model = languageModel(source, { trained });
      const variables = model.parameters.map(({ variable }) => variable);
      const through = (options: Parameters<typeof model.pass>[2], batch = flat, marks = scored) => {
        const pass = model.pass(batch, marks, options), slopes = new Slopes();
        pass.back(Float32Array.from(factors), slopes);
        const found = { logp: [...pass.logp], slopes: numbersOf(slopes, variables) };
        slopes.dispose();
        return found;
      };
      const kept = through({});
      const norms = model.parameters.map(({ parts }, i) => [parts[0].name, Math.hypot(...kept.slopes[i])] as const);
      for (const [name, size] of norms) assert.equal(size > 0, trained(name), name);
      assert.deepEqual(through({ recomputes: true }), kept);
      const states = model.statesAt(flat, model.frozenLayers), reached = { layer: model.frozenLayers, states };
      if (model.frozenLayers > 0) {
        assert.deepEqual(through({ reached }), kept);
        assert.deepEqual(through({ reached, recomputes: true }), kept);
        assert.deepEqual([...model.logProbs(flat, scored, { reached })], kept.logp);
      }
      // A beginning that two texts share adds up what comes back from both.
      const tree = sharedSequences([{ sequences: texts.slice(0, 2), most: SCORED_FROM }, {
        sequences: [texts[2]],
        most: 0,
      }]);
      assert.equal(tree.ids.length, flat.ids.length - SCORED_FROM);
      const shared = through({}, tree, Uint8Array.from(tree.positions, (t) => Number(t >= SCORED_FROM)));
      assertClose(shared.slopes.flat(), kept.slopes.flat(), 2e-5, "slopes of a shared beginning");
      states.dispose();
      model.dispose();
    }
  });
}

testOnEveryProcessorBackend("slopes add up over parts of a batch, and no tensor stays behind", () => {
  const config = variants["gemma2"],
    model = languageModel(sourceOf(config, seededWeights(config)), { trained: () => true });
  const variables = model.parameters.map(({ variable }) => variable);
  const whole = new Slopes(), parts = new Slopes();
  model.pass(flat, scored).back(Float32Array.from(factors), whole);
  const before = tf.memory().numTensors;
  let at = 0;
  for (const ids of texts) {
    const one = sequencesOf([ids]), count = ids.length - SCORED_FROM;
    const pass = model.pass(one, Uint8Array.from(one.positions, (t) => Number(t >= SCORED_FROM)));
    pass.back(Float32Array.from(factors.slice(at, at += count)), parts);
  }
  const [a, b] = [whole, parts].map((slopes) => numbersOf(slopes, variables).flat());
  const largest = Math.max(...a.map(Math.abs));
  assertClose(b, a, 1e-6 * Math.max(1, largest), "slopes");
  parts.dispose();
  assert.equal(tf.memory().numTensors, before);
  for (const recomputes of [false, true]) {
    model.pass(flat, scored, { recomputes }).dispose();
    assert.equal(tf.memory().numTensors, before, `after dispose, recomputes ${recomputes}`);
    const again = new Slopes();
    model.pass(flat, scored, { recomputes }).back(Float32Array.from(factors), again);
    again.dispose();
    assert.equal(tf.memory().numTensors, before, `after back, recomputes ${recomputes}`);
  }
  whole.dispose();
  const left = tf.memory().numTensors;
  model.dispose();
  assert.equal(left - tf.memory().numTensors, model.parameters.length + 2, "weights and tables of rotations");
});

testOnEveryProcessorBackend("a change that is zero changes nothing, to the bit", () => {
  for (const config of [variants["llama, tied"], variants["gemma2"]]) {
    const source = sourceOf(config, seededWeights(config));
    const loaded = loadAdapter(
      newAdapter({ rank: 2, alpha: 4, rankStabilised: false, targets: "all-linear" }, config, Rng.seed(0)),
      config,
    );
    const base = languageModel(source), model = languageModel(source, { change: loaded.change });
    assert.deepEqual(model.logProbs(flat, scored), base.logProbs(flat, scored));
    const { start } = adapter(config), changed = loadAdapter(start, config);
    const other = languageModel(source, { change: changed.change });
    assert.notDeepEqual(other.logProbs(flat, scored), base.logProbs(flat, scored));
    assert.deepEqual(other.logProbs(flat, scored, { withoutChanges: true }), base.logProbs(flat, scored));
    for (const each of [loaded, changed, base, model, other]) each.dispose();
  }
});

testOnEveryProcessorBackend("a longer batch between the way there and the way back changes nothing", () => {
  const config = variants["qwen2"], source = sourceOf(config, seededWeights(config));
  const model = languageModel(source, { trained: () => true });
  const variables = model.parameters.map(({ variable }) => variable), slopes = [new Slopes(), new Slopes()];
  const passes = [model.pass(flat, scored), model.pass(flat, scored)];
  passes[0].back(Float32Array.from(factors), slopes[0]);
  const long = sequencesOf([Array.from({ length: 100 }, (_, t) => t % 20)]);
  model.logProbs(long, Uint8Array.from(long.positions, (t) => Number(t > 0)));
  passes[1].back(Float32Array.from(factors), slopes[1]);
  assert.deepEqual(numbersOf(slopes[1], variables), numbersOf(slopes[0], variables));
});

testOnEveryProcessorBackend(
  "a batch without a scored token has no slopes, and mistakes on the way back are named",
  () => {
    const config = variants["gemma2"], source = sourceOf(config, seededWeights(config));
    for (const trained of [() => true, (name: string) => name.startsWith("model.layers.1.")]) {
      const model = languageModel(source, { trained }), slopes = new Slopes();
      const none = model.pass(flat, scored.map(() => 0));
      assert.equal(none.logp.length, 0);
      none.back(new Float32Array(0), slopes);
      const variables = model.parameters.map(({ variable }) => variable);
      assert.ok(numbersOf(slopes, variables).flat().every((value) => value === 0));
      const pass = model.pass(flat, scored);
      assert.throws(() => pass.back(new Float32Array(2), slopes), {
        name: "TypeError",
        message: "dlogp: expected 13 entries, got 2",
      });
      pass.dispose();
      const states = model.statesAt(flat, 2);
      assert.throws(() => model.pass(flat, scored, { reached: { layer: 2, states } }), {
        name: "RangeError",
        message: `layer: expected 0 to ${model.frozenLayers}, got 2`,
      });
    }
  },
);

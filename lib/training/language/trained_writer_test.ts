import assert from "node:assert/strict";
import { assertClose } from "../../tensor/backends_test_helpers.ts";
import { merged } from "../../policies/language/lora.ts";
import { languageModel } from "../../policies/language/model.ts";
import { Slopes } from "../../policies/language/slopes.ts";
import { Rng } from "../../random.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";
import { judgeOf } from "./judge.ts";
import { repeatedPasses } from "./repeated_passes.ts";
import { passTexts } from "./scoring.ts";
import { CONTINUATION, OPENING, openings, written } from "./stories.ts";
import { textLogps, trainTexts } from "./text_trainer.ts";
import { tinyPairs, tinySource } from "./tiny_test_helpers.ts";
import { everything, trainedWriter } from "./trained_writer.ts";

const source = tinySource();
const settings = { rank: 2, alpha: 4, rankStabilised: false, targets: "all-linear" };
const adapter = { source, trains: { adapter: settings } };
const texts = tinyPairs(4).map(({ responses }) => responses);
const numbers = (of: ReturnType<typeof trainedWriter>) =>
  of.trained.map(({ variable }) => variable.dataSync<"float32">().slice());

for (const [name, writer] of Object.entries({ adapter, weights: { source, trains: { weights: everything } } })) {
  Deno.test(`${name}: the model as it was stays what it was, and training moves the other one`, async () => {
    await startBackend("wasm");
    const tensors = tf.memory().numTensors, of = trainedWriter(writer, 3), first = of.before(texts);
    assertClose(textLogps(of.model, texts), first, 1e-5, "before training");
    trainTexts({ arm: "up", seed: 0, ...of, texts, steps: 3, learningRate: 3e-3 }, (logp) => tf.neg(tf.mean(logp)));
    assert.deepEqual(of.before(texts), first);
    const after = textLogps(of.model, texts);
    assert.ok(after.reduce((sum, logp, i) => sum + logp - first[i], 0) > 0);
    of.dispose();
    assert.equal(tf.memory().numTensors, tensors);
  });
}

Deno.test("passes that are repeated go on from what is below the trained layer, and give the same slopes", async () => {
  await startBackend("wasm");
  const last = { source, trains: { adapter: { ...settings, targets: ["q_proj", "down_proj"], layers: [1] } } };
  const { model, trained, dispose } = trainedWriter(last, 3), pass = repeatedPasses(model);
  assert.equal(model.frozenLayers, 1);
  const slopesOf = ({ logps, back }: ReturnType<typeof pass>) => {
    const slopes = new Slopes();
    back(logps.map((of) => of.map(() => 1)), slopes);
    const found = slopes.of(trained.map(({ variable }) => variable)).map((slope) =>
      slope.dataSync<"float32">().slice()
    );
    slopes.dispose();
    return found;
  };
  slopesOf(pass(texts));
  const again = slopesOf(pass(texts)), anew = slopesOf(passTexts(model, texts, { recomputes: true, collides: false }));
  again.forEach((slope, k) => assertClose(slope, anew[k], 1e-5, `slope ${k}`));
  assert.ok(anew.some((slope) => slope.some((value) => Math.abs(value) > 1e-2)));
  dispose();
});

Deno.test("at a budget of KL an adapter's change is scaled, by its second factors", async () => {
  await startBackend("wasm");
  const of = trainedWriter(adapter, 3), { model, trained, before } = of;
  const heldOut = Array.from({ length: 6 }, (_, i) => ({ ids: [3 + i, 4 + i], seed: i }));
  const untrained = written(model, heldOut, CONTINUATION), liking = (ids: readonly number[]) => ids[0] / 20;
  const judge = judgeOf({ model, trained, before, stories: { heldOut, untrained }, liking });
  const rng = Rng.seed(1);
  for (const { variable } of trained) {
    tf.tidy(() =>
      variable.assign(
        tf.add(variable, tf.tensor(Float32Array.from(rng.normals(variable.size), (v) => v / 3), variable.shape)),
      )
    );
  }
  const as = numbers(of), { whole: { kl } } = judge([0.25]), scaled = numbers(of), share = Math.sqrt(0.25 / kl);
  assert.ok(kl > 0.5, `${kl}`);
  trained.forEach(({ first }, k) => {
    assertClose(scaled[k], Float64Array.from(as[k], (value) => first ? value : share * value), 1e-6, `factor ${k}`);
  });
  // Another way: W + share·scale·B·A as one matrix.
  const names = ["q_proj", "k_proj", "v_proj", "o_proj"].map((name) => `self_attn.${name}`);
  names.push("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj");
  const layers = [0, 1].flatMap((layer) => names.map((name) => `model.layers.${layer}.${name}`));
  const factors = new Map(layers.map((name, i) => [name, { a: as[2 * i], b: as[2 * i + 1].map((v) => share * v) }]));
  const whole = languageModel(merged(source, { settings, factors }));
  assertClose(textLogps(model, texts), textLogps(whole, texts), 1e-4, "log-probs");
  whole.dispose();
  of.dispose();
});

Deno.test("openings of another writer are its texts, less the last word, behind what begins a text", async () => {
  await startBackend("wasm");
  const told: string[] = [];
  const opener = {
    source,
    weights: 0,
    tokenizer: {
      start: 1,
      decode: (ids: readonly number[]) => ids.length === OPENING ? "Once upon a ti" : "",
    } as unknown as Tokenizer,
  };
  const tokenizer = {
    encode(text: string, { special = false } = {}) {
      if (!special) told.push(text);
      return Uint32Array.from(special ? [7] : [11, 12, 13]);
    },
  } as unknown as Tokenizer;
  const model = languageModel(source);
  const ids = openings({ source, tokenizer, weights: 0, opener }, model, 2, Rng.seed(1));
  model.dispose();
  assert.deepEqual([ids, told], [[[7, 11, 12, 13], [7, 11, 12, 13]], ["Once upon a", "Once upon a"]]);
});

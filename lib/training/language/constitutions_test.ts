/** Algorithm 1 on a tiny model: what it lowers, where it restarts, and what its control takes away. */
import assert from "node:assert/strict";
import { generate } from "../../policies/language/generate.ts";
import { Rng } from "../../random.ts";
import { startBackend } from "../../tensor/backend.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";
import { answer, asked, constitutionsOf, learnConstitutions, PRINCIPLES, SIDES } from "./constitutions.ts";
import { CONTINUATION } from "./stories.ts";
import { textLogps } from "./text_trainer.ts";
import { tinySource } from "./tiny_test_helpers.ts";
import { trainedWriter } from "./trained_writer.ts";
import type { Writer } from "./writer.ts";

const source = tinySource();
/** A tiny writer, so sure of itself that its greedy answers differ by what stands in front, to whom every word is a token. */
const writer = {
  source: { ...source, read: (name: string) => source.read(name).map((value) => 4 * value) },
  tokenizer: {
    start: 1,
    encode: (text: string) =>
      Uint32Array.from(
        text.split(" "),
        (word) => 3 + Array.from(word).reduce((sum, c) => sum + c.charCodeAt(0), 0) % 17,
      ),
  } as unknown as Tokenizer, // nothing else of it is asked for
  weights: 0,
} satisfies Writer;
const openings = Array.from({ length: 3 }, (_, x) => [1, 3 + x, 9, 5 + x]);

/** Weights after some iterations of as many steps, and what a look at the model said. */
function after<T>(
  steps: readonly number[],
  look: (model: ReturnType<typeof trainedWriter>["model"]) => T,
  shuffled = false,
) {
  const { model, trained, dispose } = trainedWriter(writer, 0);
  const weights = () => trained.map(({ variable }) => variable.dataSync<"float32">().slice());
  try {
    const before = weights(), was = look(model), iterations = steps.map((own) => ({ openings, steps: own }));
    const setting = { arm: "sami", seed: 0, writer, model, trained, iterations, learningRate: 1e-3, shuffled };
    learnConstitutions(setting, Rng.seed(1));
    return { before, weights: weights(), was, is: look(model) };
  } finally {
    dispose();
  }
}

Deno.test("a constitution takes a side of every principle, and no two are the same", () => {
  assert.equal(new Set(constitutionsOf(writer).map((ids) => ids.join())).size, SIDES.length);
  assert.equal(SIDES.length, 2 ** PRINCIPLES.length);
});

Deno.test("training makes answers tell constitutions apart; without a link between both it does less", async () => {
  await startBackend("wasm");
  const constitutions = constitutionsOf(writer);
  /** How much likelier the greedy answers to constitutions are under these than under the others, nats in all. */
  const base = trainedWriter(writer, 0),
    prompts = openings.flatMap((opening) => constitutions.map((own) => asked([1], own, opening)));
  const greedy = { temperature: 0, maxTokens: CONTINUATION, end: [], atOnce: prompts.length };
  const told = generate(base.model, prompts.map((ids) => ({ ids, seed: 0 })), greedy).map(({ ids }) => Array.from(ids));
  base.dispose();
  const apart = (model: typeof base.model) => {
    const c = SIDES.length;
    const texts = prompts.map((prompt, i) => told.slice(i - i % c, i - i % c + c).map((ids) => answer(prompt, ids)));
    const logps = textLogps(model, texts);
    return logps.reduce((sum, logp, k) => sum + (Math.floor(k / c) % c === k % c ? c - 1 : -1) * logp, 0);
  };
  const [linked, shuffled] = [false, true].map((control) => {
    const { was, is } = after([6], apart, control);
    return is - was;
  });
  assert.ok(linked > 0 && linked > shuffled, `${linked}, shuffled ${shuffled}`);
});

Deno.test("every iteration restarts from the base model", async () => {
  await startBackend("wasm");
  const nothing = () => 0;
  const back = after([3, 0], nothing);
  assert.deepEqual(back.weights, back.before);
  assert.notDeepEqual(after([3], nothing).weights, back.before);
  assert.deepEqual(after([2, 3], nothing).weights, after([2, 3], nothing).weights);
});

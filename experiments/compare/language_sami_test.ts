import assert from "node:assert/strict";
import { languageModel } from "../../lib/policies/language/model.ts";
import { Rng } from "../../lib/random.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import type { Tokenizer } from "../../lib/tokenizers/tokenizer.ts";
import { constitutionsOf } from "../../lib/training/language/constitutions.ts";
import { CONTINUATION } from "../../lib/training/language/stories.ts";
import { tinySource } from "../../lib/training/language/tiny_test_helpers.ts";
import type { Writer } from "../../lib/training/language/writer.ts";
import { population } from "../../lib/worlds/population.ts";
import { behind, constitutionFor, isSami } from "./language_sami.ts";

const writer = {
  source: tinySource(),
  tokenizer: {
    start: 1,
    encode: (text: string) => Uint32Array.from(text.split(" "), (word) => 3 + word.length),
  } as unknown as Tokenizer, // nothing else of it is asked for
  weights: 0,
} satisfies Writer;

Deno.test("SAMI is asked for the side of each principle that readers like, and its opposite for the others", () => {
  const [happyLoud, happyQuiet, sadLoud, sadQuiet] = constitutionsOf(writer);
  const weights = (loud: number, happy: number) => [loud, 0, 0, 0, 0, happy, 0, 0];
  const cases = [[1, 1, happyLoud, sadQuiet], [-1, 1, happyQuiet, sadLoud], [-1, -1, sadQuiet, happyLoud]] as const;
  for (const [loud, happy, liked, opposite] of cases) {
    assert.deepEqual(constitutionFor("sami", writer, weights(loud, happy)), liked);
    assert.deepEqual(constitutionFor("sami-opposed", writer, weights(loud, happy)), opposite);
  }
  assert.deepEqual(["sami", "sami-opposed", "dpo"].map(isSami), [true, true, false]);
});

Deno.test("nobody's type moves what readers like, so that SAMI is asked for the same in every condition", () => {
  const table = Rng.seed(1).normals(8 * 12).map(Math.abs);
  const weights = [[0, 1], [1, 1], [1, 0]].map(([confounding, link]) => {
    const knobs = { prompts: 3, responses: 4, confounding, link, noise: 0, overlap: 0.5, complexity: 0 };
    return population(knobs, Rng.seed(2), table).qualityWeights;
  });
  for (const of of weights) assert.deepEqual(of, weights[0]);
});

Deno.test("behind a constitution openings keep their seeds, and candidates what they say", async () => {
  await startBackend("wasm");
  const model = languageModel(writer.source);
  try {
    const constitution = [7, 8, 9], candidate = { ids: Uint32Array.of(1, 4, 5, 6), from: 2 };
    const stories = { candidates: [[candidate]], heldOut: [{ ids: [1, 4], seed: 3 }, { ids: [1, 5], seed: 4 }] };
    const { candidates: [[put]], heldOut, untrained } = behind(constitution, writer, stories, { model });
    assert.deepEqual([Array.from(put.ids), put.from], [[1, 7, 8, 9, 4, 5, 6], 5]);
    assert.deepEqual(heldOut, [{ ids: [1, 7, 8, 9, 4], seed: 3 }, { ids: [1, 7, 8, 9, 5], seed: 4 }]);
    assert.deepEqual(untrained.map(({ length }) => length), [CONTINUATION, CONTINUATION]);
  } finally {
    model.dispose();
  }
});

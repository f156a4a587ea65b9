import assert from "node:assert/strict";
import { realData } from "../../datasets/data_test_helpers.ts";
import { needingData } from "../../optional/skipping.ts";
import { startBackend } from "../../tensor/backend.ts";
import { assertClose } from "../../tensor/backends_test_helpers.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { tokenizerOf } from "./checkpoint_tokenizer.ts";
import { generate } from "./generate.ts";
import { sequencesOf } from "./sequences.ts";
import { storiesModel } from "./stories_test_helpers.ts";
import { textScores } from "./text_scores.ts";
import { textToScore } from "./text_to_score.ts";

Deno.test("a file of llama2.c has its vocabulary beside it, and rows of queries and keys are put in halves", async () => {
  const folder = await Deno.makeTempDir(), path = `${folder}/a.bin`;
  // Width 4, hidden 1, one layer, one head, one key head, three tokens, length 1; then counting numbers.
  const header = Int32Array.of(4, 1, 1, 1, 1, 3, 1), count = 12 + 4 + 4 * 16 + 4 + 12 + 4 + 4;
  const numbers = Float32Array.from({ length: count }, (_, i) => i);
  await Deno.writeFile(path, Uint8Array.from([header, numbers].flatMap(({ buffer }) => [...new Uint8Array(buffer)])));
  const checkpoint = openCheckpoint(path);
  const rows = (name: string) =>
    [0, 4, 8, 12].map((at) => checkpoint.read(`model.layers.0.self_attn.${name}.weight`)[at]);
  assert.deepEqual([rows("q_proj"), rows("v_proj")], [[16, 24, 20, 28], [48, 52, 56, 60]]);
  const vocabulary = (words: readonly string[]) =>
    Uint8Array.from([
      8,
      0,
      0,
      0,
      ...words.flatMap((word) => [0, 0, 0, 0, word.length, 0, 0, 0, ...new TextEncoder().encode(word)]),
    ]);
  await assert.rejects(tokenizerOf(checkpoint), {
    name: "UserError",
    message: `${folder}: neither tok3.bin nor tokenizer.bin; put the model's vocabulary beside it`,
  });
  await Deno.writeFile(`${folder}/tokenizer.bin`, vocabulary(["<unk>", "<s>", "</s>", "a"]));
  await assert.rejects(tokenizerOf(checkpoint), {
    name: "UserError",
    message: `${folder}/tokenizer.bin: 4 tokens, where the model has 3; put its own beside it`,
  });
  await Deno.writeFile(`${folder}/tok3.bin`, vocabulary(["<unk>", "<s>", "</s>"]));
  assert.equal((await tokenizerOf(checkpoint)).size, 3);
  checkpoint.close();
  await Deno.remove(folder, { recursive: true });
});

const [store, stories] = [await realData("stories-260k"), await realData("tiny-stories")];

Deno.test({
  ...needingData(
    { "stories-260k": store, "tiny-stories": stories },
    "real data: stories260K tells its story and predicts others as a separate implementation found",
  ),
  async fn() {
    await startBackend("wasm");
    const { model, tokenizer } = await storiesModel(store!);
    assert.equal(model.parameters.reduce((sum, { variable }) => sum + variable.size, 0), 260032);
    const [{ ids }] = generate(model, [{ ids: [tokenizer.start!], seed: 0 }], { temperature: 0, maxTokens: 49 });
    const told = tokenizer.decode([tokenizer.start!, ...ids], { skipSpecial: true });
    assert.ok(
      told.startsWith(
        "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. " +
          "One day, she saw a big, red ball.",
      ),
      told,
    );
    const text = new TextDecoder().decode(await stories!.read("tiny-stories", "tinystories.txt"));
    const firstTen = text.split(/\n\s*\n(?=Once upon|One day)/).slice(0, 10).map((story) => story.trim());
    assert.deepEqual([...tokenizer.encode(firstTen[0]).slice(0, 6)], [385, 328, 432, 261, 376, 298]);
    let total = 0, tokens = 0;
    for (const story of firstTen) {
      const ids = Uint32Array.of(tokenizer.start!, ...tokenizer.encode(story).slice(0, model.config.maxLength - 1));
      const logp = model.logProbs(sequencesOf([ids]), ids.map((_, t) => Number(t > 0)));
      total -= logp.reduce((sum, value) => sum + value, 0);
      tokens += logp.length;
    }
    // Reference: a separate implementation in Python (PyTorch 2, float64), its own tokenizer, angles from the file.
    assert.equal(tokens, 2044);
    // Logits of some tens carry an error of some 1e-6 through five layers.
    assertClose([total], [2843.3774559855538], 2044 * 1e-5, "negative log-likelihood");
    // Texts begin as those that the model learned from. Reference: as above, on the text with its start token.
    for (
      const [prompt, completion, wanted] of [
        ["The end", ".", -1.03921],
        ["Once upon a time", ", there was a cat.", -8.57683],
        ['Lily said "', 'Hello"', -8.86612],
      ] as const
    ) {
      const text = await textToScore({ prompt, completion }, model.config, () => Promise.resolve(tokenizer));
      const [logp] = textScores(model, [text]), from = text.completion! - 1;
      assertClose([logp.slice(from).reduce((sum, value) => sum + value, 0)], [wanted], 1e-4, prompt);
    }
    model.dispose();
  },
});

import assert from "node:assert/strict";
import { realData } from "../datasets/data_test_helpers.ts";
import { needingData } from "../optional/skipping.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { assertClose } from "../tensor/backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { llama2cTokenizer } from "../tokenizers/llama2c.ts";
import { parseCheckpoint } from "./llama2c.ts";
import { transformer } from "./transformer.ts";

/** A file of the format: header, then counting numbers. */
function file(header: number[], floats: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(28 + 4 * floats));
  header.forEach((value, i) => view.setInt32(4 * i, value, true));
  for (let i = 0; i < floats; i++) view.setFloat32(28 + 4 * i, i, true);
  return new Uint8Array(view.buffer);
}

Deno.test("products are transposed, queries, keys and values joined, and a classifier of its own is read", () => {
  // width 4, hidden 3, 1 layer, 2 heads, 1 key head, 5 tokens, length 2: heads are 2 wide.
  const tied = 5 * 4 + 4 + 16 + 8 + 8 + 16 + 4 + 3 * 12 + 4 + 4;
  const { sizes, weights } = parseCheckpoint(file([4, 3, 1, 2, 1, 5, 2], tied));
  assert.deepEqual(sizes, {
    ...{ vocabulary: 5, width: 4, layers: 1, heads: 2, keyHeads: 1, hidden: 3, maxLength: 2, tied: true },
  });
  assert.deepEqual([...weights.embedding.slice(0, 3)], [0, 1, 2]);
  // Row 0 of the joined matrix: the first number of each row of wq (from 24), wk (from 40) and wv (from 48).
  assert.deepEqual([...weights["0.query_key_value"].slice(0, 8)], [24, 28, 32, 36, 40, 44, 48, 52]);
  assert.deepEqual([...weights["0.query_key_value"].slice(8, 10)], [25, 29]);
  // w1 (the gate) from 76, w2 (down) from 88, w3 (up) from 100.
  assert.deepEqual([...weights["0.gate_up"].slice(0, 6)], [76, 80, 84, 100, 104, 108]);
  assert.deepEqual([...weights["0.down"].slice(0, 5)], [88, 91, 94, 97, 89]);
  assert.deepEqual([...weights.final_norm], [112, 113, 114, 115]);
  const untied = parseCheckpoint(file([4, 3, 1, 2, 1, -5, 2], tied + 20));
  assert.deepEqual([...untied.weights.classifier.slice(0, 5)], [120, 124, 128, 132, 136]);
  assert.equal(untied.sizes.tied, false);
});

Deno.test("files of another size are refused", () => {
  assert.throws(() => parseCheckpoint(file([4, 3, 1, 2, 1, 5, 2], 121)), {
    name: "TypeError",
    message: "checkpoint: expected 508 bytes for a header [4,3,1,2,1,5,2], got 512",
  });
});

const [model, stories] = [await realData("stories-260k"), await realData("tiny-stories")];

Deno.test({
  ...needingData(
    { "stories-260k": model, "tiny-stories": stories },
    "real data: stories260K tells its story and predicts others as a separate implementation found",
  ),
  async fn() {
    await startBackend("wasm");
    const { sizes, weights } = parseCheckpoint(await model!.read("stories-260k", "stories260K.bin"));
    const tokenizer = llama2cTokenizer(await model!.read("stories-260k", "tok512.bin"), "tok512.bin");
    const policy = transformer(sizes, weights);
    assert.equal(policy.parameters.reduce((sum, { size }) => sum + size, 0), 260032);
    const told = policy.sample(Uint32Array.of(tokenizer.start!), {
      ...{ promptLength: 1, length: 50, temperature: 0, rng: Rng.seed(0) },
    });
    assert.ok(
      tokenizer.decode(told, { skipSpecial: true }).startsWith(
        "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. " +
          "One day, she saw a big, red ball.",
      ),
      tokenizer.decode(told, { skipSpecial: true }),
    );
    const text = new TextDecoder().decode(await stories!.read("tiny-stories", "tinystories.txt"));
    const firstTen = text.split(/\n\s*\n(?=Once upon|One day)/).slice(0, 10).map((story) => story.trim());
    assert.deepEqual([...tokenizer.encode(firstTen[0]).slice(0, 6)], [385, 328, 432, 261, 376, 298]);
    let total = 0, tokens = 0;
    for (const story of firstTen) {
      const ids = Uint32Array.of(tokenizer.start!, ...tokenizer.encode(story).slice(0, sizes.maxLength - 1));
      const found = tf.tidy(() => {
        const all = policy.logProb(ids, new Uint8Array(ids.length).fill(1), { length: ids.length, reduction: "sum" });
        return [all.logp.dataSync()[0], all.tokens[0]];
      });
      total -= found[0];
      tokens += found[1];
    }
    // Reference: a separate implementation in Python (PyTorch 2, float64), its own tokenizer, angles from the file.
    assert.equal(tokens, 2044);
    // Logits of some tens carry an error of some 1e-6 through five layers.
    assertClose([total], [2843.3774559855538], 2044 * 1e-5, "negative log-likelihood");
    policy.dispose();
  },
});

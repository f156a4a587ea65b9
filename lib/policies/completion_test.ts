import assert from "node:assert/strict";
import fc from "fast-check";
import { realData } from "../datasets/data_test_helpers.ts";
import { needingData } from "../optional/skipping.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { encodeCompletion } from "./completion.ts";
import { parseCheckpoint, parseTokenizer, type Tokenizer } from "./llama2c.ts";
import { transformer } from "./transformer.ts";

/** Letters, some of which merge; a space in front of every text, as such tokenizers put it. */
const merging: Tokenizer = {
  size: 512,
  start: 1,
  encode: (text) =>
    Uint32Array.from(
      ` ${text}`.match(/ab|abc|bb| a|./gsu) ?? [],
      (token) => token.length > 1 ? 300 + token.length : token.codePointAt(0)!,
    ),
  decode: () => "",
};

Deno.test("a completion is what stands after the longest beginning that prompt and whole text share", () => {
  const cases: [string, string, number][] = [
    ["x", "y", 1],
    ["xa", "b", 1], // the seam is inside a token
    ["xb", "bb", 2], // b|bb against bb|b: the whole text is cut elsewhere
    ["", "a", 1],
    ["x", "", 0],
    ["", "", 0],
    ["xab", "ab", 1],
  ];
  for (const [prompt, completion, tokens] of cases) {
    const found = encodeCompletion(merging, prompt, completion), label = `${prompt}|${completion}`;
    assert.equal(found.tokens, tokens, label);
    assert.deepEqual([...found.ids], [1, ...merging.encode(prompt + completion)], label);
    assert.deepEqual([...found.mask], [...found.ids].map((_, i) => Number(i >= found.ids.length - tokens)), label);
  }
});

Deno.test("where the seam lies does not change the text; a longer prompt leaves no more to score", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c", " "), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (prompt, completion) => {
      const { ids, tokens, mask } = encodeCompletion(merging, prompt, completion);
      assert.deepEqual(ids, encodeCompletion(merging, "", prompt + completion).ids);
      assert.equal(mask.reduce((sum, value) => sum + value, 0), tokens);
      assert.ok(tokens <= ids.length - 1 && (completion.length > 0 || tokens === 0));
    }),
    { numRuns: 300, seed: 1 },
  );
});

const model = await realData("stories-260k");

Deno.test({
  ...needingData(
    { "stories-260k": model },
    "real data: a completion's log-prob is the whole text's minus its beginning's, and above that of texts put together",
  ),
  async fn() {
    await startBackend("wasm");
    const { sizes, weights } = parseCheckpoint(await model!.read("stories-260k", "stories260K.bin"));
    const tokenizer = parseTokenizer(await model!.read("stories-260k", "tok512.bin"));
    const policy = transformer(sizes, weights);
    const score = (ids: Uint32Array, mask: ArrayLike<number>) =>
      tf.tidy(() => policy.logProb(ids, mask, { length: ids.length, reduction: "sum" }).logp.dataSync()[0]);
    for (
      const [prompt, completion] of [["One day, a dog", " saw a ball."], ["The bird sa", "id hello."], [
        "He was hap",
        "py",
      ]]
    ) {
      const { ids, mask, tokens } = encodeCompletion(tokenizer, prompt, completion), logp = score(ids, mask);
      const beginning = ids.slice(0, ids.length - tokens);
      const parts = score(ids, ids.map(() => 1)) - score(beginning, beginning.map(() => 1));
      assert.ok(Math.abs(logp - parts) < 1e-4, `${prompt}|${completion}: ${logp} and ${parts}`);
      const [first, second] = [tokenizer.encode(prompt), tokenizer.encode(completion)];
      const apart = Uint32Array.of(tokenizer.start, ...first, ...second);
      const separate = score(apart, apart.map((_, i) => Number(i > first.length)));
      assert.ok(logp > separate + 3, `${prompt}|${completion}: ${logp} and ${separate}`);
    }
    policy.dispose();
  },
});

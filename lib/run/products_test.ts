/** `--products`: what is said, what is the same, what is refused. */
import assert from "node:assert/strict";
import { writePackedGguf } from "../policies/language/packed_test_helpers.ts";
import { tinyConfig, writeTinyGguf } from "../policies/language/checkpoint_test_helpers.ts";
import { needingBfloat16 } from "../tensor/bfloat16_test_helpers.ts";
import { inFolder } from "./demo_test_helpers.ts";
import { generateLines } from "./generate.ts";
import type { Products } from "./products.ts";
import { score } from "./score.ts";

const progress = () => ({ start() {}, finish() {}, say() {}, end() {} });
const records = (path: string) => Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));

/** Generates, and scores what was generated, in a folder with the model `name`. */
async function run(folder: string, name: string, products: Products, backend = "wasm") {
  const model = `${folder}/${name}`, prompts = `${folder}/in.jsonl`, out = `${folder}/${products}.jsonl`;
  await Deno.writeTextFile(prompts, '{"ids":[3,4,5]}\n{"ids":[1]}\n');
  const common = { model, backend, products, resume: false };
  const generated = await generateLines({
    ...{ ...common, prompts, out, sampling: { temperature: 1 }, seed: 0, maxTokens: 5, batch: 2 },
  }, { progress });
  const texts = records(out).map(({ ids, tokens }) => JSON.stringify({ ids: [...ids, ...tokens] }));
  await Deno.writeTextFile(`${folder}/texts.jsonl`, texts.join("\n"));
  const file = `${folder}/texts.jsonl`, scores = `${folder}/${products}_scores.jsonl`;
  const scored = await score({ ...common, file, out: scores, batch: 64 }, { progress });
  return { generated, scored, lines: records(out), scores: records(scores) };
}

Deno.test("quantised products are said, and what was drawn is scored as it was drawn, but for the rounding", () =>
  inFolder(async (folder) => {
    writePackedGguf(`${folder}/packed.gguf`);
    const { generated, scored, lines, scores } = await run(folder, "packed.gguf", "quantised");
    assert.match(generated, /a second, on wasm, 10 matrices quantised$/);
    assert.match(scored, /a second, on wasm, 10 matrices quantised$/);
    lines.forEach(({ ids, logprobs }, i) =>
      logprobs.forEach((logp: number, t: number) =>
        assert.ok(Math.abs(logp - scores[i].logprobs[ids.length - 1 + t]) < 3e-3)
      )
    );
    const plain = await run(folder, "packed.gguf", "float32");
    assert.match(plain.generated, /a second, on wasm$/);
    assert.notDeepEqual(plain.lines, lines, "what they are multiplied with is rounded");
  }));

Deno.test("a checkpoint without packed matrices, and an engine without the kernels, are refused in a line", () =>
  inFolder(async (folder) => {
    writeTinyGguf(`${folder}/plain.gguf`, tinyConfig("llama"));
    writePackedGguf(`${folder}/packed.gguf`);
    const refused = (name: string, backend: string, message: string) =>
      assert.rejects(run(folder, name, "quantised", backend), { name: "UserError", message });
    await refused(
      "plain.gguf",
      "wasm",
      `${folder}/plain.gguf: no matrix of it is packed in Q4_0, Q4_1 or Q8_0; leave --products quantised out`,
    );
    await refused("packed.gguf", "cpu", "--products quantised: needs --backend wasm or native");
  }));

Deno.test({
  ...await needingBfloat16("bfloat16 is said, takes any checkpoint, and is refused by an engine without it"),
  fn: () =>
    inFolder(async (folder) => {
      writeTinyGguf(`${folder}/plain.gguf`, tinyConfig("llama"));
      const { generated, scored } = await run(folder, "plain.gguf", "bfloat16", "native");
      assert.match(generated, /a second, on native, 10 matrices in bfloat16$/);
      assert.match(scored, /a second, on native, 10 matrices in bfloat16$/);
      await Deno.remove(`${folder}/bfloat16.jsonl`);
      await assert.rejects(run(folder, "plain.gguf", "bfloat16", "cpu"), {
        name: "UserError",
        message: "--products bfloat16: needs --backend native; leave it out, or see deno task doctor",
      });
    }),
});

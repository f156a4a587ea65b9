import assert from "node:assert/strict";
import { languageModel } from "../../policies/language/model.ts";
import { startBackend } from "../../tensor/backend.ts";
import { cachedReference, referenceKey } from "./reference.ts";
import { tinyLabelled, tinyPairs, tinySource } from "./tiny_test_helpers.ts";

const source = { checkpoint: "c0ffee", engine: "wasm" };

Deno.test("log-probs of the reference are computed once; a damaged file is found out and computed again", async () => {
  await startBackend("wasm");
  const folder = await Deno.makeTempDir();
  try {
    const examples = [...tinyPairs(3), ...tinyLabelled(2)], model = languageModel(tinySource());
    let computed = 0;
    const said: string[] = [];
    const get = () =>
      cachedReference(() => (computed++, model), examples, source, {
        ...{ folder: `${folder}/deep`, micro: 2, say: (line) => said.push(line) },
      });
    const first = get(), path = `${folder}/deep/${referenceKey(source, examples)}.safetensors`;
    assert.deepEqual([computed, said.splice(0)], [1, [`log-probs of the reference: kept in ${path}`]]);
    assert.deepEqual(get(), first);
    assert.deepEqual([computed, said.splice(0)], [1, [`log-probs of the reference: read from ${path}`]]);
    assert.deepEqual(
      [...first.values()].map(({ responses, mismatched }) => [responses.length, mismatched !== undefined]),
      [
        ...[[2, false], [2, false], [2, false], [1, true], [1, true]],
      ],
    );
    const bytes = await Deno.readFile(path);
    for (const damage of [bytes.subarray(0, 40), bytes.with(-3, bytes.at(-3)! ^ 1), new Uint8Array()]) {
      await Deno.writeFile(path, damage);
      assert.deepEqual(get(), first);
      const [why, kept] = said.splice(0);
      assert.match(why, /: damaged.*; the log-probs of the reference are computed again$/);
      assert.equal(kept, `log-probs of the reference: kept in ${path}`);
      assert.deepEqual(await Deno.readFile(path), bytes);
    }
    assert.equal(computed, 4);
    model.dispose();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("whatever the numbers depend on has a key of its own", () => {
  const text = { ids: Uint32Array.of(1, 2, 3), from: 1 }, other = { ids: Uint32Array.of(1, 2, 4), from: 1 };
  const variants = [
    referenceKey(source, [{ responses: [text, other] }]),
    referenceKey({ ...source, checkpoint: "decaf" }, [{ responses: [text, other] }]),
    referenceKey({ ...source, engine: "cpu" }, [{ responses: [text, other] }]),
    referenceKey(source, [{ responses: [other, text] }]),
    referenceKey(source, [{ responses: [text] }, { responses: [other] }]),
    referenceKey(source, [{ responses: [{ ...text, from: 2 }, other] }]),
    referenceKey(source, [{ responses: [{ ids: Uint32Array.of(1, 2), from: 1 }, other] }]),
  ];
  assert.equal(new Set(variants).size, variants.length);
});

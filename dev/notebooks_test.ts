/** The examples run, and their notebooks are theirs. */
import assert from "node:assert/strict";
import { exampleNames, EXAMPLES, notebookOf } from "./notebooks.ts";

const log = console.log;

for (const name of await exampleNames()) {
  Deno.test(`examples/${name}.ts runs and says something, and its notebook has the same cells`, async () => {
    const said: unknown[][] = [];
    console.log = (...words) => said.push(words);
    try {
      await import(new URL(`${name}.ts`, EXAMPLES).href);
    } finally {
      console.log = log;
    }
    assert.ok(said.length > 1);
    const source = await Deno.readTextFile(new URL(`${name}.ts`, EXAMPLES));
    assert.ok(source.split("\n").length <= 50, "an example is to be short");
    // After a change: deno task notebooks.
    assert.equal(await Deno.readTextFile(new URL(`${name}.ipynb`, EXAMPLES)), notebookOf(source));
  });
}

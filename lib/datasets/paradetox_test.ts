import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { loadParaDetox, parseParaDetox } from "./paradetox.ts";
import { encode, realData } from "./data_test_helpers.ts";

const HEADER = "toxic\tneutral1\tneutral2\tneutral3\n";

Deno.test("one to three rewrites a sentence, quoted line ends and all", () => {
  const rows = parseParaDetox(encode(`${HEADER}a\tb\t\tc\n"d\ne"\tf\tg\th\n`));
  assert.deepEqual(rows, [{ toxic: "a", neutral: ["b", "c"] }, { toxic: "d\ne", neutral: ["f", "g", "h"] }]);
});

Deno.test("a row without sentence or rewrite is named by its number, not by its text", () => {
  for (const row of ["\tb\t\t", "a\t\t\t"]) {
    assert.throws(() => parseParaDetox(encode(`${HEADER}x\ty\t\t\n${row}\n`)), {
      name: "TypeError",
      message: "paradetox.tsv: row 1 has no sentence or no rewrite",
    });
  }
});

const store = await realData("paradetox");

Deno.test({
  ...needingData({ paradetox: store }, "real data: counts and lengths as a separate reading of the file found them"),
  async fn() {
    const rows = await loadParaDetox(store!);
    // Reference: Python's csv.
    assert.equal(rows.length, 11927);
    assert.deepEqual([1, 2, 3].map((n) => rows.filter(({ neutral }) => neutral.length === n).length), [
      5973,
      4092,
      1862,
    ]);
    assert.equal(rows.filter(({ toxic, neutral }) => toxic === neutral[0]).length, 97);
    const characters = (texts: readonly string[]) => texts.reduce((sum, text) => sum + [...text].length, 0);
    assert.equal(characters(rows.map(({ toxic }) => toxic)), 662802);
    assert.equal(characters(rows.flatMap(({ neutral }) => neutral)), 913584);
  },
});

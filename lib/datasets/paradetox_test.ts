import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { loadParaDetox, parseParaDetox } from "./paradetox.ts";
import { encode, realData } from "./data_test_helpers.ts";

const HEADER = "toxic\tneutral1\tneutral2\tneutral3\n";

Deno.test("one to three rewrites a sentence, quoted line ends and all", async () => {
  const rows = await parseParaDetox(encode(`${HEADER}a\tb\t\tc\n"d\ne"\tf\tg\th\n`));
  assert.deepEqual(rows, [{ toxic: "a", neutral: ["b", "c"] }, { toxic: "d\ne", neutral: ["f", "g", "h"] }]);
});

Deno.test("a row without sentence or rewrite is named by its number, not by its text", async () => {
  const cases = {
    "\tb\t\t": ', column "toxic": expected a text, got an empty text',
    "a\t\t\t": ": expected a rewrite, got an object",
  };
  for (const [row, what] of Object.entries(cases)) {
    await assert.rejects(parseParaDetox(encode(`${HEADER}x\ty\t\t\n${row}\n`)), {
      name: "TypeError",
      message: `paradetox.tsv: row 2 (line 3)${what}`,
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

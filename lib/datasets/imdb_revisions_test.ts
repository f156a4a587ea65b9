import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { loadImdbRevisions, parseImdbRevisions } from "./imdb_revisions.ts";
import { encode, realData } from "./data_test_helpers.ts";

const parse = (...rows: string[]) =>
  parseImdbRevisions(encode(["Sentiment\tText\tbatch_id", ...rows, ""].join("\n")), "dev_paired.tsv");

Deno.test("rows of one number are a pair, in whatever order they stand", async () => {
  assert.deepEqual(await parse("Positive\ta\t4", "Negative\tb\t9", "Negative\tc\t4", "Positive\td\t9"), [
    { positive: "a", negative: "c" },
    { positive: "d", negative: "b" },
  ]);
});

Deno.test("what is no pair is named", async () => {
  await assert.rejects(parse("Positive\ta\t4", "Positive\tb\t4"), {
    name: "TypeError",
    message: "dev_paired.tsv: two rows of 4 are Positive",
  });
  for (const rows of [["Positive\ta\t4"], ["Positive\ta\t4", "Negative\tb\t4", "Mixed\tc\t4"]]) {
    await assert.rejects(parse(...rows), {
      name: "TypeError",
      message: "dev_paired.tsv: 4 is no pair of one Positive and one Negative wording",
    });
  }
});

const store = await realData("imdb-revisions");

Deno.test({
  ...needingData(
    { "imdb-revisions": store },
    "real data: counts and lengths as a separate reading of the files found them",
  ),
  async fn() {
    const pairs = await loadImdbRevisions(store!);
    // Reference: Python's csv.
    assert.equal(pairs.length, 1707 + 245 + 488);
    assert.equal(pairs.filter(({ positive, negative }) => positive === negative).length, 2);
    const characters = (key: "positive" | "negative") => pairs.reduce((sum, pair) => sum + [...pair[key]].length, 0);
    assert.equal(characters("positive"), 1548997 + 227023 + 441918);
    assert.equal(characters("negative"), 1568659 + 230018 + 448232);
  },
});

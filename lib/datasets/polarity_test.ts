import assert from "node:assert/strict";
import { zipSync } from "fflate";
import { needingData } from "../optional/skipping.ts";
import { loadPolarity, parsePolarity } from "./polarity.ts";
import { encode, realData } from "./data_test_helpers.ts";

const zip = (files: Record<string, Uint8Array>) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`folder/${name}`, bytes])));

Deno.test("favourable sentences come first, without the space at line ends", async () => {
  const data = await parsePolarity(
    zip({ "rt-polarity.neg": encode("dull . \n"), "rt-polarity.pos": encode("délicieux . \r\nfun") }),
  );
  assert.deepEqual(data, { n: 3, texts: ["délicieux .", "fun", "dull ."], positive: Uint8Array.of(1, 1, 0) });
});

Deno.test("nothing is skipped: blank lines, a list that is missing, there twice, or not UTF-8, are refused", async () => {
  const good = encode("fun\n");
  const cases: [Record<string, Uint8Array>, string][] = [
    [{ "rt-polarity.pos": good }, "holds 0 files rt-polarity.neg, expected one"],
    [
      { "rt-polarity.pos": good, "rt-polarity.neg": good, "copy/rt-polarity.pos": good },
      "holds 2 files rt-polarity.pos, expected one",
    ],
    [{ "rt-polarity.pos": good, "rt-polarity.neg": encode("dull\n \nslow\n") }, "rt-polarity.neg: line 2 is blank"],
    [{ "rt-polarity.pos": encode("fun\n\n"), "rt-polarity.neg": good }, "rt-polarity.pos: line 2 is blank"],
    [{ "rt-polarity.pos": good, "rt-polarity.neg": encode("") }, "rt-polarity.neg is empty"],
  ];
  for (const [files, why] of cases) {
    await assert.rejects(parsePolarity(zip(files)), { name: "TypeError", message: `sentence_polarity.zip: ${why}` });
  }
  await assert.rejects(parsePolarity(zip({ "rt-polarity.pos": Uint8Array.of(0xff), "rt-polarity.neg": good })), {
    name: "UserError",
    message: /^sentence_polarity.zip: rt-polarity.pos:1: is no UTF-8/,
  });
});

const store = await realData("polarity");

Deno.test({
  ...needingData({ polarity: store }, "real data: counts and ends as a separate reading of the archive found them"),
  async fn() {
    const { n, texts, positive } = await loadPolarity(store!);
    // Reference: Python's zipfile.
    assert.equal(n, 10662);
    assert.equal(positive.reduce((a, b) => a + b, 0), 5331);
    assert.equal(new Set(texts).size, n);
    const characters = (label: number) =>
      texts.reduce((sum, text, i) => positive[i] === label ? sum + [...text].length : sum, 0);
    assert.deepEqual([characters(1), characters(0)], [615524, 601641]);
    assert.ok(texts[5331].startsWith("simplistic , silly and tedious"));
  },
});

import assert from "node:assert/strict";
import { zipSync } from "fflate";
import { needingData } from "../optional/skipping.ts";
import { loadPolarity, parsePolarity } from "./polarity.ts";
import { encode, realData } from "./testing.ts";

const zip = (files: Record<string, Uint8Array>) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`folder/${name}`, bytes])));

Deno.test("favourable sentences come first; blank lines and the space at line ends are dropped", async () => {
  const data = await parsePolarity(
    zip({ "rt-polarity.neg": encode("dull . \n\n"), "rt-polarity.pos": encode("délicieux . \nfun") }),
  );
  assert.deepEqual(data, { n: 3, texts: ["délicieux .", "fun", "dull ."], positive: Uint8Array.of(1, 1, 0) });
});

Deno.test("an archive without one of the lists, or with bytes that are not UTF-8, is refused", async () => {
  await assert.rejects(parsePolarity(zip({ "rt-polarity.pos": encode("fun") })), {
    name: "TypeError",
    message: "sentence_polarity.zip: holds no rt-polarity.neg",
  });
  await assert.rejects(
    parsePolarity(zip({ "rt-polarity.pos": Uint8Array.of(0xff), "rt-polarity.neg": encode("dull") })),
    TypeError,
  );
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

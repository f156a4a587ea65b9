import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { loadSami, parseConstitutions, parseSummaries, samiModels, samiWriters } from "./sami.ts";
import { encode, realData } from "./data_test_helpers.ts";

const file = {
  constitution: { 0: "1. Be brief.\n2. Be thorough." },
  question: { 0: "A post." },
  response: { 0: "A summary." },
};
const parse = (value: unknown) => parseSummaries(encode(JSON.stringify(value)), "a.json");

Deno.test("bad files name path, field and entry", () => {
  const fails = (value: unknown, message: string) =>
    assert.throws(() => parse(value), { name: "TypeError", message: `a.json${message}` });
  const uneven = ": expected as many summaries and constitutions as posts, got an object";
  fails([], ', column "question": expected posts, summaries and constitutions, got undefined');
  fails(
    { ...file, response: undefined },
    ', column "response": expected posts, summaries and constitutions, got undefined',
  );
  fails({ ...file, response: { 1: "b" } }, ', column "response": expected texts numbered from 0 on, got an object');
  fails({ ...file, response: { 0: "" } }, ', column "response.0": expected a text, got an empty text');
  fails({ ...file, response: { 0: "a", 1: "b" } }, uneven);
  fails({ ...file, constitution: {} }, uneven);
  fails(
    { ...file, constitution: { 0: "1. Be brief.\n2. Be concise." } },
    ': "constitution" 0 is not of two principles',
  );
  assert.throws(() => parseConstitutions(encode('{"positive": "a"}'), "0.json"), {
    name: "TypeError",
    message: '0.json, column "negative": expected both constitutions, got undefined',
  });
});

const store = await realData("sami");

Deno.test({
  ...needingData({ sami: store }, "real data: counts and lengths as a separate reading of the files found them"),
  async fn() {
    const { posts, constitutions, summaries } = await loadSami(store!);
    // Reference: Python's json; words by str.split().
    assert.equal(posts.length, 250);
    assert.equal(new Set(posts).size, 250);
    const words = (model: typeof samiModels[number], writer: typeof samiWriters[number]) =>
      summaries[model][writer].texts.reduce((sum, text) => sum + text.trim().split(/\s+/).length, 0) / 250;
    assert.deepEqual(samiWriters.map((writer) => samiModels.map((model) => words(model, writer))), [
      [97.84, 94.532, 91.256, 47.368],
      [92.832, 87.828, 85.468, 75.204],
    ]);
    for (const writer of samiWriters) {
      assert.equal(constitutions[writer].length, 6);
      assert.equal(new Set(constitutions[writer].map(({ positive }) => positive.replaceAll(/\s+/g, " "))).size, 2);
      for (const model of samiModels) {
        const { conciseFirst } = summaries[model][writer];
        assert.equal(conciseFirst.reduce((a, b) => a + b), 118);
        assert.deepEqual(conciseFirst, summaries.base.opus.conciseFirst);
      }
    }
  },
});

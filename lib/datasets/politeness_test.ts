import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { loadPoliteness, parsePoliteness } from "./politeness.ts";
import { encode, realData } from "./data_test_helpers.ts";

const row = { instruction: "Add.", input: "", output: "2", rejected: "2, duh.", chosen: "It is 2." };
const parse = (value: unknown) => parsePoliteness(encode(JSON.stringify(value)));

Deno.test("pairs keep file order and leave out the unrated answer", () => {
  assert.deepEqual(parse([row, { ...row, input: "1 + 1" }]), [
    { instruction: "Add.", input: "", chosen: "It is 2.", rejected: "2, duh." },
    { instruction: "Add.", input: "1 + 1", chosen: "It is 2.", rejected: "2, duh." },
  ]);
});

Deno.test("a bad file names row and field", () => {
  const name = "instruction-data-with-preference.json";
  const cases: [unknown, string][] = [
    [{}, ": expected a list, got an object"],
    [[row, { ...row, rejected: 2 }], ', column "1.rejected": expected a text, got 2'],
    [[row, { ...row, output: undefined }], ', column "1.output": expected a row with all its texts, got undefined'],
    [[null], ', column "0": expected a row with all its texts, got null'],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => parse(value), { name: "TypeError", message: name + message });
  }
});

const store = await realData("politeness");

Deno.test({
  ...needingData({ politeness: store }, "real data: counts and lengths as a separate reading of the file found them"),
  async fn() {
    const pairs = await loadPoliteness(store!);
    // Reference: Python's json.
    assert.equal(pairs.length, 1100);
    assert.equal(pairs.filter(({ chosen, rejected }) => chosen === rejected).length, 6);
    assert.equal(pairs.filter(({ input }) => input === "").length, 775);
    const characters = (key: "chosen" | "rejected") => pairs.reduce((sum, pair) => sum + [...pair[key]].length, 0);
    assert.deepEqual([characters("chosen"), characters("rejected")], [66944, 64310]);
    assert.equal(new Set(pairs.flatMap(({ chosen, rejected }) => [chosen, rejected])).size, 2194);
  },
});

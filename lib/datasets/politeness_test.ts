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
  assert.throws(() => parse({}), { name: "TypeError", message: `${name}: expected a list` });
  const message = `${name}: row 1: "rejected" is no text`;
  assert.throws(() => parse([row, { ...row, rejected: 2 }]), { name: "TypeError", message });
  assert.throws(() => parse([null]), { name: "TypeError", message: `${name}: row 0: "instruction" is no text` });
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

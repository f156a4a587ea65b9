import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { loadHarmless, parseHarmless } from "./harmless.ts";
import { encode, realData } from "./data_test_helpers.ts";

const dialogue = (...replies: string[]) => replies.map((r) => `\n\nHuman: Well?\n\nAssistant: ${r}`).join("");
const parse = (...rows: unknown[]) => parseHarmless(encode(rows.map((row) => JSON.stringify(row) + "\n").join("")));

Deno.test("the last reply is compared, on the same dialogue only", async () => {
  const { pairs, counts } = await parse(
    { chosen: dialogue("One.", "Two."), rejected: dialogue("One.", "Three.") },
    { chosen: dialogue("One.", "Two."), rejected: dialogue("Four.", "Two.") },
  );
  assert.deepEqual(pairs, [{ prompt: dialogue("One.") + "\n\nHuman: Well?", chosen: "Two.", rejected: "Three." }]);
  assert.deepEqual(counts, { rows: 2, leftOut: 1 });
});

Deno.test("a bad line is named", async () => {
  const good = { chosen: dialogue("a"), rejected: dialogue("b") }, line = JSON.stringify(good);
  const cases = {
    [JSON.stringify({ ...good, rejected: "b" })]:
      ', column "rejected": expected a dialogue with a reply, got another text',
    [JSON.stringify({ chosen: good.chosen })]: ', column "rejected": expected a dialogue with a reply, got null',
  };
  for (const [bad, what] of Object.entries(cases)) {
    const message = `harmless-base/test.jsonl.gz: row 2 (line 2)${what}`;
    await assert.rejects(parseHarmless(encode(`${line}\n${bad}\n${line}\n`)), { name: "TypeError", message });
  }
  for (const bad of [line.slice(0, -1), "null", "3"]) {
    const refused = { name: "UserError", message: /^harmless-base\/test.jsonl.gz: line 2: is no JSON/ };
    await assert.rejects(parseHarmless(encode(`${line}\n${bad}\n${line}\n`)), refused);
  }
  assert.equal((await parseHarmless(encode(`${line}\r\n${line}`))).counts.rows, 2);
});

const store = await realData("harmless");

Deno.test({
  ...needingData({ harmless: store }, "real data: counts and lengths as a separate reading of the file found them"),
  async fn() {
    const { pairs, counts } = await loadHarmless(store!);
    // Reference: Python's json.
    assert.equal(pairs.length, 2307);
    assert.deepEqual(counts, { rows: 2312, leftOut: 5 });
    const characters = (key: keyof typeof pairs[number]) => pairs.reduce((sum, pair) => sum + [...pair[key]].length, 0);
    assert.deepEqual([characters("prompt"), characters("chosen"), characters("rejected")], [1093077, 384774, 483955]);
  },
});

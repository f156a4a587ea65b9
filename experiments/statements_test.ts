/** What holds of the statements of all claims. */
import assert from "node:assert/strict";
import { experiments } from "./all.ts";

/** A number, in digits or as a word. */
const NUMBER = /\d|\b(half|halves|twice|quarter|fifth|tenth|hundredth|point)\b/;

Deno.test("a bound stands in the statement that it decides, but 0 of a difference and 1 of a ratio", async () => {
  let bounded = 0;
  for (const [name, load] of Object.entries(experiments)) {
    for (const { claims } of (await load()).default.questions) {
      for (const { id, statement, rule: { above, below } } of claims) {
        if (![above, below].some((bound) => Number.isFinite(bound) && bound !== 0 && bound !== 1)) continue;
        assert.match(statement, NUMBER, `${name}: ${id}`);
        bounded++;
      }
    }
  }
  assert.ok(bounded > 100, `${bounded} claims with a bound of their own`);
});

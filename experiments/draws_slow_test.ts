/** Verdicts of a whole experiment under other bootstrap draws. */
import assert from "node:assert/strict";
import { startBackend } from "../lib/tensor/backend.ts";
import compare from "./compare.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

Deno.test("no verdict depends on the bootstrap draws: under other seeds it is the same, or withheld", async () => {
  await startBackend("cpu");
  const run = await runInProcess(compare, [
    "--preset",
    "smoke",
    "--seeds",
    "10",
    "--prompts",
    "3",
    "--n",
    "30",
    "--sizes",
    "20,30",
    "--steps",
    "3",
  ]);
  const [first, ...others] = [0, 1, 2].map((draws) => reportOf(compare, run, draws).claims);
  let drawn = 0;
  for (const claims of others) {
    claims.forEach(({ id, verdict, evidence }, i) => {
      if (evidence?.lower !== first[i].evidence?.lower) drawn++;
      const verdicts = new Set([verdict, first[i].verdict].filter((told) => told !== "inconclusive"));
      assert.ok(verdicts.size <= 1, `${id}: ${[...verdicts]}`);
    });
  }
  assert.ok(drawn > 0, "no claim of compare rests on draws");
});

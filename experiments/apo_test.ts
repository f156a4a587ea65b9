import assert from "node:assert/strict";
import { testMadeWorlds } from "./any_experiment_test_helpers.ts";
import apo from "./apo.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

const SMALL = [
  ...["--preset", "smoke", "--prompts", "8", "--held-out", "4", "--drafts", "4"],
  ...["--versions", "2", "--epochs", "3"],
];

testMadeWorlds(apo, {
  flags: SMALL,
  engine: "cpu",
  again: "clair,kto,apo-down",
  between: "dpo",
  lone: "kto",
  beside: "kto,sft,apo-zero",
  few: ["--kls", "0.1", "--noises", "0", "--epochs", "1"],
});

Deno.test("the first slopes on winners are exact: 0 for down, -1/4 for zero, -1/2 for DPO", async () => {
  const report = reportOf(apo, await runInProcess(apo, [...SMALL, "--only", "synthetic"]));
  const exact = report.claims.filter(({ id }) => id.startsWith("first-slope-"));
  assert.deepEqual(exact.map(({ evidence }) => evidence!.estimate), [0, -0.25, -0.5]);
});

import assert from "node:assert/strict";
import { testMadeWorlds } from "./any_experiment_test_helpers.ts";
import { runInProcess } from "./in_process_test_helpers.ts";
import sami from "./sami.ts";

/** Small enough for a test; three seeds, so that every interval has a width. */
const TINY = ["--preset", "smoke", "--queries", "3", "--responses", "8", "--junk", "2"];
TINY.push("--steps", "2,3", "--batch", "16", "--longer", "1,2", "--longest", "3", "--vocabulary", "2");

testMadeWorlds(sami, {
  flags: TINY,
  again: "sami,dpo",
  between: "sami-kl",
  lone: "sami-continue",
  beside: "sami,sami-continue,best-of-n",
  few: ["--longer", "1", "--links", "0,1", "--spreads", "1", "--training", "2", "--principles", "1"],
});

Deno.test("lists that leave a claim without its numbers are refused in a line", async () => {
  const fails = (args: readonly string[], message: string) =>
    assert.rejects(runInProcess(sami, [...TINY, "--only", "synthetic", ...args]), { name: "UserError", message });
  await fails(["--links", "0.3"], "--links: expected 0 and at least one link above it, such as 0,0.3, got 0.3");
  await fails(["--writer-noise", "0"], "--writer-noise: claims need 0, 0.2 and 0.5 among the levels, got 0");
  await fails(
    ["--training", "2,13"],
    "--training: 4 principles make 16 constitutions, of which 4 are held out: expected at most 12, got 13",
  );
});

import assert from "node:assert/strict";
import { testMadeWorlds } from "./any_experiment_test_helpers.ts";
import distribution from "./distribution.ts";
import { runInProcess } from "./in_process_test_helpers.ts";

/** Small enough for a test; three seeds, so that every interval has a width. */
const TINY = ["--preset", "smoke", "--contexts", "3", "--actions", "4", "--steps", "1,10"];

testMadeWorlds(distribution, {
  flags: TINY,
  again: "pmle,distill-fresh,apo-zero",
  between: "dpo,rebel",
  lone: "distill-fresh",
  beside: "distill-fresh,pmle-kl,dpo",
  few: [
    ...["--sizes", "64,128", "--small-sizes", "64", "--spreads", "0.5", "--tilts", "0", "--noises", "0"],
    ...["--gamma-ratios", "1", "--confounding", "0"],
  ],
});

Deno.test("one size has no slope", async () => {
  await assert.rejects(runInProcess(distribution, [...TINY, "--only", "synthetic", "--sizes", "64"]), {
    name: "UserError",
    message: "--sizes: a slope needs at least two sizes, such as 4096,65536",
  });
});

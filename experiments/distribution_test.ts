import assert from "node:assert/strict";
import { testMadeWorlds } from "./any_experiment_test_helpers.ts";
import distribution from "./distribution.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

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

Deno.test("one size has no slope: claims about it say so, the rest is drawn", async () => {
  const run = await runInProcess(distribution, [...TINY, "--questions", "rates", "--sizes", "64"]);
  const { claims, sections: [rates] } = reportOf(distribution, run);
  const rate = claims.find(({ id }) => id === "rate-pmle")!;
  assert.deepEqual([rate.verdict, rate.note], ["not run", "this needs two values of --sizes or more"]);
  assert.match(rates.figures[0].caption, /^KL\(π\* ‖ π\), largest n, widest logits: from /);
});

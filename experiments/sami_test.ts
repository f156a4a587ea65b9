import assert from "node:assert/strict";
import { startBackend } from "../lib/tensor/backend.ts";
import { replaced, testMadeWorlds, testRealData } from "./any_experiment_test_helpers.ts";
import { runAndDraw } from "./drawn_test_helpers.ts";
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
  // Shares of a gain need one that three seeds agree on.
  clear: [
    ...["--queries", "8", "--responses", "16", "--junk", "1", "--link", "1", "--junk-link", "0.1"],
    ...["--steps", "8,9", "--batch", "64", "--rate", "0.2"],
  ],
  few: ["--longer", "1", "--links", "0,1", "--spreads", "1", "--training", "2", "--principles", "1"],
});

Deno.test("options that leave claims without their numbers draw the rest, and say what is needed", async () => {
  await startBackend("cpu");
  const why = async (...args: string[]) => {
    const { claims } = await runAndDraw(sami, replaced([...TINY, "--only", "synthetic"], args));
    return Object.fromEntries(claims.map(({ id, verdict, note }) => [id, verdict === "not run" ? note : verdict]));
  };
  const one = await why("--questions", "link,writer", "--links", "0.3", "--writer-noise", "0.2", "--seeds", "2");
  assert.equal(one["no-link-no-gain"], "this needs 0 among --links");
  assert.equal(one["link-matters"], "this needs 0 among --links");
  assert.equal(one["weak-writer"], "this needs 0 among --writer-noise");
  assert.equal(one["blind-writer"], "this needs 0.5 among --writer-noise");
  // Nothing tells constitutions apart: ratios of mutual information would be of rounding errors.
  const silent = await why("--questions", "information,sides,link", "--link", "0", "--junk-link", "0");
  assert.match(silent["information-rises"]!, /^this needs --link or --junk-link of 0.01 or more/);
  assert.match(silent["no-link-information"]!, /^this needs --junk-link of 0.01 or more/);
  const faint = await why("--questions", "link,writer", "--junk-link", "1e-6", "--rate", "1e-6");
  assert.match(faint["no-link-information"]!, /^this needs --junk-link of 0.01 or more/);
  assert.equal(faint["weak-writer"], "this needs the gain without noise to be above 0 over seeds");
  const once = await why("--questions", "over-optimisation,restart,length", "--steps", "2", "--longer", "3");
  assert.equal(once["overtraining-wins"], "this needs two values of --longer or more");
  assert.equal(once["few-steps-prevent"], "this needs 1 among --longer");
  assert.equal(once["iterating-helps"], "this needs two values of --steps or more");
  // The best of so many that some responses never come up.
  assert.notEqual((await why("--questions", "labels", "--best-of", "1000"))["sami-wins"], undefined);
});

Deno.test("options that cannot go together are refused in a line", async () => {
  const fails = (args: readonly string[], message: string) =>
    assert.rejects(runInProcess(sami, replaced([...TINY, "--only", "synthetic"], args)), {
      name: "UserError",
      message,
    });
  await fails(["--junk", "7"], "--junk: of 8 --responses two are not junk: expected at most 6, got 7");
  await fails(
    ["--training", "2,13"],
    "--training: 4 principles make 16 constitutions, of which 4 are held out: expected at most 12, got 13",
  );
});

await testRealData(sami, {
  flags: ["--preset", "smoke", "--steps", "2,3", "--batch", "16", "--bootstraps", "10"],
  engine: "wasm",
  datasets: ["sami", "stories-260k"],
  arm: "sami",
});

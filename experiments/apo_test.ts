import assert from "node:assert/strict";
import { startBackend } from "../lib/tensor/backend.ts";
import { replaced, testMadeWorlds } from "./any_experiment_test_helpers.ts";
import apo from "./apo.ts";
import { firstSlopes } from "./apo/field.ts";
import { runAndDraw } from "./drawn_test_helpers.ts";
import { runInProcess } from "./in_process_test_helpers.ts";

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
  // So near that every run gets there by itself.
  clear: ["--kls", "0.001", "--epochs", "12", "--sgd-rate", "1"],
});

Deno.test("the first slopes on winners are exact: 0 for down, -1/4 for zero, -1/2 for DPO", async () => {
  await startBackend("cpu");
  const slopes = (["apo-down", "apo-zero", "dpo"] as const).map((arm) => firstSlopes(arm).chosen);
  assert.deepEqual(slopes, [0, -0.25, -0.5]);
});

Deno.test("options that leave claims without their numbers draw the rest, and say what is needed", async () => {
  await startBackend("cpu");
  const why = async (...args: string[]) => {
    const { claims } = await runAndDraw(apo, replaced([...SMALL, "--only", "synthetic"], args));
    return Object.fromEntries(claims.map(({ id, verdict, note }) => [id, verdict === "not run" ? note : verdict]));
  };
  const one = await why("--noises", "0", "--kls", "0.1", "--epochs", "1", "--seeds", "2");
  assert.equal(one["noisy-clair-beats-judge-dpo"], "this needs a value of --noises of 0.2 or more");
  assert.equal(one["zero-raises-winners"], "this needs --epochs above 1");
  // Steps so small that a run is prolonged ten million times: no such point is tested.
  const slow = await why("--questions", "frontier", "--sgd-rate", "1e-6", "--beta", "0.001");
  assert.equal(
    slow["equal-kl-zero-beats-dpo"],
    "this needs runs that get 0.5 nats from π0 by themselves: some of APO-zero on CLAIR ended before",
  );
});

Deno.test("a run that goes wrong, and what cannot be computed, are one line that names the options", async () => {
  const fails = (args: readonly string[], message: string | RegExp) =>
    assert.rejects(runInProcess(apo, replaced([...SMALL, "--only", "synthetic"], args)), {
      name: "UserError",
      message,
    });
  await fails(
    ["--questions", "gain", "--arms", "ipo", "--sgd-rate", "10", "--beta", "100"],
    /training stopped: weight \d, on clair with SGD, is -?\d+(\.\d+)? \(arm ipo, seed \d, step \d\); it runs with .*--beta 100/,
  );
  await fails(
    ["--questions", "frontier", "--arms", "dpo", "--kls", "2.5", "--drafts", "2"],
    /: 2.5 nats is farther from π0 than training goes, however long \(arm dpo, seed 0\): ask for less with --kls/,
  );
  await fails(
    ["--seeds", "500", "--prompts", "5000", "--drafts", "50", "--versions", "10"],
    "(--prompts + --held-out) × --drafts × --versions: the worlds of 20 seeds take 4.8 GB, expected at most 2 GB: make " +
      "one of them smaller",
  );
});

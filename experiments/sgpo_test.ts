import assert from "node:assert/strict";
import { linesOf, testMadeWorlds, testRealData } from "./any_experiment_test_helpers.ts";
import { runInProcess } from "./in_process_test_helpers.ts";
import sgpo from "./sgpo.ts";

/** Small enough for a test; three seeds, so that every interval has a width. */
const SMALL = ["--preset", "smoke", "--prompts", "120", "--held-out", "10", "--features", "4", "--candidates", "4"];
const TINY = [...SMALL, "--law-pairs", "20", "--alternations", "3", "--bias-rounds", "2"];

const run = (args: readonly string[]) => runInProcess(sgpo, [...args, "--only", "synthetic"]);

testMadeWorlds(sgpo, {
  flags: TINY,
  again: "self-dpo,ssapo-probability,sgpo-free",
  between: "dpo-all,ipo",
  lone: "ssapo-margin",
  beside: "ssapo-margin,pair-ranker,dpo",
  few: [
    ...["--noises", "0.25", "--epsilons", "0,0.1", "--seed-shares", "0.1", "--rechecks", "0"],
    ...["--confounding", "1", "--groups", "10"],
  ],
});

Deno.test("with ε = 0 the self-annotating game is self-DPO to the bit, in both spaces", async () => {
  const { csv } = await run([...TINY, "--epsilon", "0", "--arms", "self-dpo,ssapo-margin,ssapo-probability"]);
  const rounds = (arm: string) =>
    linesOf(csv, arm).filter((line) => ["rounds", "lock-in"].includes(line.split(",")[2]))
      .map((line) => line.split(",").toSpliced(3, 1).join());
  assert.ok(rounds("self-dpo").length > 100);
  assert.deepEqual(rounds("ssapo-margin"), rounds("self-dpo"));
  assert.deepEqual(rounds("ssapo-probability"), rounds("self-dpo"));
});

Deno.test("lists that leave nothing to compare are refused in a line", async () => {
  await assert.rejects(run([...TINY, "--epsilons", "0.1,0.2"]), {
    name: "UserError",
    message: "--epsilons: expected 0, which is self-DPO, and at least one more, such as 0,0.05",
  });
  await assert.rejects(run([...TINY, "--pieces", "5"]), {
    name: "UserError",
    message: "--pieces: expected two numbers or more, such as 3,33",
  });
  await assert.rejects(run([...TINY, "--distances", "0,0.1"]), {
    name: "UserError",
    message: "--distances: expected two above 0 or more, such as 0,0.1,0.4",
  });
});

await testRealData(sgpo, {
  flags: ["--preset", "smoke", "--text-pairs", "200"],
  datasets: ["politeness", "harmless", "paradetox"],
  arm: "ipo",
});

import assert from "node:assert/strict";
import { linesOf, replaced, testMadeWorlds, testRealData } from "./any_experiment_test_helpers.ts";
import { runAndDraw } from "./drawn_test_helpers.ts";
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

Deno.test("options that leave claims without their numbers draw the rest, and say what is needed", async () => {
  const why = async (...args: string[]) => {
    const { claims } = await runAndDraw(sgpo, replaced([...TINY, "--only", "synthetic"], args));
    return Object.fromEntries(claims.map(({ id, verdict, note }) => [id, verdict === "not run" ? note : verdict]));
  };
  const near = await why("--questions", "shifts", "--game-radius", "0.001");
  assert.match(near["shifts-contrast-ssapo-margin-common-free"]!, /^(holds|fails|inconclusive)$/, "0 is no shift");
  const still = await why("--questions", "shifts", "--distances", "0", "--seeds", "2");
  assert.equal(still["shifts-contrast-ssapo-margin-common-free"], "this needs a value of --distances above 0");
  assert.equal(still["shifts-linear-flips"], "this needs two values of --distances above 0 or more");
  const far = await why("--questions", "shifts", "--distances", "5,10");
  assert.equal(far["shifts-linear-flips"], "this needs distances that the law can shift by; 10 is too far");
  const one = await why(
    "--questions",
    "radius,pieces,grouping",
    "--epsilons",
    "0.1",
    "--pieces",
    "5",
    "--groups",
    "120",
  );
  assert.equal(one["radius-small-helps"], "this needs 0 among --epsilons");
  assert.equal(one["grouping-ssapo-margin"], "this needs --groups smaller than --prompts, 120");
  const alone = await why("--questions", "groups", "--groups", "10");
  assert.equal(alone["groups-gain"], "this needs two values of --groups or more");
  const noisy = await why("--questions", "rounds,lock-in,confounded-seed", "--noises", "0.25", "--epsilon", "0");
  assert.equal(noisy["rounds-ranking"], "this needs 0 among --noises");
  assert.equal(noisy["rounds-robust"], "this needs --epsilon above 0");
  const same = await why("--questions", "lock-in,confounded-seed", "--rechecks", "0", "--confounding", "1");
  assert.equal(same["lock-in-recheck"], "this needs a value of --rechecks above 0");
  assert.equal(same["confounded-seed-hurts"], "this needs 0 among --confounding");
  // Labels this sure leave no wrong belief to keep.
  const sure = await why("--questions", "lock-in", "--spread", "100", "--bias", "0");
  assert.equal(sure["lock-in-kept"], "this needs two seeds or more that left a wrong belief");
});

await testRealData(sgpo, {
  flags: ["--preset", "smoke", "--text-pairs", "200", "--language-texts", "4", "--language-epochs", "1"],
  engine: "wasm",
  datasets: ["politeness", "harmless", "paradetox", "stories-260k"],
  arm: "ipo",
});

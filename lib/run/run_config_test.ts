import assert from "node:assert/strict";
import { experimentFlags, planRun } from "./plan.ts";
import { describeRun } from "./run_config.ts";
import { experimentOf, options, questionOf } from "./testing.ts";

const local = questionOf({ id: "scale", part: "benchmark", arms: ["ipw"] });
const speeches = questionOf({ id: "speeches", part: "benchmark", dataset: "hong-kong", arms: ["snipw"] });

async function describe(args: string[], backend = "none", questions = [questionOf(), local]) {
  const experiment = experimentOf(...questions);
  const plan = await planRun(experiment, experimentFlags(experiment, args), undefined);
  return await describeRun("demo", args, plan, backend);
}
const identity = async (...args: string[]) => (await describe(args)).identity;

Deno.test("the identity changes with everything that decides a number or which rows there are", async () => {
  const seen = new Set([await identity()]);
  for (
    const args of [
      ["--seed", "2"],
      ["--seeds", "5"],
      ["--strengths", "0"],
      ["--preset", "smoke"],
      ["--only", "synthetic"],
      ["--arms", "cpo"],
      ["--arms", "ipw"],
    ]
  ) {
    const now = await identity(...args);
    assert.ok(!seen.has(now), args.join(" "));
    seen.add(now);
  }
  for (const backend of ["wasm", "cpu"]) {
    const now = (await describe([], backend)).identity;
    assert.ok(!seen.has(now), backend);
    seen.add(now);
  }
});

Deno.test("it does not change with where and how a run happens, or with how the same is said", async () => {
  const plain = await identity();
  for (
    const args of [
      ["--workers", "3"],
      ["--out", "reports/elsewhere"],
      ["--fresh"],
      ["--preset", "quick"],
      ["--seeds", String(options.seeds.values.quick)],
    ]
  ) assert.equal(await identity(...args), plain, args.join(" "));
  assert.equal(await identity("--arms", "cpo,ipw"), await identity("--arms", "ipw,cpo"));
});

Deno.test("data that arrive later continue the same run", async () => {
  // Whether or not the data set is at hand here, it decides which questions run but not whose rows these are.
  const experiment = experimentOf(questionOf(), speeches);
  const plan = await planRun(experiment, experimentFlags(experiment, []), undefined);
  const [value] = plan.questions;
  const without = await describeRun("demo", [], { ...plan, questions: [value] }, "none");
  const withData = await describeRun(
    "demo",
    [],
    { ...plan, questions: [value, { question: speeches, arms: speeches.arms }] },
    "none",
  );
  assert.equal(withData.identity, without.identity);
  assert.equal(Object.keys(without.data).length, 0);
  assert.equal(Object.keys(withData.data).length, 2);
});

Deno.test("a configuration records what was asked, with what, and what will run", async () => {
  const config = await describe(["--preset", "smoke", "--arms", "dr-cpo"]);
  assert.equal(config.command, "deno task demo --preset smoke --arms dr-cpo");
  assert.equal(config.preset, "smoke");
  assert.deepEqual(config.questions, { value: { arms: ["dr-cpo"], seeds: 3 } });
  assert.deepEqual(config.options, { seeds: 3, seed: 1, texts: 20, strengths: [0, 1], bootstraps: 100 });
  assert.equal(config.versions.deno, Deno.version.deno);
  assert.equal(config.complete, false);
  assert.ok(!Number.isNaN(Date.parse(config.started)));
  assert.deepEqual(JSON.parse(JSON.stringify(config)), config, "nothing is lost in JSON");
});

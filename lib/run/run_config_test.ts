import assert from "node:assert/strict";
import { experimentFlags, planRun } from "./plan.ts";
import { describeRun } from "./run_config.ts";
import { experimentOf, options, questionOf } from "./demo_test_helpers.ts";

const local = questionOf({ id: "scale", part: "benchmark", arms: ["ipw"] });
const speeches = questionOf({ id: "speeches", part: "benchmark", dataset: "hong-kong", arms: ["snipw"] });

const module = import.meta.resolve("./testdata/toy.ts");

async function describe(args: string[], backend = "none", questions = [questionOf({ tensors: true }), local]) {
  const experiment = experimentOf(...questions);
  const plan = await planRun(experiment, experimentFlags(experiment, args), undefined);
  return await describeRun(experiment, module, args, plan, backend);
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

Deno.test("a question rests on its data set and its engine where it uses them, and on no other's", async () => {
  const experiment = experimentOf(questionOf({ tensors: true }), local, speeches);
  const plan = await planRun(experiment, experimentFlags(experiment, ["--only", "synthetic"]), undefined);
  const questions = [questionOf({ tensors: true }), local, speeches].map((question) => ({ question, arms: ["ipw"] }));
  const config = await describeRun(experiment, module, [], { ...plan, questions }, "wasm");
  const parts = Object.entries(config.questions).map(([id, { basis }]) => [id, ...Object.keys(basis)]);
  assert.deepEqual(parts, [
    ["value", "code", "Deno", "engine"],
    ["scale", "code", "Deno"],
    ["speeches", "code", "Deno", "data set hong-kong"],
  ]);
  assert.equal(Object.keys(config.data).length, 2);
});

Deno.test("a configuration records what was asked, with what, and what will run", async () => {
  const config = await describe(["--preset", "smoke", "--arms", "dr-cpo"]);
  assert.equal(config.command, "deno task demo --preset smoke --arms dr-cpo");
  assert.equal(config.preset, "smoke");
  const { arms, seeds, basis } = config.questions.value;
  assert.deepEqual({ arms, seeds, engine: basis.engine }, { arms: ["dr-cpo"], seeds: 3, engine: "none" });
  assert.deepEqual(Object.keys(config.questions), ["value"]);
  assert.deepEqual(config.options, { seeds: 3, seed: 1, texts: 20, strengths: [0, 1], bootstraps: 100 });
  assert.equal(config.versions.deno, Deno.version.deno);
  assert.equal(config.complete, false);
  assert.ok(!Number.isNaN(Date.parse(config.started)));
  assert.deepEqual(JSON.parse(JSON.stringify(config)), config, "nothing is lost in JSON");
});

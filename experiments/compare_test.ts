import assert from "node:assert/strict";
import { methodStyle } from "../lib/report/methods.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { Rng } from "../lib/tensor/random.ts";
import { testMadeWorlds } from "./any_experiment_test_helpers.ts";
import compare, { compareOf } from "./compare.ts";
import { measure } from "./compare/measures.ts";
import * as methods from "./compare/methods/mod.ts";
import { options as specs } from "./compare/options.ts";
import { type Method, withStudy } from "./compare/study.ts";
import { CENTRE, tasksOf } from "./compare/tasks.ts";
import { hinge } from "./compare/testdata/hinge.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

/** Small enough for a test; three seeds, so that every interval has a width. */
const TINY = ["--preset", "smoke", "--prompts", "3", "--n", "30", "--sizes", "20,30", "--steps", "3"];

testMadeWorlds(compare, {
  flags: TINY,
  engine: "cpu",
  again: "dpo,sami,dr-cpo",
  between: "kto",
  lone: "rlhf-fixed",
  beside: "rlhf-fixed,dpo,ssapo-probability",
});

Deno.test("a method is one file and one line: README's example runs, and stands in every question", async () => {
  await startBackend("cpu");
  const file = await Deno.readTextFile(new URL("./compare/testdata/hinge.ts", import.meta.url));
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  assert.ok(readme.includes(file.trim()), "README shows another file than the one tested");
  // What `export * from "./hinge.ts"` in methods/mod.ts adds.
  const extended = compareOf(Object.values({ ...methods, hinge }));
  const report = reportOf(extended, await runInProcess(extended, [...TINY, "--arms", "hinge,dpo,oracle"]));
  assert.equal(methodStyle("hinge").label, "Hinge");
  for (const { id, figures, tables } of report.sections) {
    assert.ok(figures.some(({ data }) => data.some(({ arm }) => arm === "hinge")), id);
    assert.ok(tables.some(({ rows }) => rows.some(({ arm }) => arm === "hinge")), id);
  }
});

Deno.test("with many labels, recorded propensities find the best policy under confounding and averaged ones do not", async () => {
  await startBackend("cpu");
  const smoke = Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, spec.values.smoke]));
  const options = { ...smoke, steps: 150 } as never as Parameters<typeof measure>[2];
  const streams = (name: string) => [0].map((seed) => Rng.seed(8).fork(seed).fork(name));
  const tasks = tasksOf({ options, streams }, { ...CENTRE, confounding: 1, n: 40_000 });
  const regret = (method: Method) => {
    const { theta } = withStudy(method.id, tasks, options, [0], (study) => method.learn(study));
    return measure(tasks[0], theta[0], options).regret;
  };
  const [right, doublyRobust, averaged] = [methods.cpo, methods.drCpo, methods.cpoMarginal].map(regret);
  assert.ok(right < 0.02 && doublyRobust < 0.02, `${right} ${doublyRobust}`);
  assert.ok(averaged > 0.1, `${averaged}`);
});

Deno.test("one strength and one number of labels are drawn; claims that compare them say what they need", async () => {
  await startBackend("cpu");
  const run = await runInProcess(compare, [...TINY, "--sizes", "30", "--confounding", "0.5"].toSpliced(6, 2));
  const { claims, sections } = reportOf(compare, run);
  for (const { id, figures } of sections) assert.ok(figures.length > 0, id);
  const told = (id: string) => claims.find((claim) => claim.id === id)?.note;
  assert.equal(told("dpo-loses"), "this needs 0 among the values of --confounding");
  assert.equal(told("dr-beats-dpo"), "this needs a value of --confounding of 1 or more");
  assert.equal(told("dr-vanishes"), "this needs a value of --confounding of 1 or more");
});

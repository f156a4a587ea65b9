import assert from "node:assert/strict";
import { methodStyle } from "../lib/report/methods.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { Rng } from "../lib/random.ts";
import { varianceOfReactions } from "../lib/worlds/population_test_helpers.ts";
import { testMadeWorlds, testRealData } from "./any_experiment_test_helpers.ts";
import compare, { compareOf } from "./compare.ts";
import { BOUNDS } from "./compare/collection.ts";
import { measure } from "./compare/measures.ts";
import * as methods from "./compare/methods/mod.ts";
import { type CompareOptions, options as specs } from "./compare/options.ts";
import {
  departureOf,
  departuresOf,
  labelledOf,
  recordedOf,
  recordsOf,
  settingOf,
  sizeOf,
  tunedOf,
  worldsOf,
} from "./compare/settings.ts";
import { type Method, withStudy } from "./compare/training.ts";
import { CENTRE, samplesOf } from "./compare/samples.ts";
import { heldOutValue } from "./compare/tuning.ts";
import { hinge } from "./compare/testdata/hinge.ts";
import { lossesOf } from "../lib/run/arm_losses.ts";
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

await testRealData(compare, {
  flags: [...TINY, "--language-prompts", "3", "--language-texts", "4", "--language-steps", "1"],
  engine: "wasm",
  datasets: ["stories-260k"],
  arm: "dr-cpo",
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
  assert.equal(lossesOf(["hinge"], true, extended.losses)[0].name, "hinge");
  for (const { id, figures, tables } of report.sections) {
    assert.ok(figures.some(({ data }) => data.some(({ arm }) => arm === "hinge")), id);
    assert.ok(tables.some(({ rows }) => rows.some(({ arm }) => arm === "hinge")), id);
  }
});

Deno.test("too few seeds for a verdict name no order of methods", async () => {
  await startBackend("cpu");
  const flags = [...TINY, "--arms", "dpo,kto,oracle", "--questions", "confounding,conditions"];
  const { sections } = reportOf(compare, await runInProcess(compare, flags));
  const [confounding, conditions] = sections, [row] = conditions.tables[0].rows;
  assert.deepEqual([row.moved, row.near], ["not enough seeds", "not enough seeds"]);
  assert.ok(confounding.figures.every(({ id }) => id !== "tiers"));
  assert.match(confounding.notes[0], /^There are not enough seeds to tell methods apart/);
  const told = sections.flatMap(({ figures, notes }) => [...figures.map(({ caption }) => caption), ...notes]).join(
    "\n",
  );
  assert.doesNotMatch(told, /separated|highest mean value|beats? the untrained/);
});

/** Options of the smoke preset, with changes. */
function smokeWith(change: Partial<CompareOptions>): CompareOptions {
  const smoke = Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, spec.values.smoke]));
  return { ...smoke, ...change } as unknown as CompareOptions;
}

Deno.test("the variance of reactions is the same in every condition of every question, by enumeration", () => {
  const options = smokeWith({ confounding: [0, 0.5, 1, 3] });
  const settings = [
    ...worldsOf(options).map((at) => settingOf(at, options)),
    ...departuresOf(options).map((at) => departureOf(at, options)),
    ...recordsOf(options).map((at) => recordedOf(at, options)),
    ...labelledOf(options).map((condition) => sizeOf(condition, options)),
    tunedOf(options),
  ];
  const streams = (name: string) => [Rng.seed(9).fork(name)];
  const found = settings.map((setting) => varianceOfReactions(samplesOf({ options, streams }, setting)[0].world));
  assert.ok(found.length >= 20);
  for (const variance of found) assert.ok(Math.abs(variance - found[0]) < 1e-12, `${variance} against ${found[0]}`);
});

Deno.test("held-out readers value a policy without bias, under confounding and with a model that is wrong", () => {
  const options = smokeWith({}), streams = (name: string) => [Rng.seed(8).fork(name)];
  const [sample] = samplesOf({ options, streams }, { ...CENTRE, confounding: 1, n: 40 });
  const from = 40, log = sample.world.draw(300_000, streams("log")[0]);
  assert.deepEqual(log.first.subarray(0, from), sample.log.first);
  const found = heldOutValue(sample, log, from, sample.best, options.budget);
  // The spread of weighted residuals is below 5 here, so that its standard error is below 0.01.
  assert.ok(Math.abs(found - sample.bestValue) < 0.04, `${found} against ${sample.bestValue}`);
});

Deno.test("SAMI reads no reaction: confounding leaves its policy as it is, bit for bit", async () => {
  await startBackend("cpu");
  const options = smokeWith({ steps: 20 }), streams = (name: string) => [Rng.seed(8).fork(name)];
  const [none, much] = [0, 1].map((confounding) => {
    const samples = samplesOf({ options, streams }, { ...CENTRE, confounding, n: 60 });
    return withStudy("sami", samples, options, [0], (study) => methods.sami.learn(study)).theta;
  });
  assert.deepEqual(much, none);
});

Deno.test("every loss that has an optimum ends at it", async () => {
  await startBackend("cpu");
  const options = smokeWith({ steps: 150 }), streams = (name: string) => [Rng.seed(8).fork(name)];
  for (const confounding of [0, 1]) {
    const samples = samplesOf({ options, streams }, { ...CENTRE, confounding, n: 2000 });
    const { dpo, ipo, sft, orpo, pmle, outcomeOnly, rlhf, distillation } = methods;
    for (const method of [dpo, ipo, sft, orpo, pmle, outcomeOnly, rlhf, distillation]) {
      const { gradientNorm } = withStudy(method.id, samples, options, [0], (study) => method.learn(study));
      assert.ok(gradientNorm[0] < 0.01, `${method.id}, confounding ${confounding}: ${gradientNorm[0]}`);
    }
  }
});

Deno.test("every method has a claim that it beats the untrained policy, and no identity or convergence is claimed", () => {
  const claims = compare.questions.flatMap((question) => question.claims);
  const learners = Object.values(methods).map(({ id }) => id).filter((id) => !BOUNDS.includes(id));
  for (const id of learners) {
    const claim = claims.find((claim) => claim.id === `${id}-beats-start`);
    assert.equal(claim?.kind, "question", id);
    assert.deepEqual(claim?.arms, [id, "reference"]);
  }
  assert.ok(claims.every(({ id }) => id !== "converged" && id !== "sami-keeps"));
  // A least effect stands in the statement.
  for (const { id, rule, statement } of claims) {
    const bound = Number.isFinite(rule.above) ? rule.above : rule.below;
    const said = bound === 0 || statement.includes(String(Math.abs(bound))) || /a tenth|half/.test(statement);
    assert.ok(said, `${id}: ${rule.text} is not in "${statement}"`);
  }
});

Deno.test("with many labels, recorded propensities find the best policy under confounding and averaged ones do not", async () => {
  await startBackend("cpu");
  const options = smokeWith({ steps: 150 });
  const streams = (name: string) => [0].map((seed) => Rng.seed(8).fork(seed).fork(name));
  const samples = samplesOf({ options, streams }, { ...CENTRE, confounding: 1, n: 160_000 });
  const regret = (method: Method) => {
    const { theta } = withStudy(method.id, samples, options, [0], (study) => method.learn(study));
    return measure(samples[0], theta[0], options).regret;
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
  assert.equal(told("dpo-loses"), "this needs a value of --confounding of 1 or more");
  assert.equal(told("dr-beats-dpo"), "this needs a value of --confounding of 1 or more");
  assert.equal(told("dr-vanishes"), "this needs a value of --confounding of 1 or more");
});

import assert from "node:assert/strict";
import { backendNames } from "../tensor/backend.ts";
import { failure } from "../datasets/data_test_helpers.ts";
import type { Question } from "./experiment.ts";
import { flagName } from "./options.ts";
import { experimentFlags, harnessFlags, helpText, type Plan, planRun } from "./plan.ts";
import { experimentOf, options, questionOf, type Values } from "./demo_test_helpers.ts";

const noData = "data/no-such-mirror";
const synthetic = questionOf({ tensors: true });
const benchmark = questionOf({ id: "speeches", part: "benchmark", dataset: "hong-kong", arms: ["ipw", "dr-cpo"] });
const local = questionOf({ id: "scale", part: "benchmark", arms: ["ipw"] });

const plan = (questions: Question<Values>[], ...args: string[]): Promise<Plan> => {
  const experiment = experimentOf(...questions);
  return Promise.resolve().then(() => planRun(experiment, experimentFlags(experiment, args), undefined));
};
const ids = ({ questions }: Plan) => questions.map(({ question, arms }) => [question.id, ...arms]);

Deno.test("a plan without flags: quick, everything, default folder", async () => {
  const { preset, options, only, arms, backend, workers, out, fresh, open, notices, ...rest } = await plan([
    synthetic,
    local,
  ]);
  assert.deepEqual(ids({ questions: rest.questions } as Plan), [["value", "cpo", "dr-cpo"], ["scale", "ipw"]]);
  assert.deepEqual({ preset, only, arms, backend, out, fresh, open, notices }, {
    preset: "quick",
    only: undefined,
    arms: undefined,
    backend: "auto",
    out: "reports/demo",
    fresh: false,
    open: false,
    notices: [],
  });
  assert.equal(options.texts, 200);
  assert.ok(workers >= 1 && workers <= 8);
});

Deno.test("flags choose preset, part, arms, folder, workers", async () => {
  const chosen = await plan(
    [synthetic, local],
    ...["--preset", "smoke", "--only", "synthetic", "--arms", "dr-cpo", "--out", "here//", "--workers", "3", "--fresh"],
  );
  assert.deepEqual(ids(chosen), [["value", "dr-cpo"]]);
  const { options, only, arms, out, workers, fresh } = chosen;
  assert.deepEqual(
    { texts: options.texts, only, arms, out, workers, fresh },
    { texts: 20, only: "synthetic", arms: ["dr-cpo"], out: "here", workers: 3, fresh: true },
  );
  assert.deepEqual(ids(await plan([synthetic, local], "--arms", "ipw , cpo")), [["value", "cpo"], ["scale", "ipw"]]);
});

Deno.test("questions are chosen by id", async () => {
  assert.deepEqual(ids(await plan([synthetic, local], "--questions", "scale")), [["scale", "ipw"]]);
  await assert.rejects(
    plan([synthetic, local], "--questions", "scale,value", "--only", "synthetic"),
    { message: "--questions scale has no effect beside the other flags: see --help" },
  );
  await assert.rejects(
    plan([synthetic, local], "--questions", "value,scale,value"),
    { message: '--questions: "value" stands twice in "value,scale,value"' },
  );
});

Deno.test("every mistake in the flags has its own message", async () => {
  const cases: [Question<Values>[], string[], string][] = [
    [[synthetic], ["--preset", "fast"], "--preset fast: choose one of smoke, quick, paper"],
    [[synthetic], ["--only", "real"], "--only real: choose one of synthetic, benchmark"],
    [[synthetic], ["--backend", "gpu"], `--backend gpu: choose one of ${backendNames.join(", ")}`],
    [[synthetic], ["--workers", "0"], '--workers: expected an integer from 1 to 256, got "0"'],
    [[synthetic], ["--workers", "two"], '--workers: expected an integer from 1 to 256, got "two"'],
    [[synthetic], ["--seeds", "1"], '--seeds: expected an integer from 2 to 10000, got "1"'],
    [[synthetic], ["--seed", "-1"], '--seed: expected an integer from 0 to 9007199254740991, got "-1"'],
    [[synthetic], ["--texts", "0"], '--texts: expected an integer from 1 to 1000, got "0"'],
    [[synthetic], ["--out="], "--out needs a folder"],
    [[synthetic], ["--text", "5"], "unknown flag --text, did you mean --texts? See --help"],
    [[synthetic], ["--arms", "dr-cop"], '--arms: unknown "dr-cop", did you mean dr-cpo? Choose from cpo, dr-cpo'],
    [[synthetic], ["--arms", "cpo,reinforce"], '--arms: unknown "reinforce"? Choose from cpo, dr-cpo'],
    [
      [synthetic, local],
      ["--only", "benchmark", "--arms", "cpo,ipw"],
      "--arms cpo has no effect: no question that was asked for has it",
    ],
    [[synthetic], ["--only", "benchmark"], "nothing to run: no question is left; see --help for what there is"],
    [
      [local],
      ["--backend", "cpu"],
      "--backend has no effect: no question that was asked for trains on an engine of tensors",
    ],
    [[synthetic], ["--datasets", "emobank"], "--datasets has no effect: demo uses no data"],
    [[synthetic], ["--mirror", "."], "--mirror has no effect: demo uses no data"],
    [[synthetic, benchmark], ["--only", "synthetic", "--mirror", "."], "--mirror has no effect with --only synthetic"],
    [
      [synthetic, benchmark],
      ["--only", "synthetic", "--datasets", "hong-kong"],
      "--datasets has no effect with --only synthetic",
    ],
    [
      [synthetic, benchmark],
      ["--datasets", "hongkong"],
      '--datasets: unknown "hongkong", did you mean hong-kong? Choose from hong-kong',
    ],
    [
      [synthetic, benchmark],
      ["--mirror", noData],
      `mirror ${noData}: no such folder; check --mirror or PREFLAB_MIRROR`,
    ],
    [
      [synthetic, local],
      ["--only", "synthetic", "--bootstraps", "5"],
      "--bootstraps has no effect with --only synthetic: it belongs to the benchmark part",
    ],
  ];
  for (const [questions, args, message] of cases) {
    assert.equal(await failure(plan(questions, ...args)), message, args.join(" "));
  }
});

Deno.test("--help lists every flag with its default, every preset that differs, and every question", () => {
  const help = helpText(experimentOf(synthetic, benchmark));
  const lines = help.split("\n");
  for (const [name, kind] of harnessFlags) {
    assert.equal(lines.filter((line) => line.startsWith(`  --${name}${kind && ` ${kind}`} `)).length, 1, name);
  }
  for (const [key, { kind, help }] of Object.entries(options)) {
    const found = lines.filter((line) => line.startsWith(`  --${flagName(key)} ${kind} `));
    assert.equal(found.length, 1, key);
    assert.ok(found[0].includes(help), key);
  }
  const line = (flag: string) => lines.find((line) => line.startsWith(`  --${flag} `))?.replaceAll(/ +/g, " ");
  assert.equal(
    line("texts"),
    " --texts INT synthetic: texts in the pool, from 1 to 1000 (smoke 20; quick 200; paper 200)",
  );
  assert.equal(line("strengths"), " --strengths LIST strengths of the confounder, 1 to 20 numbers from 0 to 9 (0,1)");
  assert.equal(lines.find((line) => line.startsWith("  speeches "))?.endsWith("Which arm is best? [benchmark]"), true);
  assert.deepEqual(lines.slice(0, 4), ["Demo", "A paper", "", "Usage: deno task demo [flags]"]);
});

Deno.test("TensorFlow runs on one worker, and more are refused", async () => {
  const toy = experimentOf(synthetic);
  const planned = async (...args: string[]) => await planRun(toy, experimentFlags(toy, args), undefined);
  assert.equal((await planned("--backend", "tensorflow")).workers, 1);
  await assert.rejects(planned("--backend", "tensorflow", "--workers", "2"), {
    name: "UserError",
    message: "--workers: --backend tensorflow runs on one thread, leave the flag out",
  });
});

/** `deno task train` as a user meets it: in processes with no more permissions than the task has. */
import assert from "node:assert/strict";
import { inFolder } from "./demo_test_helpers.ts";
import { interrupted, runIn } from "./process_test_helpers.ts";
import { writeTinyTraining } from "./train_test_helpers.ts";

const TRAIN = "tasks/train.ts", PATHS = ["--model", "model", "--pairs", "pairs.jsonl"];

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

Deno.test("a training that is killed goes on by the same command, and ends with the bytes of one that was not", () =>
  inFolder(async (folder) => {
    await writeTinyTraining(folder);
    const flags = [...PATHS, "--epochs", "20", "--batch", "2", "--held-share", "0.2", "--save-every", "5"];
    const whole = await runIn(folder, TRAIN, [...flags, "--out", "whole"]);
    assert.equal(whole.code, 0, whole.stderr);
    assert.equal(whole.stdout, "whole/index.html\nwhole/adapter/\n");
    assert.match(whole.stderr, /^after 0 steps, held out: loss 0\.69315, 50\.0 % in the right order$/m);
    const again = [...flags, "--out", "killed"], saved = () => isThere(`${folder}/killed/state.json`);
    const killed = await interrupted(folder, TRAIN, again, "SIGKILL", saved);
    assert.notEqual(killed.code, 0);
    const rest = await runIn(folder, TRAIN, again);
    assert.equal(rest.code, 0, rest.stderr);
    assert.match(rest.stderr, /^killed: goes on after \d+ of \d+ steps$/m);
    for (const file of ["adapter/adapter_model.safetensors", "curve.csv"]) {
      assert.deepEqual(await Deno.readFile(`${folder}/killed/${file}`), await Deno.readFile(`${folder}/whole/${file}`));
    }
  }));

Deno.test("report, figures and the index know a training by its folder", () =>
  inFolder(async (folder) => {
    await writeTinyTraining(folder);
    const reports = `${folder}/reports`;
    for (const out of ["reports/train", "reports/trial", "elsewhere"]) {
      const { code, stderr } = await runIn(folder, TRAIN, [...PATHS, "--steps", "2", "--out", out]);
      assert.equal(code, 0, stderr);
    }
    assert.match(
      await Deno.readTextFile(`${reports}/index.html`),
      /href="train\/index.html".* href="trial\/index.html"/s,
    );
    assert.ok(!isThere(`${folder}/index.html`));
    const page = await Deno.readTextFile(`${reports}/trial/index.html`);
    await Deno.remove(`${reports}/trial/index.html`);
    const drawn = await runIn(folder, "tasks/report.ts", ["trial"]);
    assert.deepEqual([drawn.code, drawn.stdout], [0, "reports/trial/index.html\n"], drawn.stderr);
    assert.equal(await Deno.readTextFile(`${reports}/trial/index.html`), page);
    const paper = await runIn(folder, "tasks/figures.ts", [
      "train",
      "--from",
      "elsewhere",
      "--figures",
      "loss,log-ratios",
    ]);
    const put = "2 figures of 3.25 in and 1 table: elsewhere/paper/icml-half/\n";
    assert.deepEqual([paper.code, paper.stdout], [0, put], paper.stderr);
    const files = [...Deno.readDirSync(`${folder}/elsewhere/paper/icml-half`)].map(({ name }) => name).sort();
    const each = (id: string) => [`${id}-figure.tex`, ...["csv", "pdf", "png", "svg"].map((kind) => `${id}.${kind}`)];
    assert.deepEqual(files, ["all.tex", "ends.tex", ...each("log-ratios"), ...each("loss"), "provenance.json"]);
    const refused: readonly (readonly [task: string, args: string[], line: RegExp])[] = [
      ["figures", ["train", "--arms", "dpo"], /^error: --arms has no effect on a training; leave it out\n$/],
      [
        "figures",
        ["tral"],
        /, or train, value, learn, or the folder of one of these in reports \(train, trial\): unknown "tral", did you mean trial\?; such as/,
      ],
      [
        "report",
        [],
        /^error: report takes one experiment out of cpo, .*, or train, .*; such as deno task report cpo\n$/,
      ],
      [
        "report",
        ["train", "--from", "gone"],
        /^error: gone: no training was begun there; run deno task train first, or/,
      ],
    ];
    for (const [task, args, line] of refused) {
      const { code, stderr } = await runIn(folder, `tasks/${task}.ts`, args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, line);
    }
  }));

Deno.test("mistakes are one line and code 2", () =>
  inFolder(async (folder) => {
    await writeTinyTraining(folder);
    await Deno.writeTextFile(`${folder}/bad.jsonl`, '{"prompt": "a"}\n');
    const lines: readonly (readonly [flags: string[], line: string])[] = [
      [["--pairs", "x"], "error: --model FOLDER|FILE is needed; see --help\n"],
      [["--model", "gone", "--pairs", "pairs.jsonl"], "error: gone: there is no such model; check the path\n"],
      [
        ["--model", "model", "--pairs", "bad.jsonl"],
        'error: bad.jsonl:1: has no chosen; a line for loss dpo is {"prompt": …, "chosen": …, "rejected": …}\n',
      ],
      [[
        ...PATHS,
        "--train",
        "weights",
        "--learning-rate",
        "10",
        "--steps",
        "99",
        "--loss",
        "sppo-hard",
        "--eta",
        "1e30",
      ], ""],
    ];
    for (const [flags, line] of lines) {
      const { code, stderr } = await runIn(folder, TRAIN, flags);
      assert.equal(code, 2, stderr);
      if (line !== "") {
        assert.equal(stderr, line);
      } else assert.match(stderr, /^error: training stopped: .*\n$/m);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  }));

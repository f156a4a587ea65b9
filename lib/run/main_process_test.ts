/** A small experiment as a user runs it: in processes with no more permissions than a task has. */
import assert from "node:assert/strict";
import { failure } from "../datasets/data_test_helpers.ts";
import { backendNames, startBackend } from "../tensor/backend.ts";
import { inFolder } from "./demo_test_helpers.ts";
import { runExperiment } from "./main.ts";
import { experimentFlags, planRun } from "./plan.ts";
import { ROOT } from "./process_test_helpers.ts";
import { conditionColumns, csvHeader, rowsToCsv } from "./rows.ts";
import { createRunner } from "./runner.ts";
import toy from "./testdata/toy.ts";
import { latestOf, rowsOf, run, SYNTHETIC, TOY, unitsSaved } from "./toy_process_test_helpers.ts";
import { blockOf, unitsOf } from "./units.ts";

Deno.test("same seed, same bytes: twice, on other numbers of workers, in this process, after other work", async () => {
  const args = ["--seeds", "4", "--backend", "cpu"];
  let rows = "";
  for (const workers of ["1", "3"]) {
    await inFolder(async (folder) => {
      const now = await rowsOf(folder, ...args, "--workers", workers);
      if (rows === "") rows = now;
      assert.equal(now, rows, `${workers} workers`);
      // Header; 6 + 4 pairs of arm and condition with 4 seeds each.
      assert.equal(rows.split("\n").length - 1, 1 + 10 * 4);
    });
  }
  await startBackend("cpu");
  const here = async (...args: string[]) => {
    const plan = await planRun(toy, experimentFlags(toy, args), undefined);
    const runner = createRunner(toy, plan), columns = conditionColumns(toy.questions, plan.options);
    let text = csvHeader(columns);
    for (const unit of unitsOf(plan).filter((unit) => unit.question.id !== "speeches")) {
      text += rowsToCsv("toy", columns, [blockOf(unit, await runner.run(unit))]);
    }
    return text;
  };
  assert.equal(await here(...args), rows);
  assert.notEqual(await here(...args, "--seed", "2"), rows);
  assert.equal(await here(...args), rows);
});

Deno.test("a finished run redraws; other options, seeds and arms add rows; what was there before comes back at once", () =>
  inFolder(async (folder) => {
    const rows = await rowsOf(folder, ...SYNTHETIC);
    const again = await run(folder, "--out", "out", ...SYNTHETIC);
    assert.equal(again.code, 0);
    assert.equal(again.stderr, "all 18 units are saved already: drawing the report\n");
    assert.match(again.stdout, /^ {2}(holds|inconclusive|fails) +Averaging pairs of draws lowers the error\n/);
    const address = new URL(`file://${folder}/out/index.html`).href;
    const [tally, short, report, next] = again.stdout.split("\n").slice(1);
    assert.match(
      tally,
      /^1 (holds?|inconclusive|fails?), \d+ not run; \d+ s of work$|^1 (holds?|inconclusive|fails?); \d+ s of work$/,
    );
    assert.equal(short, "1 claim has no verdict: 6 replicates are too few for a verdict: it takes 10 or more");
    assert.equal(report, `report: ${address}`);
    assert.equal(next, "next: deno task figures toy --venue icml --width half --from out");
    assert.match(await Deno.readTextFile(`${folder}/out/index.html`), /<h1>A toy<\/h1>/);
    const { started } = latestOf(folder);

    const other = await run(folder, "--out", "out", ...SYNTHETIC, "--seed", "2");
    assert.deepEqual([other.code, other.stderr], [0, ""]);
    assert.notEqual(await Deno.readTextFile(`${folder}/out/results.csv`), rows);
    const more = await run(folder, "--out", "out", "--only", "synthetic", "--seeds", "8");
    // Blocks of two seeds: the first three of each are there, save where a unit has looked at the number of seeds.
    assert.equal(more.stderr, "resuming: 15 of 24 units are saved\n");
    assert.deepEqual(latestOf(folder).units, { planned: 24, reused: 15 });
    const fewer = await run(folder, "--out", "out", ...SYNTHETIC, "--arms", "cpo");
    assert.equal(fewer.stderr, "all 9 units are saved already: drawing the report\n");
    assert.equal((await Deno.readTextFile(`${folder}/out/results.csv`)).split("\n").length - 1, 1 + 9 * 2);

    const back = await run(folder, "--out", "out", ...SYNTHETIC);
    assert.equal(back.stderr, again.stderr);
    assert.equal(await Deno.readTextFile(`${folder}/out/results.csv`), rows);
    assert.equal(latestOf(folder).started, started);
  }));

Deno.test("a page that cannot be opened is told in a line, after all is done; commands to copy are quoted", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await run(folder, "--out", "my runs/$1", ...SYNTHETIC, "--workers", "1", "--open");
    assert.equal(code, 0, stderr);
    const address = new URL(`file://${folder}/my runs/$1/index.html`).href;
    assert.match(stderr, /(?:^|\n)--open: \/usr\/bin\/\S+ may not be run here; open \S+ yourself\n$/);
    assert.ok(stderr.endsWith(`; open ${address} yourself\n`), stderr);
    assert.match(await Deno.readTextFile(`${folder}/my runs/$1/index.html`), /<h1>A toy<\/h1>/);
    assert.equal(
      stdout.trimEnd().split("\n").at(-1),
      "next: deno task figures toy --venue icml --width half --from 'my runs/$1'",
    );
    const { command } = JSON.parse(await Deno.readTextFile(`${folder}/my runs/$1/config.json`));
    assert.equal(command, `deno task toy --out 'my runs/$1' ${SYNTHETIC.join(" ")} --workers 1`);
  }));

Deno.test("rows that rest on other data or another engine are not used, and it is said which", () =>
  inFolder(async (folder) => {
    const args = ["--questions", "training", "--seeds", "2", "--steps", "1"];
    await rowsOf(folder, ...args, "--backend", "cpu");
    const other = await run(folder, "--out", "out", ...args, "--backend", "wasm");
    assert.equal(other.code, 0);
    assert.equal(other.stderr, "engine changed since the saved rows: 1 question runs again (training)\n");
    const back = await run(folder, "--out", "out", ...args, "--backend", "cpu");
    assert.equal(
      back.stderr,
      "all 4 units are saved already: drawing the report\n",
      "what is there is not said to run again",
    );
  }));

Deno.test("a store that is damaged is refused and kept; --fresh puts it aside", () =>
  inFolder(async (folder) => {
    const rows = await rowsOf(folder, ...SYNTHETIC);
    const path = `${folder}/out/results.sqlite`;
    await Deno.writeTextFile(path, "not a database ".repeat(300));
    const refused = await run(folder, "--out", "out", ...SYNTHETIC);
    assert.deepEqual(refused, {
      code: 2,
      stdout: "",
      stderr: "error: out/results.sqlite: damaged (file is not a database); --fresh puts it aside and starts over\n",
    });
    assert.equal(await Deno.readTextFile(`${folder}/out/results.csv`), rows);
    assert.equal(await rowsOf(folder, ...SYNTHETIC, "--fresh"), rows);
    const aside = [...Deno.readDirSync(`${folder}/out`)].filter(({ name }) => name.endsWith(".damaged"));
    assert.equal(aside.length, 1);
    assert.match(await Deno.readTextFile(`${folder}/out/${aside[0].name}`), /^not a database/);
  }));

Deno.test("a mistake of the user is one line on standard error and exit code 2", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const flags = '--allow-read=".,/nowhere" --allow-write="/nowhere"';
    const mistakes: [string[], string][] = [
      [["--sed", "3"], "unknown flag --sed, did you mean --seed? See --help"],
      [["--n", "0"], '--n: expected an integer from 1 to 100000000, got "0"'],
      [["--arms", "reinforce"], '--arms: unknown "reinforce"? Choose from cpo, dr-cpo, naive'],
      [["--datasets", "honkong"], '--datasets: unknown "honkong", did you mean hong-kong? Choose from hong-kong'],
      [["--backend", "gpu"], `--backend gpu: choose one of ${backendNames.join(", ")}`],
      [
        ["--only", "synthetic", "--backend", "cpu"],
        "--backend has no effect: no question that was asked for trains on an engine of tensors",
      ],
      [
        ["--only", "synthetic", "--steps", "5"],
        "--steps has no effect with --only synthetic: it belongs to the benchmark part",
      ],
    ];
    for (const [args, message] of mistakes) {
      assert.equal(await failure(runExperiment(toy, import.meta.resolve("./testdata/toy.ts"), args)), message);
    }
    // In processes: what depends on the folder and on what is granted, and a line end in an argument.
    const cases: [string[], string | RegExp][] = [
      [["two\nlines"], 'unexpected argument "two lines": flags start with --, see --help'],
      [["--datasets", "hong-kong"], /^data set hong-kong: .* not found in data\/cache; run "deno task data hong-kong"/],
      [["--mirror", "nowhere"], "mirror nowhere: no such folder; check --mirror or PREFLAB_MIRROR"],
      [["--out", "file"], /^--out file: cannot be written \(.*\); choose another folder$/],
      [
        ["--out", "/nowhere"],
        `--out /nowhere: this task may not write there; choose a folder under reports/, or start the script with deno run and ${flags}`,
      ],
    ];
    const ended = await Promise.all(cases.map(([args]) => run(folder, ...args)));
    for (const [i, [args, expected]] of cases.entries()) {
      const { code, stdout, stderr } = ended[i];
      assert.equal(code, 2, args.join(" "));
      assert.equal(stdout, "");
      assert.match(stderr, /^error: [^\n]*\n$/);
      const message = stderr.slice("error: ".length, -1);
      if (typeof expected === "string") assert.equal(message, expected);
      else assert.match(message, expected);
    }
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["file"], "nothing was left behind");
  }));

Deno.test("missing data leave their question out, with one line; the rest runs and reports it", () =>
  inFolder(async (folder) => {
    const { code, stderr } = await run(folder, "--out", "out", "--seeds", "2", "--steps", "1", "--backend", "cpu");
    assert.equal(code, 0);
    assert.match(stderr, /^skipped: data set hong-kong: [^\n]*\n$/);
    const { questions, notices } = JSON.parse(await Deno.readTextFile(`${folder}/out/config.json`));
    assert.deepEqual(Object.keys(questions), ["sampling", "training"]);
    assert.equal(`skipped: ${notices[0]}\n`, stderr);
  }));

Deno.test("a mistake of the program has a stack and exit code 1, and what was saved stays", async () => {
  for (const workers of ["1", "2"]) {
    await inFolder(async (folder) => {
      const args = ["--out", "out", ...SYNTHETIC, "--workers", workers];
      const broken = await run(folder, ...args, "--fault", "2");
      assert.equal(broken.code, 1);
      assert.match(broken.stderr, /^TypeError: a mistake in the program\n {4}at .*toy\.ts:\d+/s);
      assert.equal(unitsSaved(folder), 18 - 1, "all units but the last");
    });
  }
});

Deno.test("a unit that diverges is one line and exit code 2, and everything else is drawn", async () => {
  for (const workers of ["1", "2"]) {
    await inFolder(async (folder) => {
      const args = ["--out", "out", ...SYNTHETIC, "--workers", workers];
      const { code, stderr } = await run(folder, ...args, "--fault", "1");
      assert.equal(code, 2);
      const why = "sampling dr-cpo spread=2 seeds 4-5: metric error is NaN at seed 4; it runs with --seeds 6 --fault 1";
      assert.equal(stderr, `error: ${why}; everything else is saved and drawn in out/index.html\n`);
      const page = await Deno.readTextFile(`${folder}/out/index.html`);
      assert.ok(page.includes(why));
      const rows = (await Deno.readTextFile(`${folder}/out/results.csv`)).split("\n").length - 1;
      assert.equal(rows, 1 + (18 - 1) * 2);
    });
  }
});

Deno.test("--help needs no permission and writes nothing", async () => {
  const help = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ROOT + TOY, "--help"],
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await help.output();
  assert.equal(code, 0);
  assert.match(new TextDecoder().decode(stdout), /^A toy\nNone\.\n\nUsage: deno task toy \[flags\]\n/);
  assert.equal(stderr.length, 0);
});

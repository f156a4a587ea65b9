/** A small experiment as a user runs it: in processes with no more permissions than a task has, some of them killed. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { skippedIf } from "../optional/skipping.ts";
import { backendNames, startBackend } from "../tensor/backend.ts";
import { testedBackends } from "../tensor/backends_test_helpers.ts";
import { experimentFlags, planRun } from "./plan.ts";
import { after, commandIn, interrupted, ROOT, runIn } from "./process_test_helpers.ts";
import { conditionColumns, csvHeader, rowsToCsv } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";
import { openRunStore, storePath } from "./run_store.ts";
import { createRunner } from "./runner.ts";
import { inFolder } from "./demo_test_helpers.ts";
import { rowsOfUnit, unitsOf } from "./units.ts";
import toy from "./testdata/toy.ts";

const TOY = "lib/run/testdata/toy.ts";

/** Runs the experiment in a folder. */
const run = (folder: string, ...args: string[]) => runIn(folder, TOY, args);

/** The rows that a run leaves, which has to succeed. */
async function rowsOf(folder: string, ...args: string[]): Promise<string> {
  const { code, stderr } = await run(folder, "--out", "out", ...args);
  assert.equal(code, 0, stderr);
  return await Deno.readTextFile(`${folder}/out/results.csv`);
}

/** Units that are saved so far, as another process sees them. */
function unitsSaved(folder: string): number {
  try {
    const db = new DatabaseSync(storePath(`${folder}/out`), { readOnly: true });
    try {
      return Number(db.prepare("SELECT count(*) n FROM unit").get()!.n);
    } finally {
      db.close();
    }
  } catch {
    return 0; // not made yet, or being made
  }
}

/** Starts a run and sends a signal once `due` says so. */
const interrupt = (folder: string, args: readonly string[], signal: Deno.Signal, due: () => boolean) =>
  interrupted(folder, TOY, ["--out", "out", ...args], signal, due);

/** True once so many more units are saved. */
function grown(folder: string, units: number): () => boolean {
  const before = unitsSaved(folder);
  return () => unitsSaved(folder) >= before + units;
}

/** The configuration of the run that was begun last. */
function latestOf(folder: string): RunConfig {
  const store = openRunStore(`${folder}/out`, { readOnly: true });
  try {
    return store.latest()!;
  } finally {
    store.close();
  }
}

const SYNTHETIC = ["--only", "synthetic", "--seeds", "6"];
/** Slow enough that a signal finds it at work: some milliseconds a unit. */
const SLOW = [...SYNTHETIC, "--n", "400000"];

Deno.test("same seed, same bytes: twice, on other numbers of workers, in this process, after other work", async () => {
  const args = ["--seeds", "4", "--backend", "cpu"];
  let rows = "";
  for (const workers of ["1", "2", "3"]) {
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
      text += rowsToCsv("toy", columns, rowsOfUnit(unit, await runner.run(unit)));
    }
    return text;
  };
  assert.equal(await here(...args), rows);
  assert.notEqual(await here(...args, "--seed", "2"), rows);
  assert.equal(await here(...args), rows);
});

Deno.test("killed at any moment and started again until it is done, the rows are the same bytes", async () => {
  let whole = "";
  await inFolder(async (folder) => {
    whole = await rowsOf(folder, ...SLOW);
  });
  for (const workers of ["1", "2"]) {
    await inFolder(async (folder) => {
      const args = [...SLOW, "--workers", workers];
      // While it starts, then in the middle of its work, at a few units more each time.
      const moments = [() => after(30), () => after(90), ...[1, 2, 5].map((units) => () => grown(folder, units))];
      let kills = 0, code = -1;
      for (let attempt = 0; code !== 0; attempt++) {
        assert.ok(attempt < 40, "each start adds a unit at least");
        const due = moments[attempt < 2 ? attempt : 2 + attempt % 3]();
        const ended = await interrupt(folder, args, "SIGKILL", due);
        code = ended.code;
        if (code !== 0) {
          assert.equal(code, 128 + 9, ended.stderr);
          kills++;
        }
      }
      assert.equal(await Deno.readTextFile(`${folder}/out/results.csv`), whole);
      assert.ok(kills >= 2, `only ${kills} kills found it alive`);
    });
  }
});

Deno.test("an interrupt ends in one line and exit code 2, and the same command continues", () =>
  inFolder(async (folder) => {
    const args = [...SYNTHETIC, "--n", "2000000"]; // half a second of work, so that the signal finds it
    const first = await interrupt(folder, args, "SIGINT", grown(folder, 1));
    assert.equal(first.code, 2);
    assert.match(first.stderr, /^error: stopped; \d+ of 18 units are saved, the same command continues\n$/);
    const { started, complete } = latestOf(folder);
    assert.equal(complete, false);
    const second = await run(folder, "--out", "out", ...args);
    assert.equal(second.code, 0);
    assert.match(second.stderr, /^resuming: [1-9]\d* of 18 units are saved\n/);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/out/config.json`));
    assert.equal(config.complete, true);
    assert.equal(config.started, started);
    await inFolder(async (other) => {
      assert.equal(await Deno.readTextFile(`${folder}/out/results.csv`), await rowsOf(other, ...args));
    });
  }));

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
    assert.equal(await rowsOf(folder, ...SYNTHETIC, "--fresh"), rows);
  }));

Deno.test("rows do not depend on what was run in the folder before", async () => {
  const args = ["--seeds", "4", "--backend", "cpu"];
  let whole = "";
  await inFolder(async (folder) => {
    whole = await rowsOf(folder, ...args);
  });
  const before = [
    ["--only", "benchmark", "--seeds", "4", "--backend", "cpu"],
    ["--arms", "dr-cpo", "--seeds", "6", "--backend", "cpu", "--questions", "training,sampling"],
    ["--preset", "smoke", "--only", "synthetic"],
  ];
  await inFolder(async (folder) => {
    for (const other of before) {
      await rowsOf(folder, ...other);
      assert.equal(await rowsOf(folder, ...args), whole, other.join(" "));
    }
  });
});

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

Deno.test("the time of a part that was killed is in the time of the run", () =>
  inFolder(async (folder) => {
    const args = [...SYNTHETIC, "--n", "2000000", "--workers", "1"];
    await interrupt(folder, args, "SIGKILL", grown(folder, 9));
    const { wallSeconds } = latestOf(folder);
    assert.ok(wallSeconds > 0);
    await rowsOf(folder, ...args);
    const after = latestOf(folder);
    assert.ok(after.wallSeconds > wallSeconds && after.complete);
    assert.ok(after.unitSeconds > 0);
    assert.deepEqual(after.units, { planned: 18, reused: 0 });
  }));

Deno.test("a run that a task has started ends with its task", () =>
  inFolder(async (folder) => {
    // Stands for the task: it starts the run, and is then killed alone.
    const parent = `const run = new Deno.Command(Deno.execPath(), { args: Deno.args }).spawn();
      console.log(run.pid);
      await run.status;`;
    await Deno.writeTextFile(`${folder}/parent.ts`, parent);
    const permissions = [`--allow-read=${ROOT},${folder}`, `--allow-write=${folder}`, "--allow-env=PREFLAB_TASK"];
    const args = ["run", "--no-prompt", ...permissions, ROOT + TOY, ...SYNTHETIC, "--n", "10000000", "--out", "out"];
    const task = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-run", "--allow-read", `${folder}/parent.ts`, ...args],
      cwd: folder,
      env: { PREFLAB_TASK: "1" },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let ended = false;
    const output = task.output().finally(() => ended = true);
    while (!ended && unitsSaved(folder) < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(!ended, "the run is at work");
    task.kill("SIGKILL");
    await output;
    // It has let go of its folder when another run can have it.
    let next = { code: -1, stderr: "" };
    for (let attempt = 0; attempt < 100 && next.code !== 0; attempt++) {
      next = await run(folder, "--out", "out", ...SYNTHETIC, "--n", "10");
      if (next.code !== 0) assert.match(next.stderr, /another run is writing it/);
    }
    assert.equal(next.code, 0);
  }));

Deno.test("a run ends well where nobody reads what it says", () =>
  inFolder(async (folder) => {
    // Standard error closed from the start, and on a disk that is full: only a program with all permissions arranges that.
    const run = ["run", "--no-prompt", `--allow-read=${ROOT},${folder}`, `--allow-write=${folder}`, ROOT + TOY]
      .concat([...SYNTHETIC, "--out", "out"]);
    const program = `import { spawn } from "node:child_process";
      import { openSync } from "node:fs";
      const full = () => Deno.build.os === "linux" ? openSync("/dev/full", "w") : "ignore";
      for (const stdio of [["ignore", "pipe"], ["ignore", full()], ["pipe", "ignore"], [full(), "ignore"], [full(), full()]]) {
        const child = spawn(Deno.execPath(), ${JSON.stringify(run)}, { stdio: ["ignore", ...stdio] });
        child.stdout?.destroy();
        child.stderr?.destroy();
        console.log(await new Promise((resolve) => child.on("exit", resolve)));
      }`;
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", program], cwd: folder }).output();
    const codes = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
    // A standard output that takes nothing is a mistake to mend, once all is drawn.
    assert.deepEqual(codes, Deno.build.os === "linux" ? [0, 0, 0, 2, 2] : [0, 0, 0, 0, 0]);
    assert.ok((await Deno.stat(`${folder}/out/index.html`)).isFile);
  }));

Deno.test("a mistake of the user is one line on standard error and exit code 2", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const flags = '--allow-read=".,/nowhere" --allow-write="/nowhere"';
    const cases: [string[], string | RegExp][] = [
      [["--sed", "3"], "unknown flag --sed, did you mean --seed? See --help"],
      [["two\nlines"], 'unexpected argument "two lines": flags start with --, see --help'],
      [["--n", "0"], '--n: expected an integer from 1 to 100000000, got "0"'],
      [["--arms", "reinforce"], '--arms: unknown "reinforce"? Choose from cpo, dr-cpo, naive'],
      [["--datasets", "honkong"], '--datasets: unknown "honkong", did you mean hong-kong? Choose from hong-kong'],
      [["--datasets", "hong-kong"], /^data set hong-kong: .* not found in data\/cache; run "deno task data hong-kong"/],
      [["--backend", "gpu"], `--backend gpu: choose one of ${backendNames.join(", ")}`],
      [
        ["--only", "synthetic", "--backend", "cpu"],
        "--backend has no effect: no question that was asked for trains a policy",
      ],
      [
        ["--only", "synthetic", "--steps", "5"],
        "--steps has no effect with --only synthetic: it belongs to the benchmark part",
      ],
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

Deno.test("a tensor that memory does not hold is one line and exit code 2, and what was saved stays", async () => {
  for (const workers of ["1", "2"]) {
    await inFolder(async (folder) => {
      const args = ["--seeds", "2", "--backend", "wasm", "--workers", workers, "--fault", "3"];
      const { code, stderr } = await run(folder, "--out", "out", ...args);
      assert.equal(code, 2);
      assert.match(
        stderr.replaceAll(/^skipped: .*\n/gm, ""),
        /^error: out of memory: no 8589934592 bytes left for a tensor [^\n]+ \(and 3 more units\); [^\n]+\n$/,
      );
      assert.equal(unitsSaved(folder), 6, "all of the question before");
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

Deno.test("without a GPU --backend webgpu is refused in one line", () =>
  inFolder(async (folder) => {
    // An interface to GPUs that this system does not have.
    const DENO_WEBGPU_BACKEND = Deno.build.os === "darwin" ? "vulkan" : "metal";
    for (const workers of ["1", "2"]) {
      const args = [
        "--only",
        "benchmark",
        "--arms",
        "cpo",
        "--backend",
        "webgpu",
        "--workers",
        workers,
        "--out",
        "out",
      ];
      const { code, stdout, stderr } = await commandIn(folder, TOY, args, { DENO_WEBGPU_BACKEND }).output();
      assert.equal(code, 2);
      assert.equal(stdout.length, 0);
      assert.match(
        new TextDecoder().decode(stderr).replaceAll(/^skipped: .*\n/gm, ""),
        /^error: --backend webgpu: no engine started \(webgpu: no GPU adapter; [^\n]+\n$/,
      );
    }
  }));

Deno.test({
  ...skippedIf(!testedBackends.includes("webgpu"), "on a GPU: the same bytes for any number of workers, named", "GPU"),
  fn: () =>
    inFolder(async (folder) => {
      const args = ["--only", "benchmark", "--arms", "cpo,dr-cpo", "--seeds", "3", "--backend", "webgpu", "--fresh"];
      const rows = await rowsOf(folder, ...args, "--workers", "1");
      assert.equal(await rowsOf(folder, ...args, "--workers", "2"), rows);
      assert.ok(rows.split("\n").length > 12);
      const { backend } = JSON.parse(await Deno.readTextFile(`${folder}/out/config.json`));
      assert.match(backend, /^webgpu \(.+\)$/);
      assert.ok((await Deno.readTextFile(`${folder}/out/index.html`)).includes(backend));
    }),
});

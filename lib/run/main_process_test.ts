/** A small experiment as a user runs it: in processes with no more permissions than a task has, some of them killed. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { findDataset, manifest } from "../datasets/manifest.ts";
import { place } from "../datasets/testing.ts";
import { backendNames, startBackend } from "../tensor/backend.ts";
import { testedBackends } from "../tensor/backends_test_helpers.ts";
import { createRunner, unitsOf } from "./execute.ts";
import { experimentFlags, planRun } from "./plan.ts";
import { resultPaths } from "./results_file.ts";
import { conditionColumns, csvHeader } from "./rows.ts";
import { inFolder } from "./testing.ts";
import toy from "./testdata/toy.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TOY = fileURLToPath(new URL("./testdata/toy.ts", import.meta.url));

/** A process of the experiment that may touch one folder; it works there, where no data are cached. */
function command(folder: string, args: readonly string[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      `--allow-read=${ROOT},${folder}`,
      `--allow-write=${folder}`,
      "--allow-run=git",
      "--allow-env=PREFLAB_MIRROR",
      TOY,
      ...args,
    ],
    cwd: folder,
    env: { PREFLAB_MIRROR: "", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function run(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await command(folder, args).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The rows that a run leaves, which has to succeed. */
async function rowsOf(folder: string, ...args: string[]): Promise<string> {
  const { code, stderr } = await run(folder, "--out", "out", ...args);
  assert.equal(code, 0, stderr);
  return await Deno.readTextFile(resultPaths(`${folder}/out`).csv);
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Starts a run and sends a signal once `due` says so; a run that ends earlier is left alone. */
async function interrupt(folder: string, args: readonly string[], signal: Deno.Signal, due: () => boolean) {
  const child = command(folder, ["--out", "out", ...args]).spawn();
  let ended = false;
  const output = child.output().finally(() => ended = true);
  while (!ended && !due()) await new Promise((resolve) => setTimeout(resolve, 1));
  if (!ended) child.kill(signal);
  const { code, stderr } = await output;
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** True once the results are longer than they were by that many bytes. */
function grown(folder: string, bytes: number): () => boolean {
  const { csv } = resultPaths(`${folder}/out`);
  const before = sizeOf(csv);
  return () => sizeOf(csv) >= before + bytes;
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
    const runner = createRunner(toy, plan);
    let text = csvHeader(conditionColumns(toy.questions, plan.options));
    for (const unit of unitsOf(plan).filter((unit) => unit.planned.question.id !== "speeches")) {
      text += await runner.run(unit);
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
      const after = (milliseconds: number) => {
        const due = performance.now() + milliseconds;
        return () => performance.now() > due;
      };
      // While it starts, then in the middle of its work, at a few bytes more each time.
      const moments = [() => after(30), () => after(90), ...[1, 60, 300].map((bytes) => () => grown(folder, bytes))];
      let kills = 0, code = -1;
      for (let attempt = 0; code !== 0; attempt++) {
        assert.ok(attempt < 40, "each start adds a block at least");
        const due = moments[attempt < 2 ? attempt : 2 + attempt % 3]();
        const ended = await interrupt(folder, args, "SIGKILL", due);
        code = ended.code;
        if (code !== 0) {
          assert.equal(code, 128 + 9, ended.stderr);
          kills++;
        }
        const { csv } = resultPaths(`${folder}/out`);
        const rows = sizeOf(csv) === 0 ? "" : await Deno.readTextFile(csv);
        assert.ok(whole.startsWith(rows), "what is there is the beginning of the whole");
      }
      assert.equal(await Deno.readTextFile(resultPaths(`${folder}/out`).csv), whole);
      assert.ok(kills >= 2, `only ${kills} kills found it alive`);
    });
  }
});

Deno.test("an interrupt ends in one line and exit code 2, and the same command continues", () =>
  inFolder(async (folder) => {
    const args = [...SYNTHETIC, "--n", "2000000"]; // half a second of work, so that the signal finds it
    const first = await interrupt(folder, args, "SIGINT", grown(folder, 60));
    assert.deepEqual(first, {
      code: 2,
      stderr: "error: stopped; rows so far are in out/results.csv, the same command continues\n",
    });
    const { started, complete } = JSON.parse(await Deno.readTextFile(`${folder}/out/config.json`));
    assert.equal(complete, false);
    const second = await run(folder, "--out", "out", ...args);
    assert.equal(second.code, 0);
    assert.match(second.stderr, /^resuming: [1-9]\d* of 18 units are saved\n$/);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/out/config.json`));
    assert.equal(config.complete, true);
    assert.equal(config.started, started);
    await inFolder(async (other) => {
      assert.equal(await Deno.readTextFile(resultPaths(`${folder}/out`).csv), await rowsOf(other, ...args));
    });
  }));

Deno.test("a finished run redraws; another configuration is refused; --fresh starts over", () =>
  inFolder(async (folder) => {
    const rows = await rowsOf(folder, ...SYNTHETIC);
    const again = await run(folder, "--out", "out", ...SYNTHETIC);
    assert.equal(again.code, 0);
    assert.equal(again.stderr, "all 18 units are saved already: drawing the report (--fresh runs again)\n");
    assert.match(again.stdout, /^ {2}(holds|inconclusive|fails) +Averaging pairs of draws lowers the error\n/);
    assert.match(again.stdout, /\n\d+ s of work; report: out\/index\.html\n$/);
    assert.match(await Deno.readTextFile(`${folder}/out/index.html`), /<h1>A toy<\/h1>/);

    const settings = await Deno.readTextFile(`${folder}/out/config.json`);
    assert.deepEqual(await run(folder, "--out", "out", ...SYNTHETIC, "--seed", "2"), {
      code: 2,
      stdout: "",
      stderr:
        "error: out/results.csv holds results of other options, code or data: --fresh starts over, --out FOLDER " +
        "keeps both\n",
    });
    assert.equal(await Deno.readTextFile(`${folder}/out/config.json`), settings);
    assert.equal(await Deno.readTextFile(resultPaths(`${folder}/out`).csv), rows);

    assert.equal(await rowsOf(folder, ...SYNTHETIC, "--fresh"), rows);
    const { started } = JSON.parse(await Deno.readTextFile(`${folder}/out/config.json`));
    assert.notEqual(started, JSON.parse(settings).started, "a fresh run does not inherit a start");
    assert.notEqual(await rowsOf(folder, ...SYNTHETIC, "--seed", "2", "--fresh"), rows);
  }));

Deno.test("a mistake of the user is one line on standard error and exit code 2", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const flags = "--allow-read=.,/nowhere --allow-write=/nowhere";
    const cases: [string[], string | RegExp][] = [
      [["--sed", "3"], "unknown flag --sed, did you mean --seed? See --help"],
      [["two\nlines"], 'unexpected argument "two lines": flags start with --, see --help'],
      [["--n", "0"], '--n: expected an integer from 1 to 10000000, got "0"'],
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

Deno.test("a damaged data file is one line and exit code 2; the rows before it are kept and continue without it", async () => {
  const dataset = findDataset(manifest, "hong-kong");
  for (const workers of ["1", "2"]) {
    await inFolder(async (folder) => {
      for (const file of dataset.files) await place(`${folder}/mirror`, file.path, new Uint8Array(3));
      const args = ["--out", "out", "--seeds", "2", "--steps", "1", "--backend", "cpu", "--workers", workers];
      const [{ path, bytes }] = dataset.files.filter((file) => file.path.endsWith("/HKData.csv"));
      const damaged = await run(folder, ...args, "--mirror", "mirror");
      assert.deepEqual(damaged, {
        code: 2,
        stdout: "",
        stderr: `error: mirror/${path}: 3 bytes where ${bytes} are expected; put the right file there, or leave the ` +
          'mirror out and run "deno task data hong-kong"\n',
      });
      const rows = await Deno.readTextFile(resultPaths(`${folder}/out`).csv);
      assert.equal(rows.split("\n").length - 1, 1 + 10 * 2, "all of the other questions");
      const without = await run(folder, ...args);
      assert.equal(without.code, 0);
      assert.match(without.stderr, /\nall 10 units are saved already: /);
    });
  }
});

Deno.test("a mistake of the program has a stack and exit code 1, a divergence a line and 2; what was written stays", async () => {
  for (const workers of ["1", "2"]) {
    await inFolder(async (folder) => {
      const args = ["--out", "out", ...SYNTHETIC, "--workers", workers];
      const broken = await run(folder, ...args, "--fault", "2");
      assert.equal(broken.code, 1);
      assert.match(broken.stderr, /^TypeError: a mistake in the program\n {4}at .*toy\.ts:\d+/s);
      const rows = (await Deno.readTextFile(resultPaths(`${folder}/out`).csv)).split("\n").length - 1;
      assert.equal(rows, 1 + (18 - 1) * 2, "all blocks but the last");

      const infinite = await run(folder, ...args, "--fault", "1", "--fresh");
      assert.equal(infinite.code, 2);
      const why =
        /^error: sampling dr-cpo spread=2 seeds 4-5: metric error is NaN at seed 4; it runs with .*--fault 1\n$/;
      assert.match(infinite.stderr.replaceAll(/^skipped: .*\n/gm, ""), why);
    });
  }
});

Deno.test("a tensor that memory does not hold is one line and exit code 2, and what was written stays", async () => {
  for (const workers of ["1", "2"]) {
    await inFolder(async (folder) => {
      const args = ["--seeds", "2", "--backend", "wasm", "--workers", workers, "--fault", "3"];
      const { code, stdout, stderr } = await run(folder, "--out", "out", ...args);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(
        stderr.replaceAll(/^skipped: .*\n/gm, ""),
        /^error: out of memory: no 8589934592 bytes left for a tensor [^\n]+\n$/,
      );
      const rows = (await Deno.readTextFile(resultPaths(`${folder}/out`).csv)).split("\n").length - 1;
      assert.equal(rows, 1 + 6 * 2, "all of the question before");
    });
  }
});

Deno.test("--help needs no permission and writes nothing", async () => {
  const help = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", TOY, "--help"],
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
      const { code, stdout, stderr } = await command(folder, args, { DENO_WEBGPU_BACKEND }).output();
      assert.equal(code, 2);
      assert.equal(stdout.length, 0);
      assert.match(
        new TextDecoder().decode(stderr).replaceAll(/^skipped: .*\n/gm, ""),
        /^error: --backend webgpu: no engine started \(webgpu: no GPU adapter; [^\n]+\n$/,
      );
    }
  }));

const ignore = !testedBackends.includes("webgpu");
Deno.test(
  `on a GPU: the same bytes for any number of workers, ${ignore ? "[no GPU adapter]" : "named"}`,
  { ignore },
  () =>
    inFolder(async (folder) => {
      const args = ["--only", "benchmark", "--arms", "cpo,dr-cpo", "--seeds", "3", "--backend", "webgpu", "--fresh"];
      const rows = await rowsOf(folder, ...args, "--workers", "1");
      assert.equal(await rowsOf(folder, ...args, "--workers", "2"), rows);
      assert.ok(rows.split("\n").length > 12);
      const { backend } = JSON.parse(await Deno.readTextFile(`${folder}/out/config.json`));
      assert.match(backend, /^webgpu \(.+\)$/);
      assert.ok((await Deno.readTextFile(`${folder}/out/index.html`)).includes(backend));
    }),
);

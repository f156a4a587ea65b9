/** A small experiment in processes that are killed, that lack memory or a reader, and after whatever ran before. */
import assert from "node:assert/strict";
import { skippedIf } from "../optional/skipping.ts";
import { testedBackends } from "../tensor/backends_test_helpers.ts";
import { inFolder } from "./demo_test_helpers.ts";
import { after, commandIn, ROOT } from "./process_test_helpers.ts";
import { grown, interrupt, latestOf, rowsOf, run, SYNTHETIC, TOY, unitsSaved } from "./toy_process_test_helpers.ts";

/** Slow enough that a signal finds it at work: some milliseconds a unit. */
const SLOW = [...SYNTHETIC, "--n", "400000"];

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

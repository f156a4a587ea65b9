/** What the tasks of `deno.json` grant, by their text and in real processes. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { tinyConfig, writeTinyFolder } from "../lib/policies/language/checkpoint_test_helpers.ts";
import { inFolder } from "../lib/run/demo_test_helpers.ts";
import { experiments } from "./all.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const commands = Object.entries(config.tasks).map(([name, { command }]) => [name, command] as const);
const commandOf = (name: string) => commands.find(([task]) => task === name)![1];

/** The text of a task's list of readable paths that stands for the mirror. */
const MIRROR = '"$(deno run --no-prompt --allow-env=PREFLAB_MIRROR lib/grantable.ts PREFLAB_MIRROR .)"';
/** What TensorFlow reads of the environment. */
const TENSORFLOW = "TF_NUM_INTRAOP_THREADS,TF_ENABLE_ONEDNN_OPTS,TF_CPP_MIN_LOG_LEVEL";

/** Values of a flag, as they stand in a command. */
function granted(command: string, flag: string): string[] {
  return [...command.matchAll(new RegExp(`--${flag}(?:=(\\S+))?(?= )`, "g"))].map(([, value]) => value ?? "everything");
}

Deno.test("only tasks that measure, test or look for the system's BLAS may load any library", () => {
  const every = commands.filter(([, command]) => granted(command, "allow-ffi").includes("everything"));
  assert.deepEqual(every.map(([name]) => name), ["doctor", "bench", "conformance", "test:unit", "test:full"]);
  for (const [name, command] of commands) {
    assert.doesNotMatch(command, /--allow-all|-A\b/, name);
    assert.ok(!granted(command, "allow-run").includes("everything"), name);
  }
});

Deno.test("experiments have one command: it may read a model that is named, and load TensorFlow or the library asked for", async () => {
  // Not one task that six call: a task that another starts outlives it where that is killed, and permission sets warn.
  const tensorflow = ["backend!=native:--allow-ffi=data/cache/tensorflow", "backend=native:--allow-ffi"];
  const command = (script: string, tensors: boolean) =>
    [
      `PREFLAB_TASK=1 deno run --no-prompt --allow-run="$(deno eval 'console.log(Deno.execPath())')" lib/run/named_paths.ts`,
      `--no-prompt --v8-flags=--max-semi-space-size=4,--expose-gc "--allow-read=.,{model},${MIRROR.slice(1)}`,
      "--allow-write=reports --allow-run=git,/usr/bin/xdg-open,/usr/bin/open",
      ...tensors ? tensorflow.map((word) => `"{${word}}"`) : [],
      `--allow-env=PREFLAB_MIRROR,PREFLAB_TASK${tensors ? `,${TENSORFLOW}` : ""}`,
      script,
    ].join(" ");
  for (const [name, load] of Object.entries(experiments)) {
    const { default: { questions } } = await load();
    assert.equal(commandOf(name), command(`experiments/${name}.ts`, questions.some(({ tensors }) => tensors)));
  }
  assert.deepEqual(granted(commandOf("reproduce"), "allow-ffi"), ["data/cache/tensorflow"]);
  // Of any experiment, with a file and a folder that are named; it starts processes of its own, each with less than it has.
  // What its reader of YAML asks the environment is answered with nothing.
  const sweep = command("--ignore-env=LOG_STREAM,LOG_TOKENS tasks/sweep.ts", true).replace(
    "{model}",
    "{model},{file},{out}",
  )
    .replace("--allow-write=reports", '"--allow-write=reports,{out}"')
    .replace(
      "git,/usr/bin/xdg-open,/usr/bin/open",
      // The commands of a cluster, where it is asked for.
      `git,"$(deno eval 'console.log(Deno.execPath())')" "{engine=slurm:--allow-run=sbatch,squeue,sacct,scancel}"`,
    );
  assert.equal(commandOf("sweep"), sweep);
});

Deno.test("what may be loaded as a library may not be written by a task that fetches data", () => {
  for (const name of ["reproduce", "data"]) {
    assert.deepEqual(granted(commandOf(name), "deny-write"), ["data/cache/tensorflow"], name);
  }
});

Deno.test("a task on a user's own files may read and write what it is given, and loads a library where it is asked to", () =>
  inFolder(async (folder) => {
    const started = commands.filter(([, command]) => command.includes("lib/run/named_paths.ts"));
    assert.ok(started.some(([name]) => name === "score"));
    for (const [name, command] of started) {
      assert.match(
        command,
        /^(PREFLAB_TASK=1 )?deno run --no-prompt --allow-run="[^"]+" lib\/run\/named_paths\.ts --no-prompt /,
        name,
      );
      if (name in experiments || name === "sweep") continue; // whose words are held to a text of their own
      assert.doesNotMatch(command.replaceAll(/"\{[^"]*\}"/g, ""), /--allow-(ffi|env|net|sys)/, name);
    }
    writeTinyFolder(folder, tinyConfig("qwen3"));
    const [file, out] = ["in", "out"].map((name) => `${folder}/${name}.jsonl`);
    await Deno.writeTextFile(file, '{"ids":[1,2,3]}\n');
    const { code, stderr } = await task(["score", "--model", folder, "--file", file, "--out", out], "");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(out)).tokens, [1, 2, 3]);
    const lost = await task(["score", "--file", file, "--out", out, "--model", `${folder}/a,b`], "");
    assert.equal(lost.code, 2);
    assert.match(lost.stderr, /^error: --model [^\n]*a,b: no permission can name a path with a comma; [^\n]+\n$/);
  }));

/** A task in a process, with a mirror set. */
async function task(args: readonly string[], mirror: string, cwd = ROOT) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd,
    env: { PREFLAB_MIRROR: mirror, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("every task that reads a mirror grants it in the same words", () => {
  for (const [name, command] of commands) {
    assert.equal(command.includes("--allow-env=PREFLAB_MIRROR"), command.includes(MIRROR.slice(1, -1)), name);
  }
});

Deno.test("a mirror is granted whole or not at all: a comma in its path grants no part of it", () =>
  inFolder(async (folder) => {
    // The words of the tasks in front of a script that says what it may read.
    const words = MIRROR.replace("lib/grantable.ts", `'${ROOT}lib/grantable.ts'`);
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ tasks: { probe: `deno run --no-prompt --allow-read=.,${words} probe.ts` } }),
    );
    await Deno.writeTextFile(
      `${folder}/probe.ts`,
      `console.log(...Deno.args.map((path) => Deno.permissions.querySync({ name: "read", path }).state));`,
    );
    const parent = await Deno.makeTempDir({ prefix: "preflab-mirror-" });
    try {
      const paths = [`${parent}/a`, `${parent}/a,b`, `${folder}/b`, `${parent}/c d`, `${parent}/c  d`];
      const [part, comma, , spaced, gaping] = paths;
      const states = async (mirror: string) => {
        const { code, stdout, stderr } = await task(["probe", ...paths, folder], mirror, folder);
        assert.equal(code, 0, stderr);
        return stdout.trim().split(" ");
      };
      const nothing = ["prompt", "prompt", "granted", "prompt", "prompt", "granted"]; // the project alone
      assert.deepEqual(await states(""), nothing);
      assert.deepEqual(await states(comma), nothing);
      assert.deepEqual(await states(gaping), nothing);
      assert.deepEqual(await states(part), ["granted", ...nothing.slice(1)]);
      assert.deepEqual(await states(spaced), ["prompt", "prompt", "granted", "granted", "prompt", "granted"]);
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  }));

Deno.test("a task says in one line that a mirror's path cannot be granted", () =>
  inFolder(async (folder) => {
    const mirror = `${folder}/a,b`;
    await Deno.mkdir(mirror);
    await Deno.mkdir(`${folder}/a`);
    assert.deepEqual(await task(["data", "--list"], mirror), {
      code: 2,
      stdout: "",
      stderr:
        `error: mirror ${mirror}: no permission can name a path with a comma, or with white space beyond single ` +
        "spaces; rename the folder, or make a link to it and name that\n",
    });
  }));

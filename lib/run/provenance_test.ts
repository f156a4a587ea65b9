import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { codeChecksum, git, gitState, versions } from "./provenance.ts";
import { inFolder } from "./testing.ts";

const NUMERIC = ["tensor", "losses", "estimators", "policies", "worlds", "datasets", "training", "statistics"];

/** A project of one file a folder. */
async function project(folder: string) {
  const write = async (path: string, text: string) => {
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  };
  for (const name of NUMERIC) await write(`lib/${name}/a.ts`, name);
  await write("experiments/cpo.ts", "cpo");
  await write("experiments/cpo/arms.ts", "arms");
  const checksum = () => codeChecksum("cpo", new URL(`file://${folder}/`));
  return { write, checksum };
}

Deno.test("the checksum follows every file that can change a number", () =>
  inFolder(async (folder) => {
    const { write, checksum } = await project(folder);
    const seen = new Set([await checksum()]);
    const files = NUMERIC.map((name) => `lib/${name}/a.ts`);
    files.push(
      "lib/tensor/kernels/matmul.ts",
      "experiments/cpo.ts",
      "experiments/cpo/arms.ts",
      "experiments/cpo/deep/x.ts",
    );
    for (const file of files) {
      await write(file, "changed");
      const now = await checksum();
      assert.ok(!seen.has(now), file);
      seen.add(now);
    }
    await Deno.rename(`${folder}/lib/tensor/a.ts`, `${folder}/lib/tensor/b.ts`);
    assert.ok(!seen.has(await checksum()), "a file by another name");
  }));

Deno.test("it ignores tests, benches, what only tests need, drawing, driving and other experiments", () =>
  inFolder(async (folder) => {
    const { write, checksum } = await project(folder);
    const before = await checksum();
    for (
      const file of [
        "lib/tensor/a_test.ts",
        "lib/tensor/a_bench.ts",
        "lib/estimators/manual_test_helpers.ts",
        "lib/datasets/testing.ts",
        "lib/worlds/testdata/toy.ts",
        "lib/tensor/notes.md",
        "lib/report/page.ts",
        "lib/run/main.ts",
        "experiments/cpo_test.ts",
        "experiments/cpo/arms_test.ts",
        "experiments/cpo2.ts",
        "experiments/cpo-long.ts",
        "experiments/all.ts",
        "experiments/apo/arms.ts",
      ]
    ) {
      await write(file, "changed");
      assert.equal(await checksum(), before, file);
    }
  }));

Deno.test("the checksum of the project itself repeats and differs by experiment", async () => {
  const cpo = await codeChecksum("cpo");
  assert.match(cpo, /^[0-9a-f]{64}$/);
  assert.equal(await codeChecksum("cpo"), cpo);
  assert.notEqual(await codeChecksum("none"), cpo);
});

Deno.test("versions are those of deno.json", () => {
  const all = versions();
  assert.equal(all.deno, Deno.version.deno);
  assert.equal(all["@tensorflow/tfjs"], "4.22.0");
  const packages = Object.keys(config.imports).filter((name) => !name.endsWith("/"));
  assert.deepEqual(Object.keys(all), ["deno", "v8", ...packages]);
  for (const version of Object.values(all)) assert.match(version, /^\d+\.\d+\.\d+/);
});

Deno.test("the commit is a hash or unknown, never an error", async () => {
  const { commit, dirty } = await gitState();
  if (commit === "unknown") assert.equal(dirty, "unknown");
  else {
    assert.match(commit, /^[0-9a-f]{40,}$/);
    assert.equal(typeof dirty, "boolean");
  }
});

/** Runs git as a user does, with all that settings say. */
async function plainGit(folder: string, ...args: string[]): Promise<boolean> {
  const user = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgSign=false"];
  try {
    return (await new Deno.Command("git", { args: [...user, ...args], cwd: folder }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

Deno.test("asking for the commit starts no program that a checkout's settings name", () =>
  inFolder(async (folder) => {
    if (!await plainGit(folder, "init")) return; // no git here
    const root = new URL(`file://${folder}/`);
    await Deno.writeTextFile(`${folder}/file`, "a");
    await plainGit(folder, "add", "file");
    await plainGit(folder, "commit", "-m", "a");
    const { commit } = await gitState(root);
    assert.match(commit, /^[0-9a-f]{40,}$/);
    assert.deepEqual(await gitState(root), { commit, dirty: false });

    // Each of these leaves a file of its name behind when it runs.
    const leaves = (name: string) => `touch '${folder}/.git/ran-${name}'; cat`;
    const settings = {
      "alias.status": `!${leaves("alias")}`,
      "alias.rev-parse": `!${leaves("alias")}`,
      "core.fsmonitor": leaves("monitor"),
      "core.pager": leaves("pager"),
      "pager.status": "true",
      "core.hooksPath": `${folder}/.git/own`,
      "filter.mine=yours.clean": leaves("filter"),
      "filter.other.process": leaves("process"),
      "filter.other.required": "true",
      "diff.external": leaves("diff"),
    };
    for (const [name, value] of Object.entries(settings)) assert.ok(await plainGit(folder, "config", name, value));
    await Deno.mkdir(`${folder}/.git/own`);
    const hook = `${folder}/.git/own/post-index-change`;
    await Deno.writeTextFile(hook, `#!/bin/sh\n${leaves("hook")}\n`, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/.git/info/attributes`, "file filter=mine=yours\nfile2 filter=other\n");
    const ran = () => [...Deno.readDirSync(`${folder}/.git`)].flatMap(({ name }) => name.match(/^ran-(.*)/)?.[1] ?? []);

    await Deno.writeTextFile(`${folder}/file`, "b"); // as long as before: only its contents say that it differs
    assert.deepEqual(await gitState(root), { commit, dirty: true });
    assert.deepEqual(ran(), []);
    await plainGit(folder, "status");
    assert.deepEqual(ran().sort(), ["filter", "hook", "monitor"], "the programs are there, and git would run them");
  }));

Deno.test("git says nothing where there is no checkout", () =>
  inFolder(async (folder) => {
    const root = new URL(`file://${folder}/`);
    assert.deepEqual(await gitState(root), { commit: "unknown", dirty: "unknown" });
    assert.equal(await git(["rev-parse", "HEAD"], root), undefined);
  }));

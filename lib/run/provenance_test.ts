import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { git, gitState, versions } from "./provenance.ts";
import { inFolder } from "./demo_test_helpers.ts";

Deno.test("versions are those of deno.json", () => {
  const all = versions();
  assert.equal(all.deno, Deno.version.deno);
  assert.equal(all["@tensorflow/tfjs-core"], "4.22.0");
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

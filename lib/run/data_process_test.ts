/** Data that are not right, as a user meets them: in processes with no more permissions than a task has. */
import assert from "node:assert/strict";
import { findDataset, manifest } from "../datasets/manifest.ts";
import { place } from "../datasets/data_test_helpers.ts";
import { runIn } from "./process_test_helpers.ts";
import { inFolder } from "./demo_test_helpers.ts";

const TOY = "lib/run/testdata/toy.ts";
const [file, other] = findDataset(manifest, "hong-kong").files;

/** Runs a script in a folder, with a mirror or without one. */
const run = (folder: string, script: string, args: readonly string[], mirror = "") =>
  runIn(folder, script, args, { PREFLAB_MIRROR: mirror });

/** Every file below a folder with its bytes. */
async function contents(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) Object.assign(found, await contents(path));
    else found[path] = (await Deno.readFile(path)).toBase64();
  }
  return found;
}

/** A mirror whose first file has one wrong byte, and the line that says so. */
async function damagedMirror(folder: string): Promise<{ mirror: string; why: string }> {
  const mirror = `${folder}/mirror`;
  const zeros = new Uint8Array(file.bytes); // of the right size, so that only reading it tells
  await place(mirror, file.path, zeros);
  await place(mirror, other.path, new Uint8Array(3));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", zeros)).toHex();
  return {
    mirror,
    why: `data set hong-kong is damaged: ${mirror}/${file.path}: SHA-256 ${hash.slice(0, 12)}... ` +
      `where ${file.sha256.slice(0, 12)}... is expected, ${mirror}/${other.path}: 3 bytes where ${other.bytes} ` +
      'are expected; put the right file there, or leave the mirror out and run "deno task data hong-kong"',
  };
}

const SMALL = ["--seeds", "2", "--backend", "cpu", "--out", "out"];

Deno.test("a damaged data set that nobody asked for by name is said, and all else runs", () =>
  inFolder(async (folder) => {
    const { mirror, why } = await damagedMirror(folder);
    for (const workers of ["1", "2"]) {
      const { code, stdout, stderr } = await run(folder, TOY, [...SMALL, "--workers", workers, "--fresh"], mirror);
      assert.equal(code, 0, stderr);
      assert.deepEqual(stderr.match(/^skipped: .*$/gm), [`skipped: ${why}`]);
      assert.match(stdout, /\nreport: file:\/\/.*\/out\/index\.html\n/);
    }
  }));

Deno.test("a damaged data set that was asked for by name is one line and code 2, and --fresh has thrown nothing away", () =>
  inFolder(async (folder) => {
    const { mirror, why } = await damagedMirror(folder);
    assert.equal((await run(folder, TOY, SMALL)).code, 0);
    const before = await contents(`${folder}/out`);
    assert.ok(Object.keys(before).length > 0);
    for (
      const named of [["--datasets", "hong-kong"], ["--questions", "speeches"], ["--questions", "sampling,speeches"]]
    ) {
      const { code, stdout, stderr } = await run(
        folder,
        TOY,
        ["--seeds", "2", "--out", "out", "--fresh", ...named],
        mirror,
      );
      assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: "", stderr: `error: ${why}\n` }, named.join(" "));
    }
    assert.deepEqual(await contents(`${folder}/out`), before);
  }));

Deno.test("--mirror without a folder is one line and code 2 in every task that takes it", () =>
  inFolder(async (folder) => {
    for (const script of [TOY, "experiments/cpo.ts", "tasks/reproduce.ts", "lib/run/data.ts"]) {
      for (const args of script === TOY ? [["--mirror="], ["--mirror", ""]] : [["--mirror="]]) {
        const { code, stdout, stderr } = await run(folder, script, args);
        const line = "error: --mirror needs a folder: --mirror DIR, or leave it out\n";
        assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: "", stderr: line }, script);
      }
    }
  }));

Deno.test("the data task: a name with a line end in it is told in one line", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await run(folder, "lib/run/data.ts", ["emo\nbank"]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^error: unknown data set "emo bank": choose from [^\n]+\n$/);
  }));

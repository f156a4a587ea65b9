import assert from "node:assert/strict";
import { failure } from "../datasets/testing.ts";
import { atomicWrite, checkWritable } from "./files.ts";
import { inFolder } from "./testing.ts";

Deno.test("a folder is made, with those on the way, and left empty", () =>
  inFolder(async (folder) => {
    await checkWritable(`${folder}/a/b`);
    assert.deepEqual([...Deno.readDirSync(`${folder}/a/b`)], []);
  }));

Deno.test("a missing permission is named, with the flags that give it", async () => {
  const folder = "/nowhere/results";
  const flags = "--allow-read=.,/nowhere/results --allow-write=/nowhere/results";
  assert.equal(
    await failure(checkWritable(folder)),
    "--out /nowhere/results: this task may not write there; choose a folder under reports/, or start the script with " +
      `deno run and ${flags}`,
  );
});

Deno.test("a file in the way is named", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    for (const out of [`${folder}/file`, `${folder}/file/below`]) {
      const message = await failure(checkWritable(out));
      assert.ok(message.startsWith(`--out ${out}: cannot be written (`), message);
      assert.ok(message.endsWith("); choose another folder"), message);
    }
  }));

Deno.test("a file is replaced whole", () =>
  inFolder(async (folder) => {
    const path = `${folder}/config.json`;
    await atomicWrite(path, "first, and longer");
    await atomicWrite(path, "second");
    assert.equal(await Deno.readTextFile(path), "second");
    await atomicWrite(path, Uint8Array.of(0, 255));
    assert.deepEqual(await Deno.readFile(path), Uint8Array.of(0, 255));
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["config.json"]);
  }));

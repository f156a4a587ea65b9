import assert from "node:assert/strict";
import { failure } from "../datasets/data_test_helpers.ts";
import { takeFolder } from "./folder.ts";
import { openRunStore } from "./run_store.ts";
import { inFolder } from "./demo_test_helpers.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a folder is made, with those on the way, and has one writer at a time", () =>
  inFolder(async (folder) => {
    const out = `${folder}/a/b`;
    const held = await takeFolder(out);
    assert.deepEqual(names(out), [".lock"]);
    assert.equal(
      await failure(takeFolder(out)),
      `${out}: another run is writing it; wait for its end or choose another --out`,
    );
    held.release();
    (await takeFolder(out)).release();
  }));

Deno.test("a missing permission is named, with the flags that give it", async () => {
  const folder = "/nowhere/results";
  const flags = '--allow-read=".,/nowhere/results" --allow-write="/nowhere/results"';
  assert.equal(
    await failure(takeFolder(folder)),
    "--out /nowhere/results: this task may not write there; choose a folder under reports/, or start the script with " +
      `deno run and ${flags}`,
  );
});

Deno.test("a file in the way is named", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    for (const out of [`${folder}/file`, `${folder}/file/below`]) {
      const message = await failure(takeFolder(out));
      assert.ok(message.startsWith(`--out ${out}: cannot be written (`), message);
      assert.ok(message.endsWith("); choose another folder"), message);
    }
  }));

Deno.test("a run is never put among files of others: pages of all reports, samples, a user's, rows without their store", () =>
  inFolder(async (folder) => {
    for (const file of ["index.html", "claims.csv", "notes.txt"]) {
      const out = `${folder}/${file}-folder`;
      await Deno.mkdir(out);
      await Deno.writeTextFile(`${out}/${file}`, "theirs");
      assert.equal(
        await failure(takeFolder(out)),
        `--out ${out}: holds other files, such as ${file}; choose a new or empty folder`,
      );
      assert.deepEqual(names(out), [file]);
      await Deno.writeTextFile(`${out}/results.csv`, "rows");
      assert.match(
        await failure(takeFolder(out)),
        /holds results.csv without results.sqlite, so that .* move the folder/,
      );
      openRunStore(out).close();
      (await takeFolder(out)).release();
    }
  }));

Deno.test("a run is never put inside the folder of another, among samples, or through a link", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/cpo/figures`, { recursive: true });
    openRunStore(`${folder}/cpo`).close();
    for (const inside of ["cpo/figures/mine", "cpo/mine", "cpo/../cpo/x"]) {
      assert.equal(
        await failure(takeFolder(`${folder}/${inside}`)),
        `--out ${folder}/${inside}: lies in the folder of another run; choose another`,
      );
    }
    assert.match(await failure(takeFolder(`${folder}/samples/new`)), /samples are kept there; choose another folder$/);
    assert.deepEqual(names(folder), ["cpo"]);
    const args = ["eval", `Deno.symlinkSync("elsewhere", "${folder}/link.sqlite")`];
    assert.ok((await new Deno.Command(Deno.execPath(), { args }).output()).success);
    await Deno.mkdir(`${folder}/linked`);
    await Deno.rename(`${folder}/link.sqlite`, `${folder}/linked/results.sqlite`);
    assert.match(
      await failure(takeFolder(`${folder}/linked`)),
      /results.sqlite: a link, which rows are not written through/,
    );
  }));

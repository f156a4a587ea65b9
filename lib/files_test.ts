import assert from "node:assert/strict";
import { failure } from "./datasets/data_test_helpers.ts";
import { refused, replaceFolder, sweep, writeParts, writeWhole } from "./files.ts";
import { inFolder } from "./run/demo_test_helpers.ts";

/** Makes a link, which this process may not. */
async function link(to: string, at: string): Promise<void> {
  const args = ["eval", `Deno.symlinkSync(${JSON.stringify(to)}, ${JSON.stringify(at)})`];
  assert.ok((await new Deno.Command(Deno.execPath(), { args }).output()).success);
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a file is replaced whole, by text or bytes, and nothing is left beside it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/config.json`;
    await writeWhole(path, "first, and longer");
    await writeWhole(path, "second");
    assert.equal(await Deno.readTextFile(path), "second");
    await writeWhole(path, Uint8Array.of(0, 255));
    assert.deepEqual(await Deno.readFile(path), Uint8Array.of(0, 255));
    assert.deepEqual(names(folder), ["config.json"]);
  }));

Deno.test("parts are written one after the other; one that cannot be made leaves the old file, and nothing beside it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a`;
    await writeParts(path, ["é", Uint8Array.of(10), "b"]);
    assert.equal(await Deno.readTextFile(path), "é\nb");
    const broken = function* () {
      yield "half";
      throw new TypeError("no such row");
    };
    await assert.rejects(writeParts(path, broken()), { name: "TypeError", message: "no such row" });
    assert.equal(await Deno.readTextFile(path), "é\nb");
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("a link in a file's place is replaced, and what it points to stays as it was", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/elsewhere`, "theirs");
    await link(`${folder}/elsewhere`, `${folder}/a.txt`);
    await writeWhole(`${folder}/a.txt`, "ours");
    assert.equal(await Deno.readTextFile(`${folder}/elsewhere`), "theirs");
    assert.ok((await Deno.lstat(`${folder}/a.txt`)).isFile);
  }));

Deno.test("what cannot be written is one line that names it, and leaves nothing behind", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a.txt`);
    for (const path of [`${folder}/a.txt`, `${folder}/no/such/folder/a.txt`]) {
      const message = await failure(writeWhole(path, "text"));
      assert.ok(message.startsWith(`${path}: `) && message.endsWith("; mend that or choose another folder"), message);
    }
    assert.deepEqual(names(folder), ["a.txt"]);
    await Deno.writeTextFile(`${folder}/file`, "");
    assert.match(await failure(replaceFolder(`${folder}/file/below`, new Map())), /\/file\/below: .*; mend that/);
    assert.ok(!(refused("path", new TypeError("a mistake")) instanceof Deno.errors.NotFound));
    assert.equal(String(refused("path", new TypeError("a mistake"))), "TypeError: a mistake");
  }));

Deno.test("a folder is replaced by exactly the new files; a write that fails leaves the old ones", () =>
  inFolder(async (folder) => {
    const path = `${folder}/figures`;
    await replaceFolder(path, new Map([["a.svg", "old"], ["b.svg", "old"]]));
    await replaceFolder(path, new Map([["a.svg", "new"], ["deep/c.svg", "new"]]));
    assert.deepEqual(names(path), ["a.svg", "deep"]);
    assert.equal(await Deno.readTextFile(`${path}/a.svg`), "new");
    // The second name cannot be a file: the first is a folder on its way.
    await assert.rejects(replaceFolder(path, new Map([["x/y", "1"], ["x", "2"]])));
    assert.deepEqual(names(path), ["a.svg", "deep"]);
    assert.deepEqual(names(folder), ["figures"]);
  }));

Deno.test("files of others in a folder stay", () =>
  inFolder(async (folder) => {
    const path = `${folder}/figures`;
    await replaceFolder(path, new Map([["a.svg", "old"]]));
    await Deno.writeTextFile(`${path}/notes.txt`, "theirs");
    await replaceFolder(path, new Map([["b.svg", "new"]]), /\.svg$/);
    assert.deepEqual(names(path), ["b.svg", "notes.txt"]);
    assert.equal(await Deno.readTextFile(`${path}/notes.txt`), "theirs");
    await Deno.mkdir(`${path}/mine/deep`, { recursive: true });
    await Deno.writeTextFile(`${path}/mine/deep/c.svg`, "theirs too");
    await replaceFolder(path, new Map([["d.svg", "new"]]), /^[^/]+\.svg$/);
    assert.deepEqual(names(path), ["d.svg", "mine", "notes.txt"]);
    assert.equal(await Deno.readTextFile(`${path}/mine/deep/c.svg`), "theirs too");
    await link("elsewhere", `${path}/link`);
    assert.equal(
      await failure(replaceFolder(path, new Map([["e.svg", "new"]]), /\.svg$/)),
      `${path}/link: a link that is not of a report; move it away`,
    );
    assert.ok(names(path).includes("d.svg"));
  }));

Deno.test("of many writers at once one wins, whole", () =>
  inFolder(async (folder) => {
    const files = (i: number) => new Map(["a", "b", "c"].map((name) => [name, String(i)]));
    await Promise.all(Array.from({ length: 8 }, (_, i) => replaceFolder(`${folder}/figures`, files(i))));
    const read = names(`${folder}/figures`).map((name) => Deno.readTextFileSync(`${folder}/figures/${name}`));
    assert.equal(read.length, 3);
    assert.equal(new Set(read).size, 1);
    await Promise.all(Array.from({ length: 8 }, (_, i) => writeWhole(`${folder}/text`, String(i).repeat(9))));
    assert.match(await Deno.readTextFile(`${folder}/text`), /^(\d)\1{8}$/);
    assert.deepEqual(names(folder), ["figures", "text"]);
  }));

Deno.test("what a kill left is swept after a while, and a folder whose successor never came is put back", () =>
  inFolder(async (folder) => {
    const id = crypto.randomUUID();
    await Deno.mkdir(`${folder}/figures.${id}.old`);
    await Deno.writeTextFile(`${folder}/a.txt.${id}.new`, "half");
    await Deno.writeTextFile(`${folder}/notes.new`, "a user's");
    await sweep(folder);
    assert.deepEqual(names(folder), [`a.txt.${id}.new`, "figures", "notes.new"], "somebody may be writing it");
    await sweep(folder, Date.now() + 700_000);
    assert.deepEqual(names(folder), ["figures", "notes.new"]);
  }));

import assert from "node:assert/strict";
import { mirrorFolder, openStore } from "./store.ts";
import { encode, failure, inScratch, pin, place, toyManifest } from "./data_test_helpers.ts";

const content = encode("id,value\na,1\n");
const file = await pin("owner/repo/commit/toy.csv", content);
const second = await pin("owner/repo/commit/more/toy.csv", encode("other"));
const manifest = toyManifest("https://example.invalid/", [file]);

Deno.test("a file in the mirror or in the cache is found and returned whole", () =>
  inScratch(async (folder) => {
    for (const home of ["mirror", "cache"]) {
      const roots = { mirror: `${folder}/${home}/a`, cache: `${folder}/${home}/b`, manifest };
      await Deno.mkdir(roots.mirror, { recursive: true });
      await place(home === "mirror" ? roots.mirror : roots.cache, file.path, content);
      const store = openStore(roots);
      assert.deepEqual(await store.has("toy"), { ok: true });
      assert.deepEqual(await store.read("toy", "toy.csv"), content);
    }
  }));

Deno.test("a missing file: has says so in a sentence, read fails with it", () =>
  inScratch(async (folder) => {
    const store = openStore({ cache: `${folder}/none`, manifest });
    const state = await store.has("toy");
    const message = `data set toy: toy.csv not found in ${folder}/none; run "deno task data toy", ` +
      "or name a folder that has it with --mirror DIR or PREFLAB_MIRROR=DIR";
    assert.deepEqual(state, { ok: false, why: message });
    assert.equal(await failure(store.read("toy", "toy.csv")), message);
    const both = openStore({ mirror: folder, cache: `${folder}/none`, manifest });
    assert.match(await failure(both.read("toy", "toy.csv")), /not found in \S+ or in the mirror \S+;/);
  }));

Deno.test("only the missing files of a data set are listed", () =>
  inScratch(async (folder) => {
    await place(folder, file.path, content);
    const state = await openStore({ cache: folder, manifest: toyManifest("https://x.invalid/", [file, second]) }).has(
      "toy",
    );
    assert.ok(!state.ok && state.why.startsWith("data set toy: more/toy.csv not found"));
  }));

Deno.test("a truncated file is refused by its size", () =>
  inScratch(async (folder) => {
    await place(folder, file.path, content.subarray(0, 5));
    assert.equal(
      await failure(openStore({ cache: folder, manifest }).read("toy", "toy.csv")),
      `${folder}/${file.path}: 5 bytes where 13 are expected; run "deno task data toy" to fetch it again`,
    );
  }));

Deno.test("a file that is far too long is refused without being loaded", () =>
  inScratch(async (folder) => {
    await place(folder, file.path, content);
    // A sparse file: 4 TiB of it take no room on the disk and would fit into no memory.
    await Deno.truncate(`${folder}/${file.path}`, 2 ** 42);
    const message = await failure(openStore({ cache: folder, manifest }).read("toy", "toy.csv"));
    assert.match(message, /: 4398046511104 bytes where 13 are expected;/);
  }));

Deno.test("a corrupted file is refused by its checksum, wherever the byte", () =>
  inScratch(async (folder) => {
    for (let at = 0; at < content.length; at++) {
      const bad = content.slice();
      bad[at] ^= 1;
      await place(folder, file.path, bad);
      const found = (await pin(file.path, bad)).sha256.slice(0, 12);
      assert.equal(
        await failure(openStore({ cache: folder, manifest }).read("toy", "toy.csv")),
        `${folder}/${file.path}: SHA-256 ${found}... where ${file.sha256.slice(0, 12)}... is expected; ` +
          'run "deno task data toy" to fetch it again',
      );
    }
  }));

Deno.test("a damaged mirror is an error even when the cache is right", () =>
  inScratch(async (folder) => {
    await place(`${folder}/mirror`, file.path, encode("wrong"));
    await place(`${folder}/cache`, file.path, content);
    const store = openStore({ mirror: `${folder}/mirror`, cache: `${folder}/cache`, manifest });
    assert.match(
      await failure(store.read("toy", "toy.csv")),
      /5 bytes where 13 are expected; put the right file there/,
    );
  }));

Deno.test("verify reads every file: damaged ones are named with what to do, those missing as has names them", () =>
  inScratch(async (folder) => {
    const both = toyManifest("https://x.invalid/", [file, second]);
    const store = openStore({ mirror: `${folder}/mirror`, cache: `${folder}/cache`, manifest: both });
    await Deno.mkdir(`${folder}/mirror`);
    assert.deepEqual(await store.verify("toy"), await store.has("toy"));
    assert.equal((await store.verify("toy")).ok, false);
    await place(`${folder}/cache`, file.path, encode("id,value\na,2\n")); // one byte is another
    await place(`${folder}/cache`, second.path, encode("other"));
    assert.deepEqual(await store.has("toy"), { ok: true });
    const found = (await pin(file.path, encode("id,value\na,2\n"))).sha256.slice(0, 12);
    const why = `${folder}/cache/${file.path}: SHA-256 ${found}... where ${file.sha256.slice(0, 12)}... is expected`;
    assert.deepEqual(await store.verify("toy"), {
      ok: false,
      why: `data set toy is damaged: ${why}; run "deno task data toy" to fetch it again`,
    });
    await place(`${folder}/mirror`, second.path, encode("othe"));
    assert.deepEqual(await store.verify("toy"), {
      ok: false,
      why: `data set toy is damaged: ${why}, ${folder}/mirror/${second.path}: 4 bytes where 5 are expected; ` +
        'run "deno task data toy" to fetch it again',
    });
    await place(`${folder}/mirror`, file.path, content);
    assert.deepEqual(await store.verify("toy"), {
      ok: false,
      why: `data set toy is damaged: ${folder}/mirror/${second.path}: 4 bytes where 5 are expected; ` +
        'put the right file there, or leave the mirror out and run "deno task data toy"',
    });
    await place(`${folder}/mirror`, second.path, encode("other"));
    assert.deepEqual(await store.verify("toy"), { ok: true });
  }));

Deno.test("a file that cannot be read is damaged, one line and no crash", () =>
  inScratch(async (folder) => {
    await place(folder, "owner", encode("a file where a folder should be"));
    const found = await openStore({ cache: folder, manifest }).verify("toy");
    assert.ok(!found.ok);
    assert.match(
      found.why,
      /^data set toy is damaged: \S+\/toy\.csv: cannot be read \(Not a directory [^\n]+\); run "/,
    );
  }));

Deno.test("a mirror is named by the flag, else by the environment; an empty flag names none", async () => {
  assert.equal(mirrorFolder("flag", "variable"), "flag");
  assert.equal(mirrorFolder(undefined, "variable"), "variable");
  assert.equal(mirrorFolder(undefined, ""), undefined);
  assert.equal(mirrorFolder(undefined, undefined), undefined);
  const empty = Promise.resolve().then(() => mirrorFolder("", "variable"));
  assert.equal(await failure(empty), "--mirror needs a folder: --mirror DIR, or leave it out");
});

Deno.test("a folder where the file should be is one line, not a crash", () =>
  inScratch(async (folder) => {
    const size = (await Deno.stat(folder)).size;
    await Deno.mkdir(`${folder}/${file.path}`, { recursive: true });
    // A folder's size is the file system's business: pin it, so that reading is what fails.
    const odd = toyManifest("https://x.invalid/", [{ ...file, bytes: size }]);
    assert.match(await failure(openStore({ cache: folder, manifest: odd }).read("toy", "toy.csv")), /cannot be read/);
  }));

Deno.test("a mirror that is not there is not mistaken for missing data", () =>
  inScratch(async (folder) => {
    const store = openStore({ mirror: `${folder}/typo`, cache: folder, manifest });
    const message = `mirror ${folder}/typo: no such folder; check --mirror or PREFLAB_MIRROR`;
    assert.equal(await failure(store.has("toy")), message);
    assert.equal(await failure(store.read("toy", "toy.csv")), message);
  }));

Deno.test({
  name: "a mirror outside the permissions: the line says how to allow it, and nobody is prompted",
  permissions: { read: ["data/cache"] },
  async fn() {
    const store = openStore({ mirror: "/outside/mirror", cache: "data/cache", manifest });
    assert.equal(
      await failure(store.has("toy")),
      "mirror /outside/mirror: no such folder, or no permission to read it; give its path as PREFLAB_MIRROR=DIR in " +
        'front of the task, or run with "deno run --allow-read=.,/outside/mirror ..."',
    );
  },
});

Deno.test({
  name: "a cache outside the permissions",
  permissions: { read: false },
  async fn() {
    assert.equal(
      await failure(openStore({ manifest }).read("toy", "toy.csv")),
      'folder data/cache: no permission to read it; run with "deno run --allow-read=data/cache ..."',
    );
  },
});

Deno.test("names: unknown ones and ambiguous ones are refused, a folder in front makes one unique", () =>
  inScratch(async (folder) => {
    await place(folder, second.path, encode("other"));
    const store = openStore({ cache: folder, manifest: toyManifest("https://x.invalid/", [file, second]) });
    await assert.rejects(store.read("toy", "toy.csv"), {
      name: "RangeError",
      message: /^name "toy\.csv" fits 2 files/,
    });
    assert.deepEqual(await store.read("toy", "more/toy.csv"), encode("other"));
    assert.match(await failure(store.read("tOy", "toy.csv")), /^unknown data set "tOy": choose from toy$/);
  }));

Deno.test("checksums are those of the manifest", () => {
  assert.deepEqual(openStore({ manifest }).checksums(["toy"]), { [file.path]: file.sha256 });
});

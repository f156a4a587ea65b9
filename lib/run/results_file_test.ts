import assert from "node:assert/strict";
import fc from "fast-check";
import { failure } from "../datasets/testing.ts";
import { openResults, readResults, resultPaths } from "./results_file.ts";
import { inFolder } from "./testing.ts";

const HEADER = "seed,value\n", IDENTITY = "i".repeat(8);
/** One byte a character is not assumed: lengths are counted in bytes. */
const BLOCKS: readonly (readonly [string, string])[] = [["a", "0,1\n1,2\n"], ["b λ=1", "0,3\n"], ["c", "0,ö\n1,5\n"]];
const WHOLE = HEADER + BLOCKS.map(([, text]) => text).join("");

/** What a run does: opens, and appends the blocks that are not there. */
async function run(folder: string, { fresh = false, identity = IDENTITY, blocks = BLOCKS } = {}) {
  const results = await openResults(folder, HEADER, identity, fresh);
  const before = [...results.done];
  for (const [name, text] of blocks) if (!results.done.has(name)) await results.append(name, text);
  results.close();
  return { before, dropped: results.dropped };
}

/** The bytes of both files behind an uninterrupted run. */
async function uninterrupted(folder: string) {
  await run(folder);
  const { csv, journal } = resultPaths(folder);
  return { csv: await Deno.readFile(csv), journal: await Deno.readFile(journal) };
}

async function leave(folder: string, csv: Uint8Array, journal: Uint8Array) {
  const paths = resultPaths(folder);
  await Deno.writeFile(paths.csv, csv);
  await Deno.writeFile(paths.journal, journal);
}

Deno.test("a run is its header and blocks in order", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await run(folder), { before: ["header"], dropped: 0 });
    assert.equal(await Deno.readTextFile(resultPaths(folder).csv), WHOLE);
    assert.deepEqual(await run(folder), { before: ["header", "a", "b λ=1", "c"], dropped: 0 });
    assert.deepEqual(await readResults(folder), { identity: IDENTITY, text: WHOLE });
  }));

Deno.test("whatever a kill leaves of either file, the run that resumes ends with the same bytes", () =>
  inFolder(async (folder) => {
    const whole = await uninterrupted(folder);
    const check = async (csv: number, journal: number) => {
      const where = `${csv} bytes of results, ${journal} of journal`;
      await leave(folder, whole.csv.slice(0, csv), whole.journal.slice(0, journal));
      const { text } = await readResults(folder);
      // A journal without a whole line is no journal: what is there then is taken for a folder passed on.
      if (journal > 40) assert.ok(WHOLE.startsWith(text) && (text === "" || text.endsWith("\n")), where);
      await run(folder);
      assert.deepEqual(await Deno.readFile(resultPaths(folder).csv), whole.csv, where);
      assert.deepEqual(await Deno.readFile(resultPaths(folder).journal), whole.journal, where);
    };
    for (let csv = 0; csv <= whole.csv.length; csv++) await check(csv, whole.journal.length);
    for (let journal = 0; journal <= whole.journal.length; journal++) await check(whole.csv.length, journal);
    const lengths = fc.tuple(fc.nat(whole.csv.length), fc.nat(whole.journal.length));
    await fc.assert(fc.asyncProperty(lengths, ([csv, journal]) => check(csv, journal)), { numRuns: 150 });
  }));

Deno.test("only blocks that the kill hit are lost, and the bytes cut off are counted", () =>
  inFolder(async (folder) => {
    const whole = await uninterrupted(folder);
    const lines = new TextDecoder().decode(whole.journal).split("\n");
    const upTo = (count: number) => new TextEncoder().encode(lines.slice(0, count).join("\n") + "\n");
    // Killed behind half of block c, whose journal line is missing.
    await leave(folder, whole.csv.slice(0, -4), upTo(4));
    assert.deepEqual((await readResults(folder)).text, WHOLE.slice(0, WHOLE.indexOf("0,ö")));
    const half = new TextEncoder().encode(BLOCKS[2][1]).length - 4;
    assert.deepEqual(await run(folder), { before: ["header", "a", "b λ=1"], dropped: half });
    // The same with half of its journal line.
    await leave(folder, whole.csv, whole.journal.slice(0, -10));
    assert.deepEqual((await run(folder)).before, ["header", "a", "b λ=1"]);
  }));

Deno.test("a changed byte anywhere in a finished block is refused, by name", () =>
  inFolder(async (folder) => {
    const whole = await uninterrupted(folder);
    const { csv } = resultPaths(folder);
    let start = 0;
    for (const [name, text] of [["header", HEADER], ...BLOCKS]) {
      const length = new TextEncoder().encode(text).length;
      for (const at of [start, start + length - 1]) {
        const changed = whole.csv.slice();
        changed[at] ^= 1;
        await leave(folder, changed, whole.journal);
        const message = `${csv}: block "${name}" is not as it was written; run again with --fresh`;
        assert.equal(await failure(run(folder)), message);
        assert.equal(await failure(readResults(folder)), message);
        assert.deepEqual(await Deno.readFile(csv), changed, "what was there stays");
      }
      start += length;
    }
    await run(folder, { fresh: true });
    assert.deepEqual(await Deno.readFile(csv), whole.csv);
  }));

Deno.test("a row that was taken out by hand is refused", () =>
  inFolder(async (folder) => {
    const whole = await uninterrupted(folder);
    const without = new TextEncoder().encode(WHOLE.replace("1,2\n", ""));
    await leave(folder, without, whole.journal);
    assert.match(await failure(run(folder)), /block "a" is not as it was written; run again with --fresh$/);
  }));

Deno.test("a journal that is none is refused", () =>
  inFolder(async (folder) => {
    const whole = await uninterrupted(folder);
    const { journal } = resultPaths(folder);
    const identity = `{"identity":"${IDENTITY}"}`;
    for (
      const text of [
        "hello",
        "null",
        "{}",
        `${identity}\nnull`,
        `${identity}\n{"block":"a","end":"9","sha256":""}`,
        `${identity}\n{"block":"a","end":-1,"sha256":""}`,
        `${identity}\n{"block":"a","end":9,"sha256":"0"}\n{"block":"b","end":8,"sha256":"0"}`,
      ]
    ) {
      await leave(folder, whole.csv, new TextEncoder().encode(text + "\n"));
      assert.equal(await failure(run(folder)), `${journal}: not a journal of results; run again with --fresh`, text);
    }
  }));

Deno.test("results of another configuration are refused and kept; --fresh replaces them", () =>
  inFolder(async (folder) => {
    const whole = await uninterrupted(folder);
    const { csv } = resultPaths(folder);
    assert.equal(
      await failure(run(folder, { identity: "other" })),
      `${csv} holds results of other options, code or data: --fresh starts over, --out FOLDER keeps both`,
    );
    assert.deepEqual(await Deno.readFile(csv), whole.csv);
    const one = [["z", "9,9\n"]] as const;
    assert.deepEqual(await run(folder, { identity: "other", fresh: true, blocks: one }), {
      before: ["header"],
      dropped: 0,
    });
    assert.deepEqual(await readResults(folder), { identity: "other", text: HEADER + "9,9\n" });
    assert.equal(await Deno.readTextFile(csv), HEADER + "9,9\n", "nothing of the longer file is left behind it");
  }));

Deno.test("a folder has one writer at a time, even a fresh one", () =>
  inFolder(async (folder) => {
    const first = await openResults(folder, HEADER, IDENTITY, false);
    const message = `${resultPaths(folder).csv}: another run is writing it; wait for its end or choose another --out`;
    for (const fresh of [false, true]) assert.equal(await failure(run(folder, { fresh })), message);
    await first.append(...BLOCKS[0]);
    first.close();
    assert.deepEqual((await run(folder)).before, ["header", "a"]);
    assert.equal(await Deno.readTextFile(resultPaths(folder).csv), WHOLE);
  }));

Deno.test("results that cannot be opened are the user's to mend; absent ones are told apart", () =>
  inFolder(async (folder) => {
    await assert.rejects(readResults(folder), Deno.errors.NotFound);
    const { csv } = resultPaths(folder);
    await Deno.mkdir(csv);
    const message = await failure(run(folder));
    assert.ok(message.startsWith(`${csv}: Is a directory`), message);
    assert.ok(message.endsWith("; mend that or choose another --out"), message);
  }));

Deno.test("rows without a journal, as in a folder that was passed on, are read whole", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(resultPaths(folder).csv, WHOLE);
    assert.deepEqual(await readResults(folder), { text: WHOLE });
  }));

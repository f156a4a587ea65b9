import assert from "node:assert/strict";
import { Rng } from "../lib/tensor/random.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";
import sami from "./sami.ts";

/** Small enough for a test; three seeds, so that every interval has a width. */
const TINY = ["--preset", "smoke", "--only", "synthetic", "--queries", "3", "--responses", "8", "--junk", "2"];
TINY.push("--steps", "2,3", "--batch", "16", "--longer", "1,2", "--longest", "3", "--vocabulary", "2");

const run = (args: readonly string[]) => runInProcess(sami, [...TINY, ...args]);
const synthetic = sami.questions.filter((q) => q.part === "synthetic");

Deno.test("same seed, same bytes: twice in one process, and after other work", async () => {
  const args = ["--arms", "sami,dpo"], first = await run(args);
  Rng.seed(99).normals(1000);
  await run(["--arms", "sami-kl", "--seed", "7"]);
  assert.equal((await run(args)).csv, first.csv);
  assert.notEqual((await run([...args, "--seed", "2"])).csv, first.csv);
});

Deno.test("an arm's rows do not depend on the arms beside it", async () => {
  const lines = (csv: string) => csv.split("\n").filter((line) => line.split(",")[3] === "sami-continue");
  const alone = await run(["--arms", "sami-continue"]), beside = await run(["--arms", "sami,sami-continue,best-of-n"]);
  assert.ok(lines(alone.csv).length > 0);
  assert.deepEqual(lines(beside.csv), lines(alone.csv));
});

Deno.test("the report of all arms answers every synthetic question and tests every claim", async () => {
  const report = reportOf(sami, await run([]));
  assert.deepEqual(report.sections.map((s) => s.id), synthetic.map((q) => q.id));
  for (const section of report.sections) {
    assert.ok(section.figures.length > 0 && section.tables.length > 0, section.id);
    for (const { id, caption, data } of section.figures) {
      assert.ok(data.length > 0, id);
      assert.doesNotMatch(caption, /NaN|undefined|Infinity/, id);
    }
    for (const note of section.notes) assert.doesNotMatch(note, /NaN|undefined|Infinity/);
  }
  const claimed = new Set(synthetic.flatMap((q) => q.claims.map((c) => c.id)));
  for (const { id, verdict } of report.claims) assert.equal(verdict === "not run", !claimed.has(id), id);
});

Deno.test("the report copes with every arm run alone, and with as few values as there may be", async (t) => {
  for (const arm of new Set(synthetic.flatMap((q) => q.arms))) {
    await t.step(arm, async () => {
      const report = reportOf(sami, await run(["--arms", arm]));
      assert.ok(report.sections.length > 0);
      for (const { figures } of report.sections) {
        for (const { caption } of figures) assert.doesNotMatch(caption, /NaN|undefined|Infinity/);
      }
    });
  }
  await t.step("as few values as there may be", async () => {
    const few = ["--longer", "1", "--links", "0,1", "--spreads", "1", "--training", "2", "--principles", "1"];
    const kept = TINY.flatMap((word, i) => word === "--longer" || TINY[i - 1] === "--longer" ? [] : [word]);
    assert.ok(reportOf(sami, await runInProcess(sami, [...kept, ...few])).sections.length > 0);
  });
});

Deno.test("lists that leave a claim without its numbers are refused in a line", async () => {
  const fails = (args: readonly string[], message: string) => assert.rejects(run(args), { name: "UserError", message });
  await fails(["--links", "0.3"], "--links: expected 0 and at least one link above it, such as 0,0.3, got 0.3");
  await fails(["--writer-noise", "0"], "--writer-noise: claims need 0, 0.2 and 0.5 among the levels, got 0");
  await fails(
    ["--training", "2,13"],
    "--training: 4 principles make 16 constitutions, of which 4 are held out: expected at most 12, got 13",
  );
});

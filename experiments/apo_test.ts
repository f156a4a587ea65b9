import assert from "node:assert/strict";
import { startBackend } from "../lib/tensor/backend.ts";
import { Rng } from "../lib/tensor/random.ts";
import apo from "./apo.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

/** Small enough for a test; three seeds, so that every interval has a width. */
const TINY = ["--preset", "smoke", "--only", "synthetic", "--prompts", "8", "--held-out", "4", "--drafts", "4"];
const SMALL = [...TINY, "--versions", "2", "--epochs", "3"];

async function run(args: readonly string[]) {
  await startBackend("cpu");
  return await runInProcess(apo, args);
}

Deno.test("same seed, same bytes: twice in one process, and after other work", async () => {
  const args = [...SMALL, "--arms", "clair,kto,apo-down"];
  const first = await run(args);
  Rng.seed(99).normals(1000);
  await run([...SMALL, "--arms", "dpo", "--seed", "7"]);
  assert.equal((await run(args)).csv, first.csv);
  assert.notEqual((await run([...args, "--seed", "2"])).csv, first.csv);
});

Deno.test("an arm's rows do not depend on the arms beside it", async () => {
  const lines = (csv: string) => csv.split("\n").filter((line) => line.split(",")[3] === "kto");
  const alone = await run([...SMALL, "--arms", "kto"]);
  const beside = await run([...SMALL, "--arms", "kto,sft,apo-zero"]);
  assert.ok(lines(alone.csv).length > 0);
  assert.deepEqual(lines(beside.csv), lines(alone.csv));
});

Deno.test("the report of all arms answers every synthetic question and tests every claim", async () => {
  const report = reportOf(apo, await run(SMALL));
  const synthetic = apo.questions.filter((q) => q.part === "synthetic");
  assert.deepEqual(report.sections.map((s) => s.id), synthetic.map((q) => q.id));
  for (const section of report.sections) {
    assert.ok(section.figures.length > 0 && section.tables.length > 0, section.id);
    for (const { id, caption, data } of section.figures) {
      assert.ok(data.length > 0, id);
      assert.doesNotMatch(caption, /NaN|undefined|Infinity/, id);
    }
  }
  const claimed = new Set(synthetic.flatMap((q) => q.claims.map((c) => c.id)));
  for (const { id, verdict } of report.claims) assert.equal(verdict === "not run", !claimed.has(id), id);
  const exact = report.claims.filter(({ id }) => id.startsWith("first-slope-"));
  assert.deepEqual(exact.map(({ evidence }) => evidence!.estimate), [0, -0.25, -0.5]);
});

Deno.test("the report copes with every arm run alone, and with as few values as there may be", async (t) => {
  const few = ["--kls", "0.1", "--noises", "0", "--epochs", "1"];
  const arms = new Set(apo.questions.filter((q) => q.part === "synthetic").flatMap((q) => q.arms));
  for (const arm of arms) {
    await t.step(arm, async () => {
      const report = reportOf(apo, await run([...TINY, "--versions", "2", ...few, "--arms", arm]));
      assert.ok(report.sections.length > 0);
      for (const { figures } of report.sections) {
        for (const { caption } of figures) assert.doesNotMatch(caption, /NaN|undefined|Infinity/);
      }
    });
  }
});

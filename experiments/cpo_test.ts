import assert from "node:assert/strict";
import { Rng } from "../lib/tensor/random.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import cpo from "./cpo.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

/** Small enough for a test, large enough that every estimator has something to divide by. */
const TINY = ["--preset", "smoke", "--only", "synthetic", "--steps", "5", "--texts", "30"];

const run = (args: readonly string[]) => runInProcess(cpo, args);

Deno.test("same seed, same bytes: twice in one process, and after other work", async () => {
  await startBackend("wasm");
  const args = [...TINY, "--arms", "dr,dr-cpo,cpo"];
  const first = await run(args);
  Rng.seed(99).normals(1000);
  await run([...TINY, "--arms", "ipw,oracle", "--seed", "7"]);
  assert.equal((await run(args)).csv, first.csv);
  assert.notEqual((await run([...args, "--seed", "2"])).csv, first.csv);
});

Deno.test("an arm's rows do not depend on the arms beside it", async () => {
  await startBackend("wasm");
  const lines = (csv: string) => csv.split("\n").filter((line) => line.split(",")[3] === "dr-cpo");
  const alone = await run([...TINY, "--arms", "dr-cpo"]);
  const beside = await run([...TINY, "--arms", "dr-cpo,naive,snipw"]);
  assert.ok(lines(alone.csv).length > 0);
  assert.deepEqual(lines(beside.csv), lines(alone.csv));
});

Deno.test("the report of all arms answers every synthetic question and tests every claim", async () => {
  await startBackend("wasm");
  const report = reportOf(cpo, await run(TINY));
  const synthetic = cpo.questions.filter((q) => q.part === "synthetic");
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
});

Deno.test("the report copes with every arm run alone", async (t) => {
  await startBackend("wasm");
  const arms = new Set(cpo.questions.filter((q) => q.part === "synthetic").flatMap((q) => q.arms));
  for (const arm of arms) {
    await t.step(arm, async () => {
      const report = reportOf(cpo, await run([...TINY, "--arms", arm]));
      assert.ok(report.sections.length > 0);
      for (const { figures } of report.sections) {
        for (const { caption } of figures) assert.doesNotMatch(caption, /NaN|undefined|Infinity/);
      }
    });
  }
});

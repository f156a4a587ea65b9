import assert from "node:assert/strict";
import { Rng } from "../lib/tensor/random.ts";
import distribution from "./distribution.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

/** Small enough for a test; three seeds, so that every interval has a width. */
const TINY = ["--preset", "smoke", "--only", "synthetic", "--contexts", "3", "--actions", "4", "--steps", "1,10"];

const run = (args: readonly string[]) => runInProcess(distribution, args);

Deno.test("same seed, same bytes: twice in one process, and after other work", async () => {
  const args = [...TINY, "--arms", "pmle,distill-fresh,apo-zero"];
  const first = await run(args);
  Rng.seed(99).normals(1000);
  await run([...TINY, "--arms", "dpo,rebel", "--seed", "7"]);
  assert.equal((await run(args)).csv, first.csv);
  assert.notEqual((await run([...args, "--seed", "2"])).csv, first.csv);
});

Deno.test("an arm's rows do not depend on the arms beside it", async () => {
  const lines = (csv: string) => csv.split("\n").filter((line) => line.split(",")[3] === "distill-fresh");
  const alone = await run([...TINY, "--arms", "distill-fresh"]);
  const beside = await run([...TINY, "--arms", "distill-fresh,pmle-kl,dpo"]);
  assert.ok(lines(alone.csv).length > 0);
  assert.deepEqual(lines(beside.csv), lines(alone.csv));
});

Deno.test("the report of all arms answers every synthetic question and tests every claim", async () => {
  const report = reportOf(distribution, await run(TINY));
  const synthetic = distribution.questions.filter((q) => q.part === "synthetic");
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

Deno.test("the report copes with every arm run alone, and with as few values as there may be", async (t) => {
  const single = ["sizes", "small-sizes", "spreads", "tilts", "noises", "gamma-ratios", "confounding"];
  const values = ["64,128", "64", "0.5", "0", "0", "1", "0"];
  const lists = single.flatMap((name, i) => [`--${name}`, values[i]]);
  const arms = new Set(distribution.questions.filter((q) => q.part === "synthetic").flatMap((q) => q.arms));
  for (const arm of arms) {
    await t.step(arm, async () => {
      const report = reportOf(distribution, await run([...TINY, "--arms", arm]));
      assert.ok(report.sections.length > 0);
      for (const { figures } of report.sections) {
        for (const { caption } of figures) assert.doesNotMatch(caption, /NaN|undefined|Infinity/);
      }
    });
  }
  await t.step("as few values as there may be", async () => {
    assert.ok(reportOf(distribution, await run([...TINY, ...lists])).sections.length > 0);
  });
});

Deno.test("one size has no slope", async () => {
  await assert.rejects(run([...TINY, "--sizes", "64"]), {
    name: "UserError",
    message: "--sizes: a slope needs at least two sizes, such as 4096,65536",
  });
});

import assert from "node:assert/strict";
import { realData } from "../lib/datasets/testing.ts";
import { Rng } from "../lib/tensor/random.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";
import sgpo from "./sgpo.ts";
import { textQuestions } from "./sgpo/texts.ts";

/** Small enough for a test; three seeds, so that every interval has a width. */
const SMALL = ["--preset", "smoke", "--prompts", "120", "--held-out", "10", "--features", "4", "--candidates", "4"];
const TINY = [...SMALL, "--only", "synthetic", "--law-pairs", "20", "--alternations", "3", "--bias-rounds", "2"];

const run = (args: readonly string[]) => runInProcess(sgpo, args);
const linesOf = (csv: string, arm: string) => csv.split("\n").filter((line) => line.split(",")[3] === arm);

Deno.test("same seed, same bytes: twice in one process, and after other work", async () => {
  const args = [...TINY, "--arms", "self-dpo,ssapo-probability,sgpo-free"];
  const first = await run(args);
  Rng.seed(99).normals(1000);
  await run([...TINY, "--arms", "dpo-all,ipo", "--seed", "7"]);
  assert.equal((await run(args)).csv, first.csv);
  assert.notEqual((await run([...args, "--seed", "2"])).csv, first.csv);
});

Deno.test("an arm's rows do not depend on the arms beside it", async () => {
  const alone = await run([...TINY, "--arms", "ssapo-margin"]);
  const beside = await run([...TINY, "--arms", "ssapo-margin,pair-ranker,dpo"]);
  assert.ok(linesOf(alone.csv, "ssapo-margin").length > 0);
  assert.deepEqual(linesOf(beside.csv, "ssapo-margin"), linesOf(alone.csv, "ssapo-margin"));
});

Deno.test("with ε = 0 the self-annotating game is self-DPO to the bit, in both spaces", async () => {
  const { csv } = await run([...TINY, "--epsilon", "0", "--arms", "self-dpo,ssapo-margin,ssapo-probability"]);
  const rounds = (arm: string) =>
    linesOf(csv, arm).filter((line) => ["rounds", "lock-in"].includes(line.split(",")[2]))
      .map((line) => line.split(",").toSpliced(3, 1).join());
  assert.ok(rounds("self-dpo").length > 100);
  assert.deepEqual(rounds("ssapo-margin"), rounds("self-dpo"));
  assert.deepEqual(rounds("ssapo-probability"), rounds("self-dpo"));
});

Deno.test("the report of all arms answers every synthetic question and tests every claim", async () => {
  const report = reportOf(sgpo, await run(TINY));
  const synthetic = sgpo.questions.filter((q) => q.part === "synthetic");
  assert.deepEqual(report.sections.map((s) => s.id), synthetic.map((q) => q.id));
  for (const section of report.sections) {
    assert.ok(section.figures.length > 0 && section.tables.length > 0, section.id);
    for (const { id, caption, data } of section.figures) {
      assert.ok(data.length > 0 && caption.length > 20, id);
      assert.doesNotMatch(caption, /NaN|undefined|Infinity/, id);
    }
  }
  const claimed = new Set(synthetic.flatMap((q) => q.claims.map((c) => c.id)));
  for (const { id, verdict } of report.claims) assert.equal(verdict === "not run", !claimed.has(id), id);
});

Deno.test("the report copes with every arm run alone, and with as few values as there may be", async (t) => {
  const arms = new Set(sgpo.questions.filter((q) => q.part === "synthetic").flatMap((q) => q.arms));
  for (const arm of arms) {
    await t.step(arm, async () => {
      const report = reportOf(sgpo, await run([...TINY, "--arms", arm]));
      assert.ok(report.sections.length > 0);
      for (const { figures } of report.sections) {
        for (const { caption, data, id } of figures) {
          assert.ok(data.length > 0 && caption.length > 20, id);
          assert.doesNotMatch(caption, /NaN|undefined|Infinity/);
        }
      }
    });
  }
  await t.step("as few values as there may be", async () => {
    const single = { noises: 0.25, epsilons: "0,0.1", "seed-shares": 0.1, rechecks: 0, confounding: 1, groups: 10 };
    const lists = Object.entries(single).flatMap(([name, value]) => [`--${name}`, String(value)]);
    assert.ok(reportOf(sgpo, await run([...TINY, ...lists])).sections.length > 0);
  });
});

Deno.test("lists that leave nothing to compare are refused in a line", async () => {
  await assert.rejects(run([...TINY, "--epsilons", "0.1,0.2"]), {
    name: "UserError",
    message: "--epsilons: expected 0, which is self-DPO, and at least one more, such as 0,0.05",
  });
  await assert.rejects(run([...TINY, "--pieces", "5"]), {
    name: "UserError",
    message: "--pieces: expected two numbers or more, such as 3,33",
  });
  await assert.rejects(run([...TINY, "--distances", "0,0.1"]), {
    name: "UserError",
    message: "--distances: expected two above 0 or more, such as 0,0.1,0.4",
  });
});

const stores = [await realData("politeness"), await realData("harmless"), await realData("paradetox")];

Deno.test({
  name: "real data: all three are answered, every claim is tested, and the same seed gives the same rows",
  ignore: stores.includes(undefined),
  async fn() {
    const mirror = Deno.env.get("PREFLAB_MIRROR");
    const args = ["--preset", "smoke", "--only", "benchmark", "--text-pairs", "200"];
    const first = await runInProcess(sgpo, args, mirror);
    const report = reportOf(sgpo, first);
    assert.deepEqual(report.sections.map((s) => s.id), textQuestions.map((q) => q.id));
    for (const { figures, notes } of report.sections) {
      for (const text of [...figures.map((f) => f.caption), ...notes ?? []]) {
        assert.doesNotMatch(text, /NaN|undefined|Infinity/);
      }
    }
    const claimed = new Set<string>(textQuestions.flatMap((q) => q.claims.map((c) => c.id)));
    for (const { id, verdict } of report.claims) assert.equal(verdict === "not run", !claimed.has(id), id);
    const again = await runInProcess(sgpo, [...args, "--arms", "ipo"], mirror);
    assert.deepEqual(linesOf(again.csv, "ipo"), linesOf(first.csv, "ipo"));
  },
});

import assert from "node:assert/strict";
import { realData } from "../../lib/datasets/testing.ts";
import apo from "../apo.ts";
import { reportOf, runInProcess } from "../in_process_test_helpers.ts";
import { benchmarkQuestions } from "./benchmark.ts";
import { loserOf, revisionData } from "./revision_data.ts";
import { unexplained } from "./texts.ts";

const FLAGS = ["--preset", "smoke", "--only", "benchmark", "--text-pairs", "210", "--contrast-pairs", "12"];
const stores = [];
for (const { id } of revisionData) stores.push(await realData(id));

const run = (args: readonly string[]) =>
  runInProcess(apo, [...FLAGS, "--text-steps", "4", ...args], Deno.env.get("PREFLAB_MIRROR"));

Deno.test({
  name: "real data: all questions are answered, every claim is tested, and the same seed gives the same rows",
  ignore: stores.includes(undefined),
  async fn() {
    const first = await run([]);
    const report = reportOf(apo, first);
    assert.deepEqual(report.sections.map((s) => s.id), benchmarkQuestions.map((q) => q.id));
    for (const { figures, notes } of report.sections) {
      for (const text of [...figures.map((f) => f.caption), ...notes ?? []]) {
        assert.doesNotMatch(text, /NaN|undefined|Infinity/);
      }
    }
    const claimed = new Set<string>(benchmarkQuestions.flatMap((q) => q.claims.map((c) => c.id)));
    for (const { id, verdict } of report.claims) assert.equal(verdict === "not run", !claimed.has(id), id);
    const lines = (text: string) => text.split("\n").filter((line) => line.split(",")[3] === "kto");
    assert.deepEqual(
      lines((await run(["--arms", "kto", "--datasets", "politeness"])).csv),
      lines(first.csv).filter(
        (line) => line.split(",")[2] === "politeness",
      ),
    );
  },
});

Deno.test("mismatched winners stand above the next one's loser: each loser once, none its own", () => {
  const losers = [0, 1, 2, 3].map((i) => loserOf("mismatched", i, 4));
  assert.deepEqual(losers.toSorted(), [0, 1, 2, 3]);
  assert.ok(losers.every((loser, i) => loser !== i));
  assert.deepEqual([0, 1, 2, 3].map((i) => loserOf("matched", i, 4)), [0, 1, 2, 3]);
});

Deno.test("drift is 0 for a multiple of the judge's score, 1 for what is uncorrelated with it", () => {
  const judge = Float64Array.of(-1, 1, -1, 1), other = Float64Array.of(1, 1, -1, -1);
  assert.equal(unexplained(judge.map((v) => 3 - 2 * v), judge), 0);
  assert.equal(unexplained(other, judge), 1);
  // Equal parts of both: half of the variance.
  assert.equal(unexplained(judge.map((v, i) => v + other[i]), judge), 0.5);
});

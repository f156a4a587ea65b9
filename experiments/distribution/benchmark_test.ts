import assert from "node:assert/strict";
import { realData } from "../../lib/datasets/testing.ts";
import { buildReport } from "../../lib/run/draw.ts";
import { createRunner, unitsOf } from "../../lib/run/execute.ts";
import { experimentFlags, planRun } from "../../lib/run/plan.ts";
import { conditionColumns, csvHeader, rowsFromCsv } from "../../lib/run/rows.ts";
import type { RunConfig } from "../../lib/run/run_config.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import distribution from "../distribution.ts";
import { benchmarkQuestions } from "./benchmark.ts";

const FLAGS = ["--preset", "smoke", "--only", "benchmark", "--text-sizes", "16,64", "--text-steps", "6"];
const stores = [await realData("polarity"), await realData("politeness")];

async function run(args: readonly string[]) {
  await startBackend("cpu");
  const mirror = Deno.env.get("PREFLAB_MIRROR");
  const plan = await planRun(distribution, experimentFlags(distribution, [...FLAGS, ...args]), mirror);
  const runner = createRunner(distribution, plan);
  let csv = csvHeader(conditionColumns(distribution.questions, plan.options));
  for (const unit of unitsOf(plan)) csv += await runner.run(unit);
  return { plan, csv };
}

Deno.test({
  name: "real data: both questions are answered, every claim is tested, and the same seed gives the same rows",
  ignore: stores.includes(undefined),
  async fn() {
    const { plan, csv } = await run([]);
    const questions = Object.fromEntries(
      plan.questions.map(({ question, arms }) => [question.id, { arms, seeds: question.seeds(plan.options) }]),
    );
    const config = { options: plan.options, questions, notices: [] } as unknown as RunConfig;
    const report = buildReport(distribution, config, rowsFromCsv(csv, "results.csv"));
    assert.deepEqual(report.sections.map((s) => s.id), benchmarkQuestions.map((q) => q.id));
    for (const { figures, notes } of report.sections) {
      for (const text of [...figures.map((f) => f.caption), ...notes ?? []]) {
        assert.doesNotMatch(text, /NaN|undefined|Infinity/);
      }
    }
    const claimed = new Set<string>(benchmarkQuestions.flatMap((q) => q.claims.map((c) => c.id)));
    for (const { id, verdict } of report.claims) assert.equal(verdict === "not run", !claimed.has(id), id);

    const lines = (text: string) => text.split("\n").filter((line) => line.split(",")[3] === "pmle");
    assert.deepEqual(lines((await run(["--arms", "pmle"])).csv), lines(csv));
  },
});

Deno.test("one size has no slope and is refused in one line", () => {
  const [sentences] = benchmarkQuestions;
  assert.throws(
    () => sentences.conditions({ textSizes: [64] } as unknown as Parameters<typeof sentences.conditions>[0]),
    {
      name: "UserError",
      message: "--text-sizes: expected two sizes or more, for a slope, got 64",
    },
  );
});

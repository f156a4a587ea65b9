import assert from "node:assert/strict";
import { realData } from "../../lib/datasets/testing.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import distribution from "../distribution.ts";
import { reportOf, runInProcess } from "../in_process_test_helpers.ts";
import { benchmarkQuestions } from "./benchmark.ts";

const FLAGS = ["--preset", "smoke", "--only", "benchmark", "--text-sizes", "16,64", "--text-steps", "6"];
const stores = [await realData("polarity"), await realData("politeness")];

async function run(args: readonly string[]) {
  await startBackend("cpu");
  return await runInProcess(distribution, [...FLAGS, ...args], Deno.env.get("PREFLAB_MIRROR"));
}

Deno.test({
  name: "real data: both questions are answered, every claim is tested, and the same seed gives the same rows",
  ignore: stores.includes(undefined),
  async fn() {
    const first = await run([]);
    const report = reportOf(distribution, first);
    assert.deepEqual(report.sections.map((s) => s.id), benchmarkQuestions.map((q) => q.id));
    for (const { figures, notes } of report.sections) {
      for (const text of [...figures.map((f) => f.caption), ...notes ?? []]) {
        assert.doesNotMatch(text, /NaN|undefined|Infinity/);
      }
    }
    const claimed = new Set<string>(benchmarkQuestions.flatMap((q) => q.claims.map((c) => c.id)));
    for (const { id, verdict } of report.claims) assert.equal(verdict === "not run", !claimed.has(id), id);

    const lines = (text: string) => text.split("\n").filter((line) => line.split(",")[3] === "pmle");
    assert.deepEqual(lines((await run(["--arms", "pmle"])).csv), lines(first.csv));
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

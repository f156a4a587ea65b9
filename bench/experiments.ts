/**
 * Whole experiments: their smoke preset without real data, on each engine.
 *
 * @module
 */
import { experiments } from "../experiments/all.ts";
import { createRunner, unitsOf } from "../lib/run/execute.ts";
import { experimentFlags, planRun } from "../lib/run/plan.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { rowsOf } from "./kernels.ts";
import type { BenchRow } from "./rows.ts";
import { type Contender, takeTurns } from "./timing.ts";

const ROUNDS = 3;

/** Milliseconds of all units of the made part of every experiment, in one process; the last engine is the yardstick. */
export async function experimentRows(engines: readonly string[]): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, load] of Object.entries(experiments)) {
    const { default: experiment } = await load();
    const contenders = engines.toReversed().map((engine): Contender => ({
      name: engine,
      async sample() {
        await startBackend(engine);
        const flags = ["--preset", "smoke", "--only", "synthetic", "--backend", engine];
        const plan = await planRun(experiment, experimentFlags(experiment, flags), undefined);
        const runner = createRunner(experiment, plan);
        const began = performance.now();
        for (const unit of unitsOf(plan)) await runner.run(unit);
        return performance.now() - began;
      },
    }));
    rows.push(...rowsOf("Whole experiments, smoke preset", name, contenders, await takeTurns(contenders, ROUNDS)));
  }
  return rows;
}

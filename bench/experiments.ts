/**
 * Whole experiments: their smoke preset without real data, on each engine.
 *
 * @module
 */
import { experiments } from "../experiments/all.ts";
import { experimentFlags, planRun } from "../lib/run/plan.ts";
import { createRunner } from "../lib/run/runner.ts";
import { unitsOf } from "../lib/run/units.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { rowsOf } from "./kernels.ts";
import type { BenchRow } from "./rows.ts";
import { type Contender, takeTurns } from "./timing.ts";

/** Turns that are counted, at most: these take long. */
const MOST_ROUNDS = 3;

/**
 * Milliseconds of all units of the made part of every experiment, in one process; the last engine is the yardstick.
 * Experiments that train no tensors there have one row, without an engine.
 */
export async function experimentRows(engines: readonly string[], rounds: number): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, load] of Object.entries(experiments)) {
    const { default: experiment } = await load();
    const flags = experimentFlags(experiment, ["--preset", "smoke", "--only", "synthetic"]);
    const plan = await planRun(experiment, flags, undefined), units = unitsOf(plan);
    const run = async () => {
      const runner = createRunner(experiment, plan);
      const began = performance.now();
      for (const unit of units) await runner.run(unit);
      return performance.now() - began;
    };
    const onEngine = (engine: string): Contender => ({
      name: engine,
      async sample() {
        await startBackend(engine);
        return await run();
      },
    });
    const contenders = plan.questions.some(({ question }) => question.tensors)
      ? engines.toReversed().map(onEngine)
      : [{ name: "no engine", sample: run }];
    const times = await takeTurns(contenders, Math.min(rounds, MOST_ROUNDS));
    rows.push(...rowsOf("Whole experiments, smoke preset", name, contenders, times));
  }
  return rows;
}

/**
 * Runs of an experiment's questions as a benchmark times them: no file is written, no report drawn.
 *
 * @module
 */
import type { Experiment } from "../lib/run/experiment.ts";
import { experimentFlags, planRun } from "../lib/run/plan.ts";
import { createRunner } from "../lib/run/runner.ts";
import { type Unit, unitsOf } from "../lib/run/units.ts";

/** Computes units of a plan, one after the other. */
interface Rerun {
  /** The units of the plan, in order. */
  readonly units: readonly Unit[];
  /** Computes these units anew, what their questions share included. */
  run(units: readonly Unit[]): Promise<void>;
}

/** A run of an experiment with these options and flags, to be repeated. */
export async function rerunOf(
  experiment: Experiment,
  flags: Readonly<Record<string, string>>,
  mirror?: string,
): Promise<Rerun> {
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const plan = await planRun(experiment, experimentFlags(experiment, args), mirror);
  return {
    units: unitsOf(plan),
    async run(units) {
      const runner = createRunner(experiment, plan);
      for (const unit of units) await runner.run(unit);
    },
  };
}

/**
 * Runs what is missing of a plan: unit by unit, rows to disk as they are made, resumable.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import type { Progress } from "./progress.ts";
import type { UnitRunner } from "./runner.ts";
import type { Unit, UnitResult } from "./units.ts";

/** A unit that could not be computed with these options or data. */
export interface Failure {
  /** Id of its question. */
  readonly question: string;
  /** One line: what, where, what to do. */
  readonly message: string;
}

/**
 * Runs units on all runners at once and saves each as it is ready.
 *
 * A unit that fails for a reason the user can mend stops no other; a mistake of the program stops all, once those in
 * flight are saved.
 *
 * @param save called for one unit at a time
 * @param stopped asked between units; once true, units in flight are finished and saved
 * @returns the units that failed, in the order of failure
 * @throws what a failing unit threw, unless it was a UserError; what `save` threw
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import { createProgress } from "./progress.ts";
 * import { createRunner } from "./runner.ts";
 * import { unitsOf } from "./units.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const units = unitsOf(plan), saved: string[] = [];
 * const progress = createProgress("toy", units.length, 0, { terminal: false, columns: () => 80, write: () => {} });
 * const save = ({ name }: { name: string }) => saved.push(name);
 * assert.deepEqual(await execute(units, [createRunner(toy, plan)], save, progress, () => false), []);
 * assert.equal(saved.length, 6);
 * ```
 */
export async function execute(
  units: readonly Unit[],
  runners: readonly UnitRunner[],
  save: (unit: Unit, result: UnitResult) => void,
  progress: Progress,
  stopped: () => boolean,
): Promise<Failure[]> {
  const missing = [...units], failures: Failure[] = [];
  const owners = new Map<string, UnitRunner>();
  /** The first unit left whose shared work no other runner has begun; when there is none, the first. */
  const take = (runner: UnitRunner): Unit => {
    const free = ({ shares }: Unit) => shares === undefined || (owners.get(shares) ?? runner) === runner;
    const [unit] = missing.splice(Math.max(0, missing.findIndex(free)), 1);
    if (unit.shares !== undefined) owners.set(unit.shares, runner);
    return unit;
  };
  let failed = false;
  const work = async (runner: UnitRunner) => {
    while (missing.length > 0 && !stopped() && !failed) {
      const unit = take(runner);
      progress.start(unit.name);
      let result: UnitResult | undefined;
      try {
        result = await runner.run(unit);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        failures.push({ question: unit.question.id, message: error.message });
      }
      if (result) save(unit, result);
      progress.finish();
      await new Promise((resolve) => setTimeout(resolve)); // lets a signal be seen between units
    }
  };
  const outcomes = await Promise.allSettled(runners.map((runner) =>
    work(runner).catch((error) => {
      failed = true;
      throw error;
    })
  ));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return failures;
}

/**
 * Computes units, one after the other, in this thread.
 *
 * @module
 */
import { confirmNumbers } from "../tensor/backend.ts";
import { UserError } from "../user_error.ts";
import type { Metrics } from "./experiment.ts";
import type { Plan } from "./plan.ts";
import { streamsOf } from "./streams.ts";
import { traced } from "./traced_options.ts";
import type { Unit, UnitResult } from "./units.ts";

/** Computes units, one after the other; loads what a question shares once. */
export interface UnitRunner {
  /**
   * Numbers of one unit.
   *
   * @throws UserError naming question, arm, metric and seed when a metric is not finite, and when the engine failed;
   * TypeError when a metric has the wrong length
   */
  run(unit: Unit): Promise<UnitResult>;
}

/**
 * A runner for the units of a plan.
 *
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import { unitsOf } from "./units.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const { metrics, reads } = await createRunner(plan).run(unitsOf(plan)[0]);
 * assert.deepEqual(metrics, ["error"]);
 * assert.deepEqual(reads, ["seed", "n"]);
 * ```
 */
export function createRunner(plan: Plan): UnitRunner {
  let preparedFor: unknown, prepared: unknown;
  /** What the question has looked at since it was prepared: what it keeps between units rests on that as well. */
  let { options, reads } = traced(plan.options);
  return {
    async run(unit) {
      const began = performance.now();
      const { question, arm, condition, seeds } = unit;
      if (preparedFor !== question) {
        ({ options, reads } = traced(plan.options));
        const rng = streamsOf(options.seed, question.id, "prepare");
        prepared = await question.prepare?.({ options, store: plan.store, rng });
        preparedFor = question;
      }
      let metrics: Metrics;
      try {
        metrics = question.run({
          options,
          arm,
          condition,
          seeds,
          streams: (name) => seeds.map((seed) => streamsOf(options.seed, question.id, seed, name)),
          prepared,
        });
      } finally {
        await confirmNumbers(); // where the engine failed, that is why `run` did, or why its numbers must not be saved
      }
      const values = valuesOf(unit, metrics);
      return { metrics: Object.keys(metrics), values, reads: [...reads], seconds: (performance.now() - began) / 1000 };
    },
  };
}

/** Seed by seed, metrics in the order the question gave them. */
function valuesOf({ name, seeds }: Unit, metrics: Metrics): Float64Array {
  const entries = Object.entries(metrics);
  const values = new Float64Array(seeds.length * entries.length);
  for (const [m, [metric, ofSeeds]] of entries.entries()) {
    if (ofSeeds.length !== seeds.length) {
      throw new TypeError(`${name}: metric ${metric} has ${ofSeeds.length} values for ${seeds.length} seeds`);
    }
    for (const [i, seed] of seeds.entries()) {
      if (!Number.isFinite(ofSeeds[i])) {
        throw new UserError(`${name}: metric ${metric} is ${ofSeeds[i]} at seed ${seed}`);
      }
      values[i * entries.length + m] = ofSeeds[i] + 0; // -0 becomes 0: they are the same number in a file
    }
  }
  return values;
}

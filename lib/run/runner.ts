/**
 * Computes units, one after the other, in this thread.
 *
 * @module
 */
import { confirmNumbers } from "../tensor/backend.ts";
import { DivergenceError } from "../user_error.ts";
import type { Experiment, Metrics } from "./experiment.ts";
import { changedOptions, explained } from "./numeric_errors.ts";
import type { Plan } from "./plan.ts";
import { streamsOf } from "./streams.ts";
import { traced } from "./traced_options.ts";
import type { Unit, UnitResult } from "./units.ts";
import type { WrittenText } from "./written_text.ts";

/** Computes units, one after the other; loads what a question shares once. */
export interface UnitRunner {
  /**
   * Numbers of one unit.
   *
   * @throws DivergenceError naming question, arm, condition and changed options when a metric is not finite or the
   * mathematics has no answer under them; UserError when the engine failed; TypeError when a metric has the wrong length
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
 * const { metrics, reads } = await createRunner(toy, plan).run(unitsOf(plan)[0]);
 * assert.deepEqual(metrics, ["error"]);
 * assert.deepEqual(reads, ["seed", "n"]);
 * ```
 */
export function createRunner(experiment: Experiment, plan: Plan): UnitRunner {
  const changed = changedOptions(experiment.options, plan.options, plan.preset);
  let preparedFor: unknown, prepared: unknown;
  /** What the question has looked at since it was prepared: what it keeps between units rests on that as well. */
  let { options, reads } = traced(plan.options);
  return {
    async run(unit) {
      const began = performance.now();
      const { question, arm, condition, seeds } = unit;
      const texts: WrittenText[] = [];
      let metrics: Metrics, values: Float64Array;
      try {
        if (preparedFor !== question) {
          ({ options, reads } = traced(plan.options));
          const rng = streamsOf(options.seed, question.id, "prepare");
          prepared = await question.prepare?.({ options, store: plan.store, rng, writer: plan.writer });
          preparedFor = question;
        }
        metrics = question.run({
          options,
          arm,
          condition,
          seeds,
          streams: (name) => seeds.map((seed) => streamsOf(options.seed, question.id, seed, name)),
          prepared,
          keep: (text) => void texts.push(text),
        });
        values = valuesOf(unit, metrics);
      } catch (error) {
        throw explained(error, unit.name, changed);
      } finally {
        await confirmNumbers(); // where the engine failed, that is why `run` did, or why its numbers must not be saved
      }
      return {
        ...{ metrics: Object.keys(metrics), values, reads: [...reads] },
        ...texts.length > 0 && { texts },
        seconds: (performance.now() - began) / 1000,
      };
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
        throw new DivergenceError(`metric ${metric} is ${ofSeeds[i]} at seed ${seed}`);
      }
      values[i * entries.length + m] = ofSeeds[i] + 0; // -0 becomes 0: they are the same number in a file
    }
  }
  return values;
}

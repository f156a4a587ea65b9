/**
 * The rows of a run, from its store, in the order of its plan.
 *
 * @module
 */
import type { Experiment } from "./experiment.ts";
import { type Block, conditionColumns, csvHeader, rowsInPieces } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";
import type { RunStore } from "./run_store.ts";
import { blockOf, type Unit, unitsOf } from "./units.ts";

/**
 * All units of a run.
 *
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import { describeRun } from "./run_config.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const config = await describeRun(toy, import.meta.resolve("./testdata/toy.ts"), [], plan, "none");
 * assert.equal(plannedUnits(toy, config).length, 6);
 * ```
 */
export function plannedUnits({ questions }: Experiment, config: RunConfig): Unit[] {
  const planned = questions.filter(({ id }) => Object.hasOwn(config.questions, id))
    .map((question) => ({ question, arms: config.questions[question.id].arms }));
  return unitsOf({ options: config.options, questions: planned });
}

/** The rows of a run, and what it lacks. */
interface SavedRows {
  /** One a unit, in the order of the plan. */
  readonly blocks: readonly Block[];
  /** Names of planned units that have none. */
  readonly missing: readonly string[];
}

/**
 * Rows that are saved of a run: the same for the same seed, whatever was computed when, by how many threads, or before.
 *
 * @example
 * ```ts ignore
 * const { rows } = savedRows(experiment, config, openRunStore("reports/cpo", { readOnly: true }));
 * ```
 */
export function savedRows(experiment: Experiment, config: RunConfig, store: RunStore): SavedRows {
  const blocks: Block[] = [], missing: string[] = [];
  for (const unit of plannedUnits(experiment, config)) {
    const result = store.find(unit, config.questions[unit.question.id].basis, config.options);
    if (result) blocks.push(blockOf(unit, result));
    else missing.push(unit.name);
  }
  return { blocks, missing };
}

/**
 * Rows as the text of `results.csv`, in parts.
 *
 * @example
 * ```ts ignore
 * await writeParts("reports/cpo/results.csv", resultsCsv(experiment, config, blocks));
 * ```
 */
export function* resultsCsv(
  experiment: Experiment,
  { options }: RunConfig,
  blocks: readonly Block[],
): Generator<string> {
  const columns = conditionColumns(experiment.questions, options);
  yield csvHeader(columns);
  yield* rowsInPieces(experiment.name, columns, blocks);
}

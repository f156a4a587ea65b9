/**
 * Runs an experiment inside a test, without files or workers.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Report } from "../lib/report/types.ts";
import { buildReport, OLDER } from "../lib/run/draw.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { experimentFlags, type Plan, planRun } from "../lib/run/plan.ts";
import { conditionColumns, csvHeader, rowsFromCsv, rowsToCsv } from "../lib/run/rows.ts";
import type { RunConfig } from "../lib/run/run_config.ts";
import { createRunner } from "../lib/run/runner.ts";
import { blocksOf } from "../lib/run/rows_test_helpers.ts";
import { blockOf, unitsOf } from "../lib/run/units.ts";

/** A plan and the rows it gave, as in `results.csv`. */
export interface InProcessRun {
  readonly plan: Plan;
  readonly csv: string;
}

/** Computes every unit of the plan that these arguments make. */
export async function runInProcess(
  experiment: Experiment,
  args: readonly string[],
  mirror?: string,
): Promise<InProcessRun> {
  const plan = await planRun(experiment, experimentFlags(experiment, args), mirror);
  const runner = createRunner(experiment, plan), columns = conditionColumns(experiment.questions, plan.options);
  let csv = csvHeader(columns);
  for (const unit of unitsOf(plan)) {
    csv += rowsToCsv(experiment.name, columns, [blockOf(unit, await runner.run(unit))]);
  }
  return { plan, csv };
}

/** The report of such a run, from its rows alone; under another seed of bootstrap draws where one is given. */
export function reportOf(experiment: Experiment, { plan, csv }: InProcessRun, draws?: number): Report {
  const questions = Object.fromEntries(
    plan.questions.map(({ question, arms }) => [question.id, { arms, seeds: question.seeds(plan.options), basis: {} }]),
  );
  const config = { options: plan.options, questions, notices: [], failures: [] } as unknown as RunConfig;
  const report = buildReport(experiment, config, blocksOf(rowsFromCsv(csv, "results.csv")), { draws });
  // These rows are of this version: whatever is read must be there.
  const notes = [...report.claims.map(({ note }) => note), ...report.sections.flatMap(({ notes }) => notes)];
  assert.deepEqual(notes.filter((note) => note?.includes(OLDER)), []);
  return report;
}

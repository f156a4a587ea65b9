/**
 * A run with its report drawn, as a user gets it, inside a test.
 *
 * @module
 */
import assert from "node:assert/strict";
import { paperTable } from "../lib/report/paper/paper_table.ts";
import { renderFigure } from "../lib/report/plot.ts";
import type { Report } from "../lib/report/types.ts";
import { writeReport } from "../lib/report/write.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { inFolder } from "../lib/run/demo_test_helpers.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

/** Width of a paper's column, pt. */
const COLUMN = 234;

/** Runs, then draws all that a report and a paper take from the rows: page, figures, tables, claims. */
export async function runAndDraw(experiment: Experiment, args: readonly string[], mirror?: string): Promise<Report> {
  const report = reportOf(experiment, await runInProcess(experiment, args, mirror));
  await inFolder(async (folder) => void await writeReport(report, folder));
  for (const { figures, tables } of report.sections) {
    for (const figure of figures) await renderFigure(figure, { target: "paper", width: COLUMN });
    for (const table of tables) paperTable(table);
  }
  return report;
}

/** What a drawn report may not say. */
export function withoutGaps({ sections, claims }: Report): void {
  for (const { id, figures, notes, tables } of sections) {
    assert.ok(figures.length + tables.length > 0, id);
    for (const text of [...figures.flatMap(({ caption, alt }) => [caption, alt]), ...notes]) {
      assert.doesNotMatch(text, /NaN|undefined|Infinity|null|not finished/, id);
    }
  }
  for (const { id, verdict, note } of claims) {
    if (verdict === "not run") {
      assert.match(note ?? "", /^(this needs|this question was not run|arm .* was not run)/, id);
    }
  }
}

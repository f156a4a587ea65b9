/**
 * Draws an experiment's report and the index of all experiments.
 *
 * @module
 */
import { writeReport } from "../report/write.ts";
import type { Report } from "../report/types.ts";
import { loadReport } from "./draw.ts";
import type { Experiment } from "./experiment.ts";

/**
 * Draws the report of saved rows.
 *
 * @returns what was drawn
 * @throws UserError when there are no rows
 */
export async function drawReport(experiment: Experiment, folder: string): Promise<Report> {
  const report = await loadReport(experiment, folder);
  await writeReport(report, folder);
  return report;
}

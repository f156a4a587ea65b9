/**
 * Draws an experiment's report.
 *
 * @module
 */
import type { IndexEntry } from "../report/index_page.ts";
import type { Report } from "../report/types.ts";
import { writeReport } from "../report/write.ts";
import { loadReport } from "./draw.ts";
import type { Experiment } from "./experiment.ts";
import { atomicWrite } from "./files.ts";
import type { RunConfig } from "./run_config.ts";

/** What the index shows of a report, kept beside it so that the index needs no rows. */
export const ENTRY = "entry.json";

/**
 * Draws the report of saved rows: page, figures and tables, beside the rows.
 *
 * @param folder needs read and write permission
 * @returns what was drawn
 * @throws UserError when there are no rows
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * await assert.rejects(drawReport(toy, "reports/no-such-run"), /not there yet; run deno task toy first/);
 * ```
 */
export async function drawReport(experiment: Experiment, folder: string): Promise<Report> {
  const report = await loadReport(experiment, folder);
  await writeReport(report, folder);
  const { options, wallSeconds, backend, preset } = report.config as unknown as RunConfig;
  const entry: IndexEntry = {
    name: report.name,
    title: report.title,
    lead: report.lead,
    claims: report.claims,
    figure: report.sections.flatMap((section) => section.figures)[0],
    seeds: options.seeds,
    wallSeconds,
    backend,
    preset,
  };
  await atomicWrite(`${folder}/${ENTRY}`, JSON.stringify(entry) + "\n");
  return report;
}

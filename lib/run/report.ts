/**
 * Draws an experiment's report.
 *
 * @module
 */
import type { IndexEntry } from "../report/index_page.ts";
import type { Report } from "../report/types.ts";
import { writeReport } from "../report/write.ts";
import { sweep, writeWhole } from "../files.ts";
import { loadRun } from "./draw.ts";
import type { Experiment } from "./experiment.ts";
import { resultsCsv } from "./saved_rows.ts";
import { sha256Hex } from "./sha256.ts";

/** What the index shows of a report, kept beside it so that the index needs no rows. */
export const ENTRY = "entry.json";

/** What is written last: which rows were drawn, and every file that was drawn from them. */
export interface DrawnEntry extends IndexEntry {
  /** Identity of the run. */
  readonly run: string;
  /** SHA-256 of `results.csv`. */
  readonly rows: string;
  /** SHA-256 of each file by its path in the folder. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Draws the report of saved rows: page, figures and tables, with `results.csv` and `config.json` beside them.
 *
 * A kill leaves old files and new ones at the worst, each of them whole; `entry.json`, which is written last, tells
 * whether all are of one run.
 *
 * @param folder needs read and write permission
 * @returns what was drawn
 * @throws UserError when there are no rows, or a file cannot be written
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * await assert.rejects(drawReport(toy, "reports/no-such-run"), /not there yet; run deno task toy first/);
 * ```
 */
export async function drawReport(experiment: Experiment, folder: string): Promise<Report> {
  const { config, rows, report } = await loadRun(experiment, folder);
  const csv = resultsCsv(experiment, config, rows);
  await sweep(folder);
  await writeWhole(`${folder}/results.csv`, csv);
  await writeWhole(`${folder}/config.json`, JSON.stringify(config, null, 2) + "\n");
  const files = await writeReport(report, folder);
  const checksums: Record<string, string> = {};
  for (const [path, text] of files) checksums[path] = await sha256Hex(text);
  const entry: DrawnEntry = {
    name: report.name,
    title: report.title,
    lead: report.lead,
    claims: report.claims,
    figure: report.sections.flatMap((section) => section.figures)[0],
    seeds: config.options.seeds,
    wallSeconds: config.wallSeconds,
    backend: config.backend,
    preset: config.preset,
    run: config.identity,
    rows: await sha256Hex(csv),
    files: checksums,
  };
  await writeWhole(`${folder}/${ENTRY}`, JSON.stringify(entry) + "\n");
  return report;
}

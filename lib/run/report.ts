/**
 * Draws an experiment's report and the index of all experiments.
 *
 * @module
 */
import { type IndexEntry, writeIndex } from "../report/index_page.ts";
import type { Report } from "../report/types.ts";
import { writeReport } from "../report/write.ts";
import { loadReport } from "./draw.ts";
import type { Experiment } from "./experiment.ts";
import { atomicWrite } from "./files.ts";
import type { RunConfig } from "./run_config.ts";

/** What the index shows of a report, kept beside it so that the index needs no rows. */
const ENTRY = "entry.json";

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

/**
 * Writes the index page over every experiment that has a report under `folder`.
 *
 * @param names in the order of the page; those without a report are left out
 * @param folder needs read and write permission
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await drawIndex(["toy"], folder);
 * assert.match(await Deno.readTextFile(`${folder}/index.html`), /0 experiments/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function drawIndex(names: readonly string[], folder: string): Promise<void> {
  const entries: IndexEntry[] = [];
  for (const name of names) {
    const text = await Deno.readTextFile(`${folder}/${name}/${ENTRY}`).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (text !== undefined) entries.push(JSON.parse(text));
  }
  await writeIndex(entries, folder);
}

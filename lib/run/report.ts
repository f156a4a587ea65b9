/**
 * Draws an experiment's report and the index of all experiments.
 *
 * @module
 */
import { writeIndex } from "../report/index_page.ts";
import type { Report } from "../report/types.ts";
import { writeReport } from "../report/write.ts";
import { loadReport } from "./draw.ts";
import type { Experiment } from "./experiment.ts";
import type { RunConfig } from "./run_config.ts";

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

/**
 * Writes the index page over every experiment that has rows under `folder`.
 *
 * @param experiments how to load each experiment, by name
 */
export async function drawIndex(
  experiments: Readonly<Record<string, () => Promise<{ default: Experiment }>>>,
  folder: string,
): Promise<void> {
  const entries = [];
  for (const [name, load] of Object.entries(experiments)) {
    if (!await exists(`${folder}/${name}/config.json`)) continue;
    const report = await loadReport((await load()).default, `${folder}/${name}`);
    const config = report.config as unknown as RunConfig;
    entries.push({
      name,
      title: report.title,
      lead: report.lead,
      claims: report.claims,
      figure: report.sections.flatMap((section) => section.figures)[0],
      seeds: config.options.seeds,
      wallSeconds: config.wallSeconds,
      backend: config.backend,
      preset: config.preset,
    });
  }
  await writeIndex(entries, folder);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/**
 * Draws an experiment's report.
 *
 * @module
 */
import { type Drawer, drawHere } from "../report/drawer.ts";
import type { IndexEntry } from "../report/index_page.ts";
import type { Report } from "../report/types.ts";
import { writeReport } from "../report/write.ts";
import type { ClaimResult } from "../statistics/claims.ts";
import { UserError } from "../user_error.ts";
import { writeWhole } from "../files.ts";
import { lossesOf } from "./arm_losses.ts";
import { loadRows, loadRun } from "./draw.ts";
import type { Experiment } from "./experiment.ts";
import { readRowFiles, type RowFiles, rowsChecksum, writeRowFiles } from "./row_files.ts";
import { renewStore } from "./run_store.ts";
import { sha256Hex } from "./sha256.ts";

/** What the index shows of a report, kept beside it so that the index needs no rows. */
export const ENTRY = "entry.json";

/** What is written last: which rows were drawn, and every file that was drawn from them. */
export interface DrawnEntry extends IndexEntry, RowFiles {
  /** Identity of the run. */
  readonly run: string;
  /** SHA-256 of each file by its path in the folder. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Draws the report of saved rows: page, figures and tables, with `results.csv`, `results.parquet` and `config.json`
 * beside them. A store of an earlier version is laid out anew first.
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
export async function drawReport(
  experiment: Experiment,
  folder: string,
  drawer: Drawer = drawHere,
): Promise<Report> {
  renewStore(folder);
  using there = readRowFiles(folder, await readEntry(`${folder}/${ENTRY}`));
  const { config, blocks, report } = await loadRun(experiment, folder, drawer.figure);
  const rowFiles = await writeRowFiles(experiment, config, blocks, folder, there);
  await writeWhole(`${folder}/config.json`, JSON.stringify(config, null, 2) + "\n");
  const arms = new Set(Object.values(config.questions).flatMap((planned) => planned.arms));
  const page = await Deno.stat(`${folder}/../losses.html`).then(() => true, () => false);
  const losses = lossesOf([...arms], page, experiment.losses);
  const files = await writeReport({ ...report, losses }, folder, drawer);
  const checksums: Record<string, string> = {};
  for (const [path, text] of files) checksums[path] = await sha256Hex(text);
  const entry: DrawnEntry = {
    name: report.name,
    title: report.title,
    lead: report.lead,
    answer: report.answer,
    claims: report.claims,
    figure: report.sections.flatMap((section) => section.figures)[0],
    seeds: config.options.seeds,
    wallSeconds: config.wallSeconds,
    backend: config.backend,
    preset: config.preset,
    ...experiment.task !== undefined && { own: true },
    run: config.identity,
    ...rowFiles,
    files: checksums,
  };
  await writeWhole(`${folder}/${ENTRY}`, JSON.stringify(entry) + "\n");
  return report;
}

/**
 * The files of a report, where every one of them was drawn from the rows that are saved now.
 *
 * @param folder needs read permission
 * @returns text by path in the folder
 * @throws UserError when a file is missing, changed, or of other rows, as a kill while drawing leaves it
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * await assert.rejects(checkDrawn(toy, "reports/no-such-run"), /not there yet; run deno task toy first/);
 * ```
 */
export async function checkDrawn(experiment: Experiment, folder: string): Promise<Map<string, string>> {
  const { config, blocks } = await loadRows(experiment, folder);
  const entry = await readEntry(`${folder}/${ENTRY}`);
  const other = (what: string) =>
    new UserError(`${folder}: ${what}; run deno task report ${experiment.name} to draw it again`);
  if (entry?.run !== config.identity || entry.rows !== rowsChecksum(experiment, config, blocks)) {
    throw other("the report is not of the rows that are saved");
  }
  const files = new Map<string, string>();
  for (const [path, expected] of Object.entries(entry.files)) {
    const text = await Deno.readTextFile(`${folder}/${path}`).catch(() => undefined);
    if (text === undefined) throw other(`${path} is missing`);
    if (await sha256Hex(text) !== expected) throw other(`${path} is not as it was drawn`);
    files.set(path, text);
  }
  return files;
}

/**
 * What the last drawing of a report left about it.
 *
 * @returns undefined where there is none, or none that this version can read
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await readEntry("reports/no-such-run/entry.json"), undefined);
 * ```
 */
export async function readEntry(path: string): Promise<DrawnEntry | undefined> {
  try {
    const entry: DrawnEntry = JSON.parse(await Deno.readTextFile(path));
    return isEntry(entry) ? entry : undefined;
  } catch {
    return undefined; // absent, cut short, or not to be read: as if it had not been drawn
  }
}

/** Whether JSON from a folder has what the pages about all reports draw. */
function isEntry(entry: DrawnEntry | null): boolean {
  const texts = [entry?.name, entry?.title, entry?.lead, entry?.preset, entry?.backend, entry?.run, entry?.rows];
  const isClaim = (claim: ClaimResult) =>
    [claim?.id, claim?.statement, claim?.verdict, claim?.quantity, claim?.source, claim?.question].every((text) =>
      typeof text === "string"
    );
  return texts.every((text) => typeof text === "string") &&
    (entry!.answer === undefined || typeof entry!.answer === "string") && typeof entry!.seeds === "number" &&
    typeof entry!.wallSeconds === "number" && Array.isArray(entry!.claims) && entry!.claims.every(isClaim) &&
    typeof entry!.files === "object" && entry!.files !== null;
}

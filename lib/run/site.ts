/**
 * The pages that a reports folder shares: the index of experiments and the claims of all papers.
 *
 * @module
 */
import { renderClaimsPage } from "../report/claims_page.ts";
import { type Drawer, drawHere } from "../report/drawer.ts";
import { dirname, relative, resolve } from "node:path";
import { type IndexEntry, type OwnEntry, renderIndex, type TrainingEntry } from "../report/index_page.ts";
import { SITE_PAGES, type SitePage } from "../report/site_nav.ts";
import { sweep, writeWhole } from "../files.ts";
import { ENTRY, readEntry } from "./report.ts";
import { trainingState, trainReport } from "./train_report.ts";
import { readTraining } from "./training_record.ts";
import { formatDuration, formatNumber } from "../report/numbers.ts";
import { readSavedReport } from "./saved_report.ts";
import { readValue } from "./value/record.ts";
import { valueReport } from "./value/report.ts";

/**
 * Writes `index.html` and `claims.html` over every experiment that has its report in the folder of its own name; the index
 * lists trainings and reports on data of users as well.
 *
 * @param folder needs read and write permission
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await drawSite(folder);
 * assert.match(await Deno.readTextFile(`${folder}/index.html`), /0 experiments/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function drawSite(folder: string, drawer: Drawer = drawHere): Promise<void> {
  const entries: IndexEntry[] = [], trainings: TrainingEntry[] = [], own: OwnEntry[] = [];
  await sweep(folder);
  for await (const item of Deno.readDir(folder)) {
    const entry = item.isDirectory ? await readEntry(`${folder}/${item.name}/${ENTRY}`) : undefined;
    // A run that was sent to a folder of another name is a trial, not the experiment's report.
    if (entry?.name === item.name) {
      if (entry.own) own.push(ownWorldOf(entry));
      else entries.push(entry);
    }
    const training = item.isDirectory ? await trainingIn(folder, item.name) : undefined;
    if (training !== undefined) trainings.push(training);
    const found = item.isDirectory ? await valueIn(folder, item.name) ?? await learnedIn(folder, item.name) : undefined;
    if (found !== undefined) own.push(found);
  }
  for (const list of [entries, trainings, own]) list.sort((a, b) => a.name < b.name ? -1 : 1);
  const present = await pagesOf(folder);
  await writeWhole(`${folder}/claims.html`, await renderClaimsPage(entries, present));
  await writeWhole(`${folder}/index.html`, await renderIndex(entries, present, trainings, drawer, own));
}

/**
 * Draws the shared pages again where a folder is one of `reports`: a run that was sent elsewhere is in no list.
 *
 * @example
 * ```ts
 * await drawSiteAround("/tmp/elsewhere"); // nothing
 * ```
 */
export async function drawSiteAround(folder: string, drawer: Drawer = drawHere): Promise<void> {
  if (relative(Deno.cwd(), dirname(resolve(folder))) === "reports") await drawSite("reports", drawer);
}

/** What the index shows of a world that a user described. */
function ownWorldOf({ name, title, lead, answer, figure, seeds, wallSeconds }: IndexEntry): OwnEntry {
  const facts = [`${formatNumber(seeds)} seeds`, formatDuration(wallSeconds)];
  return { name, title, lead: [answer, lead].filter((text) => text !== undefined).join(" "), figure, facts };
}

/** What the index shows of a training; nothing where there is none, none that can be read, or no page of it. */
async function trainingIn(reports: string, name: string): Promise<TrainingEntry | undefined> {
  const folder = `${reports}/${name}`, saved = await readTraining(folder).catch(() => undefined);
  if (saved === undefined || !await Deno.stat(`${folder}/index.html`).then(() => true, () => false)) return undefined;
  const { title, lead, sections: [{ figures: [figure] }] } = trainReport(name, saved), { record } = saved;
  const { seconds, engine, steps: planned } = record, { steps } = trainingState(saved);
  return { name, title, lead, figure, steps, planned, seconds, backend: engine };
}

/** What the index shows of a value of a policy; nothing where there is none, none that can be read, or no page of it. */
async function valueIn(reports: string, name: string): Promise<OwnEntry | undefined> {
  const folder = `${reports}/${name}`, record = await readValue(folder).catch(() => undefined);
  if (record === undefined || !await Deno.stat(`${folder}/index.html`).then(() => true, () => false)) return undefined;
  const { title, lead, answer, sections: [{ figures: [figure] }] } = valueReport(name, record);
  const facts = [`${formatNumber(record.rounds)} rounds`, formatDuration(record.seconds)];
  return { name, title, lead: `${answer} ${lead}`, figure, facts };
}

/** What the index shows of methods on a reader's own data; nothing where there is no report, or none that can be read. */
async function learnedIn(reports: string, name: string): Promise<OwnEntry | undefined> {
  const folder = `${reports}/${name}`, report = await readSavedReport(folder).catch(() => undefined);
  if (report === undefined || !await Deno.stat(`${folder}/index.html`).then(() => true, () => false)) return undefined;
  const { title, lead, answer, sections: [{ figures: [figure] }] } = report;
  return { name, title, lead: [answer, lead].filter((text) => text !== undefined).join(" "), figure, facts: [] };
}

/**
 * The shared pages that the folder has or will have: those about experiments are written with every report.
 *
 * @param folder needs read permission
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(await pagesOf("no/such/folder"), ["index.html", "claims.html"]);
 * ```
 */
export async function pagesOf(folder: string): Promise<SitePage[]> {
  const there = await Promise.all(SITE_PAGES.map((page) =>
    page === "index.html" || page === "claims.html" ||
    Deno.stat(`${folder}/${page}`).then(() => true, () => false)
  ));
  return SITE_PAGES.filter((_, i) => there[i]);
}

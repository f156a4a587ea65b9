/**
 * The pages that a reports folder shares: the index of experiments and the claims of all papers.
 *
 * @module
 */
import { renderClaimsPage } from "../report/claims_page.ts";
import { type IndexEntry, renderIndex } from "../report/index_page.ts";
import { SITE_PAGES, type SitePage } from "../report/site_nav.ts";
import { writeWhole } from "../report/write.ts";
import { ENTRY } from "./report.ts";

/**
 * Writes `index.html` and `claims.html` over every experiment that has its report in the folder of its own name.
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
export async function drawSite(folder: string): Promise<void> {
  const entries: IndexEntry[] = [];
  const files = new Set<string>();
  for await (const item of Deno.readDir(folder)) {
    if (item.isFile) files.add(item.name);
    const entry = item.isDirectory ? await readEntry(`${folder}/${item.name}/${ENTRY}`) : undefined;
    // A run that was sent to a folder of another name is a trial, not the experiment's report.
    if (entry?.name === item.name) entries.push(entry);
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  const present = SITE_PAGES.filter((page) => page !== "losses.html" || files.has(page)) as SitePage[];
  await writeWhole(`${folder}/claims.html`, renderClaimsPage(entries, present));
  await writeWhole(`${folder}/index.html`, await renderIndex(entries, present));
}

async function readEntry(path: string): Promise<IndexEntry | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * A report on disk.
 *
 * @module
 */
import { claimRows, claimsMarkdown } from "./claims_files.ts";
import { toCsv } from "./csv.ts";
import { tableLatex } from "./latex.ts";
import { renderPage } from "./page.ts";
import { renderFigure } from "./plot.ts";
import type { Report } from "./types.ts";

/** Endings of the files that a report writes into its two folders; others are not ours to remove. */
const OURS = /\.(svg|csv|tex|tmp)$/;

/**
 * Writes a file so that a reader sees the old text or the new, never a part.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await writeWhole(`${folder}/a.txt`, "text");
 * assert.equal(await Deno.readTextFile(`${folder}/a.txt`), "text");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, path);
}

/**
 * Writes `index.html`, `claims.csv`, `claims.md`, `figures/ID.svg`, `figures/ID.csv`, `tables/ID.csv` and `tables/ID.tex` into a folder, which is
 * made when missing, and removes figures and tables of earlier runs. Nothing is written before everything is drawn.
 *
 * @param folder needs read and write permission
 * @returns the path of the page
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * const page = await writeReport({
 *   name: "demo", title: "Demo", paper: "", lead: "", formulas: [], claims: [], sections: [], notices: [], config: {},
 * }, folder);
 * assert.match(await Deno.readTextFile(page), /<h1>Demo<\/h1>/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 * @throws RangeError and TypeError as renderPage and renderFigure do
 */
export async function writeReport(report: Report, folder: string): Promise<string> {
  const files = new Map<string, string>();
  for (const figure of report.sections.flatMap((section) => section.figures)) {
    files.set(
      `figures/${figure.id}.svg`,
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        await renderFigure(figure, "file") + "\n",
    );
    files.set(`figures/${figure.id}.csv`, toCsv(figure.data));
  }
  for (const table of report.sections.flatMap((section) => section.tables)) {
    files.set(`tables/${table.id}.csv`, toCsv(table.rows));
    files.set(`tables/${table.id}.tex`, tableLatex(table));
  }
  if (report.claims.length > 0) {
    files.set("claims.csv", toCsv(claimRows(report.claims)));
    files.set("claims.md", claimsMarkdown(report.claims));
  }
  // Last, so that a page never links to a file that is not there yet.
  files.set("index.html", await renderPage(report));
  for (const sub of ["figures", "tables"]) await Deno.mkdir(`${folder}/${sub}`, { recursive: true });
  for (const [path, text] of files) await writeWhole(`${folder}/${path}`, text);
  for (const sub of ["figures", "tables"]) {
    for await (const entry of Deno.readDir(`${folder}/${sub}`)) {
      if (entry.isFile && OURS.test(entry.name) && !files.has(`${sub}/${entry.name}`)) {
        await Deno.remove(`${folder}/${sub}/${entry.name}`);
      }
    }
  }
  return `${folder}/index.html`;
}

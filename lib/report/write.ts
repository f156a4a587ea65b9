/**
 * A report on disk.
 *
 * @module
 */
import { replaceFolder, sweep, writeWhole } from "../files.ts";
import { claimRows, claimsMarkdown } from "./claims_files.ts";
import { toCsv } from "./csv.ts";
import { type Drawer, drawHere } from "./drawer.ts";
import { tableLatex } from "./latex_table.ts";
import { renderPage } from "./page.ts";
import type { Report } from "./types.ts";

/** Endings of the files that a report writes into its two folders; others are not ours to remove. */
const OURS = /^[^/]+\.(svg|csv|tex)$/;

/**
 * The files of a report by their path in its folder: `index.html`, `claims.csv`, `claims.md`, `answer.md`, `figures/ID.svg`,
 * `figures/ID.csv`, `tables/ID.csv` and `tables/ID.tex`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const files = await reportFiles({
 *   name: "demo", title: "Demo", paper: "", lead: "", formulas: [], claims: [], sections: [], notices: [], config: {},
 * });
 * assert.match(files.get("index.html")!, /<h1>Demo<\/h1>/);
 * ```
 * @throws RangeError and TypeError as renderPage and the drawer do
 */
export async function reportFiles(report: Report, drawer: Drawer = drawHere): Promise<Map<string, string>> {
  const figures = report.sections.flatMap((section) => section.figures);
  // Begun before the rest, and waited for after it.
  const drawing = Promise.all(figures.map((figure) => drawer.figure(figure))), page = renderPage(report, drawer);
  const tables = report.sections.flatMap((section) => section.tables).flatMap((table) => [
    [`tables/${table.id}.csv`, toCsv(table.rows)],
    [`tables/${table.id}.tex`, tableLatex(table)],
  ]);
  const [drawn, html] = await Promise.all([drawing, page]), files = new Map<string, string>();
  for (const [i, figure] of figures.entries()) {
    files.set(`figures/${figure.id}.svg`, `<?xml version="1.0" encoding="UTF-8"?>\n${drawn[i].file}\n`);
    files.set(`figures/${figure.id}.csv`, toCsv(figure.data));
  }
  for (const [path, text] of tables) files.set(path, text);
  if (report.claims.length > 0) {
    files.set("claims.csv", toCsv(claimRows(report.claims)));
    files.set("claims.md", claimsMarkdown(report.claims));
  }
  if (report.answer) files.set("answer.md", `${report.answer}\n`);
  files.set("index.html", html);
  return files;
}

/** Waits until nothing is written any more, and throws what failed first: the disk is waited for once, not by every file. */
async function settled(writes: readonly Promise<void>[]): Promise<void> {
  for (const write of await Promise.allSettled(writes)) if (write.status === "rejected") throw write.reason;
}

/**
 * Writes the files of a report into a folder, which is made when missing; figures and tables of earlier runs go, each
 * folder at once. Nothing is written before everything is drawn.
 *
 * @param folder needs read and write permission
 * @returns the files, as {@linkcode reportFiles} gives them
 * @throws UserError when a file cannot be written; RangeError and TypeError as reportFiles does
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await writeReport({
 *   name: "demo", title: "Demo", paper: "", lead: "", formulas: [], claims: [], sections: [], notices: [], config: {},
 * }, folder);
 * assert.match(await Deno.readTextFile(`${folder}/index.html`), /<h1>Demo<\/h1>/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeReport(
  report: Report,
  folder: string,
  drawer: Drawer = drawHere,
): Promise<ReadonlyMap<string, string>> {
  const files = await reportFiles(report, drawer);
  await sweep(folder); // a kill may have left a folder set aside, with a user's own files in it
  const folders = ["figures", "tables"].map((sub) => {
    const inside = [...files].filter(([path]) => path.startsWith(`${sub}/`));
    const named = new Map(inside.map(([path, text]) => [path.slice(sub.length + 1), text]));
    return replaceFolder(`${folder}/${sub}`, named, OURS);
  });
  await settled(folders);
  const [page, ...others] = [...files].filter(([path]) => !path.includes("/")).reverse();
  await settled(others.map(([path, text]) => writeWhole(`${folder}/${path}`, text)));
  // The page is last: it never links to a file that is not there yet.
  await writeWhole(`${folder}/${page[0]}`, page[1]);
  return files;
}

/**
 * A report's figures and tables on disk, as papers take them.
 *
 * @module
 */
import { toCsv } from "../csv.ts";
import type { Report } from "../types.ts";
import { replaceFolder } from "../../files.ts";
import { paperFigure } from "./paper_figure.ts";
import { paperTable } from "./paper_table.ts";
import { figurePdf } from "./pdf.ts";
import { figurePng } from "./png.ts";

/** Files that a run of the task writes; others that lie in its folder are a user's. */
const OURS = /^[^/]+\.(svg|pdf|png|csv|tex)$|^provenance\.json$/;

/**
 * Writes `ID.svg`, `ID.pdf`, `ID.png`, `ID.csv` for each figure and `ID.tex` for each table, and `provenance.json`, in
 * the place of what an earlier run left there, once all is drawn.
 *
 * @param width of each figure, pt of 1/72 inch
 * @param folder made when missing; needs write permission
 * @returns how many figures and tables there are
 * @example
 * ```ts ignore
 * await writePaper(report, 234, "reports/cpo/paper/icml-half");
 * ```
 */
export async function writePaper(
  report: Report,
  width: number,
  folder: string,
): Promise<{ readonly figures: number; readonly tables: number }> {
  const figures = report.sections.flatMap((section) => section.figures);
  const tables = report.sections.flatMap((section) => section.tables);
  const files = new Map<string, string | Uint8Array>();
  for (const spec of figures) {
    const figure = await paperFigure(spec, width);
    const [pdf, png] = await Promise.all([figurePdf(figure), figurePng(figure)]);
    files.set(`${spec.id}.svg`, `<?xml version="1.0" encoding="UTF-8"?>\n${figure.svg}\n`);
    files.set(`${spec.id}.pdf`, pdf);
    files.set(`${spec.id}.png`, png);
    files.set(`${spec.id}.csv`, toCsv(spec.data));
  }
  for (const table of tables) files.set(`${table.id}.tex`, paperTable(table));
  const ofEach = (items: readonly { readonly id: string; readonly caption: string }[]) =>
    Object.fromEntries(items.map(({ id, caption }) => [id, caption]));
  const captions = { figures: ofEach(figures), tables: ofEach(tables) }; // a figure and a table may share an id
  files.set("provenance.json", JSON.stringify({ captions, run: report.config }, null, 2) + "\n");
  await replaceFolder(folder, files, OURS);
  return { figures: figures.length, tables: tables.length };
}

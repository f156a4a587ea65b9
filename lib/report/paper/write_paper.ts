/**
 * A report's figures and tables on disk, as papers take them.
 *
 * @module
 */
import { toCsv } from "../csv.ts";
import type { Report } from "../types.ts";
import { writeWhole } from "../write.ts";
import { paperFigure } from "./paper_figure.ts";
import { paperTable } from "./paper_table.ts";
import { figurePdf } from "./pdf.ts";
import { figurePng } from "./png.ts";

/**
 * Writes `ID.svg`, `ID.pdf`, `ID.png`, `ID.csv` for each figure and `ID.tex` for each table, and `provenance.json`.
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
  await Deno.mkdir(folder, { recursive: true });
  for (const spec of figures) {
    const figure = await paperFigure(spec, width);
    const [pdf, png] = await Promise.all([figurePdf(figure), figurePng(figure)]);
    await writeWhole(`${folder}/${spec.id}.svg`, `<?xml version="1.0" encoding="UTF-8"?>\n${figure.svg}\n`);
    await Deno.writeFile(`${folder}/${spec.id}.pdf`, pdf);
    await Deno.writeFile(`${folder}/${spec.id}.png`, png);
    await writeWhole(`${folder}/${spec.id}.csv`, toCsv(spec.data));
  }
  for (const table of tables) await writeWhole(`${folder}/${table.id}.tex`, paperTable(table));
  const captions = Object.fromEntries([...figures, ...tables].map(({ id, caption }) => [id, caption]));
  await writeWhole(`${folder}/provenance.json`, JSON.stringify({ captions, run: report.config }, null, 2) + "\n");
  return { figures: figures.length, tables: tables.length };
}

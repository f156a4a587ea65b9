/**
 * A report's figures and tables on disk, as papers take them.
 *
 * @module
 */
import { captionOf } from "../captions.ts";
import { toCsv } from "../csv.ts";
import { escapeTex } from "../latex.ts";
import type { FigureSpec, Report, TableSpec } from "../types.ts";
import { replaceFolder } from "../../files.ts";
import { renderFigure } from "../plot.ts";
import { paperTable } from "./paper_table.ts";
import { figurePdf } from "./pdf.ts";
import { figurePng } from "./png.ts";

/** Files that a run of the task writes; others that lie in its folder are a user's. */
const OURS = /^[^/]+\.(svg|pdf|png|csv|tex)$|^provenance\.json$/;

/**
 * Writes `ID.svg`, `ID.pdf`, `ID.png`, `ID.csv` and, with caption and label, `ID-figure.tex` for each figure; `ID.tex` for
 * each table; `all.tex`, a document that shows them all; and `provenance.json`: in the place of what an earlier run left
 * there, once all is drawn.
 *
 * @param width of each figure, pt of 1/72 inch
 * @param float the environment that figures stand in
 * @param folder made when missing; needs write permission
 * @returns how many figures and tables there are
 * @example
 * ```ts ignore
 * await writePaper(report, { width: 234, float: "figure" }, "reports/cpo/paper/icml-half");
 * ```
 */
export async function writePaper(
  report: Report,
  { width, float }: { readonly width: number; readonly float: "figure" | "figure*" },
  folder: string,
): Promise<{ readonly figures: number; readonly tables: number }> {
  const figures = report.sections.flatMap((section) => section.figures);
  const tables = report.sections.flatMap((section) => section.tables);
  const files = new Map<string, string | Uint8Array>();
  for (const spec of figures) {
    const figure = await renderFigure(spec, { target: "paper", width });
    const [pdf, png] = await Promise.all([figurePdf(figure), figurePng(figure)]);
    files.set(`${spec.id}.svg`, `<?xml version="1.0" encoding="UTF-8"?>\n${figure.svg}\n`);
    files.set(`${spec.id}.pdf`, pdf);
    files.set(`${spec.id}.png`, png);
    files.set(`${spec.id}.csv`, toCsv(spec.data));
    files.set(`${spec.id}-figure.tex`, floatTex(spec, float));
  }
  for (const table of tables) files.set(`${table.id}.tex`, paperTable(table));
  files.set("all.tex", documentTex(figures.map(({ id }) => id), tables));
  const ofEach = (items: readonly { readonly id: string; readonly caption: string }[]) =>
    Object.fromEntries(items.map(({ id, caption }) => [id, caption]));
  const told = figures.map((figure) => ({ id: figure.id, caption: captionOf(figure) }));
  const captions = { figures: ofEach(told), tables: ofEach(tables) }; // a figure and a table may share an id
  files.set("provenance.json", JSON.stringify({ captions, run: report.config }, null, 2) + "\n");
  await replaceFolder(folder, files, OURS);
  return { figures: figures.length, tables: tables.length };
}

/** A figure with its caption, to be put into a paper as it is. */
function floatTex(figure: FigureSpec, float: string): string {
  return `\\begin{${float}}[t]\n\\centering\n\\includegraphics{${figure.id}.pdf}\n\\caption{${
    escapeTex(captionOf(figure))
  }}\n` +
    `\\label{fig:${figure.id}}\n\\end{${float}}\n`;
}

/** A document of everything, to look at it and to see that it compiles. */
function documentTex(figures: readonly string[], tables: readonly TableSpec[]): string {
  const inputs = [
    ...figures.map((id) => `\\input{${id}-figure.tex}\n\\clearpage\n`),
    ...tables.map(({ id, caption }) =>
      // A long table cannot stand in a box that shrinks it.
      `\\noindent\\textbf{${escapeTex(id)}.} ${
        escapeTex(caption)
      }\\par\\medskip\n{\\scriptsize\\input{${id}.tex}}\n\\clearpage\n`
    ),
  ];
  return "\\documentclass{article}\n\\usepackage[margin=15mm,a3paper]{geometry}\n\\usepackage{graphicx,booktabs,longtable}\n" +
    `\\begin{document}\n${inputs.join("")}\\end{document}\n`;
}

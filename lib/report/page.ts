/**
 * A report as one HTML page that needs nothing else and asks the network for nothing.
 *
 * @module
 */
import { claimsTableHtml } from "./claims_table.ts";
import { configList } from "./config_list.ts";
import { escapeText, prose } from "./escape.ts";
import { renderFormulas } from "./math.ts";
import { PAGE_SCRIPT } from "./page_script.ts";
import { pageStyle } from "./page_style.ts";
import { renderFigure } from "./plot.ts";
import { siteNav } from "./site_nav.ts";
import { tableHtml } from "./tables.ts";
import type { FigureSpec, Report, Section, TableSpec } from "./types.ts";

/** What the page may load: nothing but what stands in it. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:";

/** The tables of what is done of each paper, from a report's folder. */
const FIDELITY = "../../docs/fidelity.md";

/** Tables with more rows than this start folded. */
const LONG_TABLE = 14;

/**
 * An HTML document around a body.
 *
 * @param css style rules beside the common ones
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(htmlDocument("A & B", "<p>Hello</p>"), /<title>A &amp; B<\/title>/);
 * ```
 */
export function htmlDocument(title: string, body: string, css = ""): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escapeText(title)}</title>
<style>${pageStyle()}${css}</style>
</head>
<body>
<button class="theme" type="button" hidden>Dark</button>
<main>
${body}
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/**
 * The page of a report: title, notices, claims, formulas, a section per question, configuration. Figures and tables
 * link to their files `figures/ID.svg`, `figures/ID.csv`, `tables/ID.csv` and `tables/ID.tex`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const html = await renderPage({
 *   name: "demo", title: "Demo <1>", paper: "A. Author, 2024.", lead: "What it is about.", formulas: [], claims: [],
 *   sections: [], notices: [], config: { seeds: 20 },
 * });
 * assert.match(html, /<h1>Demo &lt;1&gt;<\/h1>/);
 * ```
 * @throws RangeError when two figures, tables or sections share an id, or an id is not lower-case letters, digits, hyphens
 */
export async function renderPage(report: Report): Promise<string> {
  checkIds(report);
  const formulas = await renderFormulas(report.formulas);
  const sections = [];
  for (const section of report.sections) sections.push(await sectionHtml(section));
  const parts = [
    siteNav(undefined, ["index.html", "claims.html"]),
    `<header><h1>${escapeText(report.title)}</h1>\n<p class="lead">${prose(report.lead)}</p>\n` +
    (report.answer ? `<p class="answer">${prose(report.answer)}</p>\n` : "") +
    `<p class="paper">${prose(report.paper)}</p>\n` +
    `<p><a href="${FIDELITY}">What of the papers is done here, simplified and missing</a></p></header>`,
    report.notices.map((notice) => `<p class="notice" role="note">${prose(notice)}</p>`).join("\n"),
    contents(report),
    report.claims.length ? `<section id="claims"><h2>Claims</h2>\n${claimsTableHtml(report.claims)}</section>` : "",
    formulas.html && `<section id="formulas"><h2>Definitions</h2>\n${formulas.html}</section>`,
    ...sections,
    `<section id="run"><h2>The run</h2>\n${configList(Object.entries(report.config))}</section>`,
  ];
  return htmlDocument(report.title, parts.filter(Boolean).join("\n\n"), formulas.css);
}

/** Ids name files and anchors, so they must be plain and unique. */
function checkIds(report: Report): void {
  const groups: [string, readonly string[]][] = [
    ["section", report.sections.map((section) => section.id)],
    ["figure", report.sections.flatMap((section) => section.figures.map((figure) => figure.id))],
    ["table", report.sections.flatMap((section) => section.tables.map((table) => table.id))],
  ];
  for (const [kind, ids] of groups) {
    for (const [i, id] of ids.entries()) {
      if (!/^[a-z0-9][a-z0-9-]*$/.test(id)) {
        throw new RangeError(`${kind} id must be lower-case letters, digits and hyphens, got "${id}"`);
      }
      if (ids.indexOf(id) !== i) throw new RangeError(`two ${kind}s of report "${report.name}" have the id "${id}"`);
    }
  }
}

function contents(report: Report): string {
  const items = [
    ...(report.claims.length ? [["claims", "Claims"]] : []),
    ...(report.formulas.length ? [["formulas", "Definitions"]] : []),
    ...report.sections.map((section) => [`question-${section.id}`, section.asks]),
    ["run", "The run"],
  ];
  const links = items.map(([id, text]) => `<li><a href="#${id}">${escapeText(text)}</a></li>`).join("\n");
  return `<nav aria-label="Contents"><ol>\n${links}\n</ol></nav>`;
}

async function sectionHtml(section: Section): Promise<string> {
  const figures = [];
  for (const figure of section.figures) figures.push(await figureHtml(figure));
  const part = section.part === "synthetic" ? "Synthetic" : "Benchmark";
  return [
    `<section id="question-${section.id}">`,
    `<p class="part">${part}</p><h2>${escapeText(section.asks)}</h2>`,
    `<p class="method">${prose(section.method)}</p>`,
    ...figures,
    ...section.tables.map(tableBlock),
    section.notes.length ? `<ul class="notes">${section.notes.map((n) => `<li>${prose(n)}</li>`).join("")}</ul>` : "",
    "</section>",
  ].filter(Boolean).join("\n");
}

async function figureHtml(figure: FigureSpec): Promise<string> {
  const links = fileLinks("figures", figure.id, ["svg", "csv"]);
  return `<figure id="${figure.id}"><div class="scroll">${await renderFigure(figure, "page")}</div>\n` +
    `<figcaption>${prose(figure.caption)} ${links}</figcaption></figure>`;
}

function tableBlock(table: TableSpec): string {
  const open = table.rows.length <= LONG_TABLE ? " open" : "";
  const size = `${table.rows.length} ${table.rows.length === 1 ? "row" : "rows"}`;
  return `<details class="table"${open}><summary>Table, ${size}</summary>` +
    `<div class="scroll">${tableHtml(table)}</div>${fileLinks("tables", table.id, ["csv", "tex"])}</details>`;
}

/** Links to the files that hold the same. */
function fileLinks(folder: string, id: string, extensions: readonly string[]): string {
  const links = extensions.map((extension) =>
    `<a href="${folder}/${id}.${extension}" aria-label="${id} as ${extension.toUpperCase()}">${extension.toUpperCase()}</a>`
  );
  return `<span class="files">${links.join(" · ")}</span>`;
}

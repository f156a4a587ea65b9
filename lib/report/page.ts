/**
 * A report as one HTML page that needs nothing else and asks the network for nothing.
 *
 * @module
 */
import type { ClaimResult } from "../statistics/claims.ts";
import { answerFrom, headlineOf } from "./answer.ts";
import { citations } from "./citation.ts";
import { claimsTableHtml, headlineClaimsHtml, questionClaimsHtml } from "./claims_table.ts";
import { configList } from "./config_list.ts";
import { type Drawer, drawHere } from "./drawer.ts";
import { escapeText, prose } from "./escape.ts";
import { markWords } from "./glossary.ts";
import { renderFormulas, renderMathml } from "./math.ts";
import { methodStyle } from "./methods.ts";
import { PAGE_SCRIPT } from "./page_script.ts";
import { pageStyle } from "./page_style.ts";
import { siteNav } from "./site_nav.ts";
import { tableHtml } from "./tables.ts";
import { textsHtml } from "./texts_html.ts";
import { fontFaces } from "./typeface/typeface.ts";
import type { FigureSpec, Report, Section, TableSpec } from "./types.ts";

/** What the page may load: nothing but what stands in it. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:";

/** The tables of what is done of each paper, from a report's folder. */
const FIDELITY = "../../docs/fidelity.md";
/** What the words of a report mean, from there as well. */
const GLOSSARY = "../../docs/glossary.md";

/** What stands above a section. */
const PARTS = { synthetic: "Synthetic", benchmark: "Benchmark", training: "Training", log: "Log" } as const;

/** Tables with more rows than this start folded. */
const LONG_TABLE = 14;

/**
 * An HTML document around a body, with the characters of its text in the typeface of figures.
 *
 * @param css style rules beside the common ones
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(await htmlDocument("A & B", "<p>Hello</p>"), /<title>A &amp; B<\/title>/);
 * ```
 */
export async function htmlDocument(title: string, body: string, css = ""): Promise<string> {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escapeText(title)}</title>
<style>${await fontFaces(body + PAGE_SCRIPT, "woff")}${pageStyle()}${css}</style>
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
 * The page of a report: the answer, one figure and the headline claims; a section per question with its figure before its
 * claims; formulas; all claims; the run. Figures and tables link to their files `figures/ID.svg`, `figures/ID.csv`,
 * `tables/ID.csv` and `tables/ID.tex`.
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
export async function renderPage(report: Report, drawer: Drawer = drawHere): Promise<string> {
  checkIds(report);
  const formulas = await renderFormulas(report.formulas);
  const figures = report.sections.flatMap((section) => section.figures.map((figure) => ({ figure, section })));
  const hero = figures.find(({ figure }) => figure.id === report.hero) ?? figures[0];
  // Numbered from the top of the page down: the hero is the first.
  const order = [...(hero ? [hero] : []), ...figures.filter((each) => each !== hero)];
  const drawn = new Map<string, Drawn>();
  for (const [i, { figure, section }] of order.entries()) {
    drawn.set(figure.id, { number: i + 1, html: await figureHtml(figure, i + 1, origin(report, section), drawer) });
  }
  const headline = headlineOf(report);
  // Three sentences are read; what the rows answer comes before single claims.
  const tallied = answerFrom(report), answer = report.answer ? [report.answer, ...tallied.slice(0, 1)] : tallied;
  const parts = [
    siteNav(undefined, ["index.html", "claims.html"]),
    `<header><h1>${escapeText(report.title)}</h1>\n` +
    (answer.length > 0
      ? `<p class="answer">${answer.map(prose).join(" ")}</p>`
      : `<p class="lead">${prose(report.lead)}</p>`) +
    `</header>`,
    report.notices.map((notice) => `<p class="notice" role="note">${prose(notice)}</p>`).join("\n"),
    hero ? drawn.get(hero.figure.id)!.html : "",
    headline.length > 0
      ? `<section id="headline"><h2 class="hidden">Headline claims</h2>${headlineClaimsHtml(headline)}</section>`
      : "",
    `<section id="about"><h2 class="hidden">About</h2>` +
    (answer.length > 0 ? `<p class="lead">${markWords(prose(report.lead), new Set())}</p>\n` : "") +
    `<p class="paper">${prose(report.paper)} ` +
    `<a href="${FIDELITY}">What of the papers is done here, simplified and missing</a>. ` +
    `<a href="${GLOSSARY}">What the words mean</a></p></section>`,
    contents(report),
    formulas.html && `<section id="formulas"><h2>Definitions</h2>\n${formulas.html}</section>`,
    ...report.sections.map((section) => sectionHtml(section, report.claims, drawn, hero?.figure.id)),
    report.claims.length > 0
      ? `<section id="claims"><h2>Claims</h2>\n${
        claimsTableHtml(report.claims, report.sections.map(({ id }) => id))
      }</section>`
      : "",
    await lossesHtml(report),
    `<section id="run"><h2>The run</h2>\n${configList(Object.entries(report.config))}</section>`,
    `<section id="cite"><h2>To cite</h2>\n<pre>${citations(report).map(escapeText).join("\n\n")}</pre></section>`,
  ];
  return await htmlDocument(report.title, parts.filter(Boolean).join("\n\n"), formulas.css);
}

/** A figure on the page. */
interface Drawn {
  readonly number: number;
  readonly html: string;
}

/** What makes the numbers of a question's figures again: the command, and the commit where it is known. */
function origin({ config }: Report, { id }: Section): string {
  const { command, git, questions } = config as { command?: unknown; git?: { commit?: unknown }; questions?: unknown };
  if (typeof command !== "string") return "";
  // A run that has questions can be asked one of them.
  const alone = questions === undefined || command.includes("--questions") ? command : `${command} --questions ${id}`;
  const commit = typeof git?.commit === "string" && git.commit !== "unknown"
    ? `, commit ${git.commit.slice(0, 7)}`
    : "";
  return `<span class="origin"><code>${escapeText(alone)}</code>${escapeText(commit)}</span>`;
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
    ...(report.formulas.length ? [["formulas", "Definitions"]] : []),
    ...report.sections.map((section) => [`question-${section.id}`, section.asks]),
    ...(report.claims.length ? [["claims", "All claims"]] : []),
    ...(report.losses?.length ? [["losses", "Losses of the arms"]] : []),
    ["run", "The run"],
    ["cite", "To cite"],
  ];
  const links = items.map(([id, text]) => `<li><a href="#${id}">${escapeText(text)}</a></li>`).join("\n");
  return `<nav class="contents" aria-label="Contents"><ol>\n${links}\n</ol></nav>`;
}

function sectionHtml(
  section: Section,
  claims: readonly ClaimResult[],
  drawn: ReadonlyMap<string, Drawn>,
  hero: string | undefined,
): string {
  const part = PARTS[section.part], id = `question-${section.id}`;
  const [first, ...others] = section.figures.map((figure) =>
    figure.id === hero
      ? `<p class="above"><a href="#${figure.id}">Figure ${
        drawn.get(figure.id)!.number
      }</a>, at the top of the page.</p>`
      : drawn.get(figure.id)!.html
  );
  const own = claims.filter(({ question }) => question === section.id), used = new Set<string>();
  return [
    `<section id="${id}">`,
    `<p class="part">${part}</p><h2>${escapeText(section.asks)}${anchor(id)}</h2>`,
    `<p class="method">${markWords(prose(section.method), used)}</p>`,
    first ?? "",
    own.length > 0 ? questionClaimsHtml(own) : "",
    ...others,
    ...section.tables.map(tableBlock),
    section.texts ? textsHtml(section.id, section.texts) : "",
    section.notes.length
      ? `<ul class="notes">${section.notes.map((n) => `<li>${markWords(prose(n), used)}</li>`).join("")}</ul>`
      : "",
    "</section>",
  ].filter(Boolean).join("\n");
}

/** The losses that arms minimise: what the script shows at an arm's name. */
async function lossesHtml({ losses = [] }: Report): Promise<string> {
  const items = [];
  for (const [name, [first, ...others]] of Map.groupBy(losses, ({ name }) => name)) {
    const arms = [first, ...others].map(({ arm }) => arm), code = `<code>${escapeText(name)}</code>`;
    const link = first.href ? `<a href="${escapeText(first.href)}">${code}</a>` : code;
    items.push(
      `<dt>${arms.map((arm) => escapeText(methodStyle(arm).label)).join("; ")}: ${link}</dt>` +
        `<dd tabindex="0" data-arms="${arms.join(" ")}">${await renderMathml({ tex: first.tex, label: name })}</dd>`,
    );
  }
  if (items.length === 0) return "";
  return `<section id="losses"><h2>Losses of the arms</h2>\n<p>As the page of losses has them; what batches, weights and samples an experiment makes of them is in its text.</p>\n` +
    `<dl class="formulas">${items.join("\n")}</dl></section>`;
}

/** A link to a place on the page, to copy. */
function anchor(id: string): string {
  return ` <a class="anchor" href="#${id}" aria-label="link to this place">#</a>`;
}

async function figureHtml(figure: FigureSpec, number: number, origin: string, drawer: Drawer): Promise<string> {
  const links = fileLinks("figures", figure.id, ["svg", "csv"]);
  const intervals = figure.intervals ? ` <span class="detail">${prose(figure.intervals)}</span>` : "";
  const { wide, narrow } = await drawer.figure(figure);
  return `<figure id="${figure.id}"><div class="drawing wide">${wide}</div><div class="drawing narrow">${narrow}</div>\n` +
    `<figcaption><b>Figure ${number}.</b> ${prose(figure.caption)}${intervals} ${links}${
      anchor(figure.id)
    }${origin}</figcaption></figure>`;
}

function tableBlock(table: TableSpec): string {
  const open = table.rows.length <= LONG_TABLE ? " open" : "";
  const size = `${table.rows.length} ${table.rows.length === 1 ? "row" : "rows"}`;
  return `<details class="table"${open}><summary>Table, ${size}</summary>` +
    `<div class="scroll" tabindex="0" role="group" aria-label="Table">${tableHtml(table)}</div>${
      fileLinks("tables", table.id, ["csv", "tex"])
    }</details>`;
}

/** Links to the files that hold the same. */
function fileLinks(folder: string, id: string, extensions: readonly string[]): string {
  const links = extensions.map((extension) =>
    `<a href="${folder}/${id}.${extension}" aria-label="${id} as ${extension.toUpperCase()}">${extension.toUpperCase()}</a>`
  );
  return `<span class="files">${links.join(" · ")}</span>`;
}

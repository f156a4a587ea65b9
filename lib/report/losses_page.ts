/**
 * The table of losses as a page and as Markdown.
 *
 * @module
 */
import type { LossCurve } from "../losses/curves.ts";
import { families, type Family, type LossEntry, lossTitle, TRL_VERSION } from "../losses/types.ts";
import { escapeText, prose } from "./escape.ts";
import { lossCurveKey, renderLossCurve } from "./loss_figure.ts";
import { formulaParts, formulaStyle, renderFormula } from "./math.ts";
import { formatNumber } from "./numbers.ts";
import { FONT_FAMILY } from "./typeface/typeface.ts";
import { htmlDocument } from "./page.ts";
import { siteNav, type SitePage } from "./site_nav.ts";

/** A loss with its curve, where it has one; margin 0 is among the curve's. */
export interface LossSheet {
  /** Its line of the table. */
  readonly entry: LossEntry;
  /** Undefined where one number does not describe the loss. */
  readonly curve?: LossCurve;
}

const familyTitles: Readonly<Record<Family, string>> = {
  "paired": "Preference pairs, with a reference",
  "reference-free": "Preference pairs, without a reference",
  "unpaired": "Single responses",
  "reward": "Rewards and reinforcement",
  "game": "Stackelberg games",
  "distribution": "Alignment as distribution learning",
  "mutual-information": "Mutual information",
  "causal": "Causal preference optimisation",
};

const TITLE = "Losses";
const LEAD = "Each loss is a function of log-probabilities that returns one number an example, not reduced. " +
  "Log-probs are in nats; gradients flow through the policy's alone.";
const SYMBOLS = "The chosen response is w, the rejected one l. Their log-ratios ℓ (also lr) and margin d are";
const DEFINITIONS = String
  .raw`\ell = \mathrm{lr} = \log\pi(y\mid x) - \log\pi_{\mathrm{ref}}(y\mid x),\quad d = \ell_w - \ell_l`;
const FLOAT64 =
  "Some losses stand in float64 too, with derivatives, for trainers that need no tensors: the list says which, " +
  "by what they are a function of. One test holds both forms together.";
const TRL =
  `"In TRL" is what TRL ${TRL_VERSION} calls a loss, and does differently under that name. All its trainers of pairs ` +
  "count a tie as wrong, and log of an evaluation means of batch means, but for the loss. What was tried, with numbers: " +
  "docs/trl.md.";
const CURVES = "Plots show the loss of one example and its slope in the margin, of which each response has half: " +
  "the chosen one d/2, the rejected one −d/2.";

const STYLE = `
.loss{margin:2.6rem 0 0;border-top:1px solid var(--rule);padding-top:1rem;scroll-margin-top:1rem}
.loss h3{margin:0 0 .4rem;font:600 1.05rem/1.3 ${FONT_FAMILY}}
.loss h3 code{font-weight:400;color:var(--muted);margin-left:.5em}
.formula{overflow-x:auto;overflow-y:hidden;margin:.2rem 0 .8rem}
.formula .katex{font-size:1.08em}.formula .katex-display,.formula .katex-display>.katex{text-align:left}
.formula .katex-display{margin:.3rem 0}
.plotted{display:grid;grid-template-columns:300px minmax(0,1fr);gap:1.2rem}
.loss figure{margin:0}.loss figcaption{font-size:.85rem;margin:0}
.loss .config{margin:.6rem 0 0;align-content:start}.loss table{margin:1rem 0 0}.list{width:100%}.list td{vertical-align:top}
@media (max-width:640px){.plotted{grid-template-columns:minmax(0,1fr)}}
`;

/** Slope at margin 0; undefined without a curve. */
function slopeAtZero({ curve }: LossSheet): number | undefined {
  const place = curve?.margin.indexOf(0) ?? -1;
  return place < 0 ? undefined : curve!.slope[place];
}

const slopeText = (sheet: LossSheet) => {
  const slope = slopeAtZero(sheet);
  return slope === undefined ? "–" : formatNumber(slope);
};

/** What the float64 form is a function of, and what it gives. */
const float64: Readonly<Record<NonNullable<LossEntry["exact"]>["of"], string>> = {
  margin: "value, slope and curvature in the margin",
  pair: "value and slopes in both log-ratios",
  response: "value, slope and curvature in one log-ratio",
  matrix: "value and slopes in a matrix of two responses under two constitutions",
};

const defaultText = (value: string | number | boolean | undefined) => value === undefined ? "required" : String(value);

/** What TRL calls a loss, and what it does differently under that name. */
function trlText({ trl }: LossEntry): string {
  if (trl === undefined) return "not";
  return [trl.call ?? "not", trl.differs || "no difference known"].join(": ");
}

/** What is said of a loss beside formula, options and curve: headings and texts. */
function facts(sheet: LossSheet): [string, string][] {
  const { entry } = sheet;
  return [
    ["Inputs", entry.inputs.map((name) => `\`${name}\``).join(", ")],
    ["Reduction", entry.reduction],
    ["Source", entry.source],
    ["Departures", entry.departs || "none"],
    ["In TRL", trlText(entry)],
    ["Pinned by", entry.pinned],
    ["In float64", entry.exact ? float64[entry.exact.of] : "not"],
    ...(sheet.curve ? [["Slope at 0", `${slopeText(sheet)} (${entry.curveAt})`] as [string, string]] : []),
  ];
}

/** The sheets of each family, in the order of the families, without empty ones. */
function byFamily(sheets: readonly LossSheet[]): { family: Family; sheets: LossSheet[] }[] {
  return families.map((family) => ({ family, sheets: sheets.filter(({ entry }) => entry.family === family) }))
    .filter(({ sheets }) => sheets.length > 0);
}

/**
 * The page of all losses: one file without requests.
 *
 * @param present the shared pages that exist beside it
 * @example
 * ```ts
 * import { lossNamed } from "../losses/mod.ts";
 * import assert from "node:assert/strict";
 * assert.match(await renderLossesPage([{ entry: lossNamed("dpo") }], []), /id="loss-dpo"/);
 * ```
 * @throws RangeError for a formula that is not TeX
 */
export async function renderLossesPage(
  sheets: readonly LossSheet[],
  present: readonly SitePage[],
): Promise<string> {
  const sections: string[] = [];
  for (const { family, sheets: members } of byFamily(sheets)) {
    const parts = [];
    for (const sheet of members) parts.push(await sheetHtml(sheet));
    sections.push(
      `<section id="${family}"><h2>${escapeText(familyTitles[family])}</h2>\n${parts.join("\n")}</section>`,
    );
  }
  const body = [
    siteNav("losses.html", present),
    `<header><h1>${TITLE}</h1>\n<p class="lead">${prose(LEAD)}</p>\n<p>${prose(SYMBOLS)}</p>`,
    await formulaHtml(DEFINITIONS, "log-ratio and margin"),
    `<p>${prose(CURVES)} ${lossCurveKey()}</p>\n<p>${prose(FLOAT64)}</p>\n<p>${prose(TRL)}</p></header>`,
    listHtml(sheets),
    ...sections,
  ].join("\n\n");
  return await htmlDocument(TITLE, body, STYLE + await formulaStyle(body));
}

function listHtml(sheets: readonly LossSheet[]): string {
  const rows = byFamily(sheets).flatMap(({ family, sheets }) =>
    sheets.map((sheet, i) =>
      `<tr><th scope="row"><a href="#loss-${sheet.entry.name}">${escapeText(lossTitle(sheet.entry))}</a></th>` +
      `<td><code>${sheet.entry.name}</code></td>` +
      `<td>${i === 0 ? `<a href="#${family}">${escapeText(familyTitles[family])}</a>` : ""}</td>` +
      `<td>${sheet.entry.exact?.of ?? "–"}</td><td class="n">${slopeText(sheet)}</td></tr>`
    )
  );
  return `<nav aria-label="Losses"><div class="scroll"><table class="list"><thead><tr><th scope="col">Loss</th>` +
    `<th scope="col">Name</th><th scope="col">Family</th><th scope="col">In float64</th>` +
    `<th scope="col" class="n">Slope at 0</th></tr></thead>` +
    `<tbody>\n${rows.join("\n")}\n</tbody></table></div></nav>`;
}

async function sheetHtml(sheet: LossSheet): Promise<string> {
  const { entry, curve } = sheet;
  return [
    `<article class="loss" id="loss-${entry.name}"><h3>${escapeText(lossTitle(entry))}<code>${entry.name}</code></h3>`,
    await formulaHtml(entry.tex, lossTitle(entry)),
    curve ? `<div class="plotted">${figureHtml(sheet, curve)}\n${factsHtml(sheet)}</div>` : factsHtml(sheet),
    optionsHtml(entry),
    "</article>",
  ].filter(Boolean).join("\n");
}

/** A formula with each definition that stands behind a quad on a line of its own: it needs less width. */
async function formulaHtml(tex: string, label: string): Promise<string> {
  const lines = [];
  for (const part of formulaParts(tex)) lines.push(await renderFormula({ tex: part, label }));
  return `<div class="formula">${lines.join("\n")}</div>`;
}

function factsHtml(sheet: LossSheet): string {
  const items = facts(sheet).map(([term, text]) => `<dt>${term}</dt><dd>${prose(text)}</dd>`);
  return `<dl class="config">${items.join("\n")}</dl>`;
}

function optionsHtml({ options }: LossEntry): string {
  const rows = Object.entries(options).map(([name, option]) =>
    `<tr><th scope="row"><code>${escapeText(name)}</code></th><td>${escapeText(defaultText(option.default))}</td>` +
    `<td>${prose(option.range)}</td><td>${prose(option.text)}</td></tr>`
  );
  if (rows.length === 0) return "";
  const head = ["Option", "Default", "Range", "Meaning"].map((text) => `<th scope="col">${text}</th>`).join("");
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function figureHtml(sheet: LossSheet, curve: LossCurve): string {
  const { entry } = sheet, [first, last] = [0, curve.loss.length - 1];
  const alt = `Loss from ${formatNumber(curve.loss[first])} at margin ${formatNumber(curve.margin[first])} to ` +
    `${formatNumber(curve.loss[last])} at ${formatNumber(curve.margin[last])}; its slope at 0 is ${slopeText(sheet)}.`;
  return `<figure>${renderLossCurve(curve, entry.name, alt)}<figcaption>${
    prose(`At ${entry.curveAt}.`)
  }</figcaption></figure>`;
}

/**
 * The same as Markdown, formulas as `$$`, without the plots.
 *
 * @example
 * ```ts
 * import { lossNamed } from "../losses/mod.ts";
 * import assert from "node:assert/strict";
 * assert.match(lossesMarkdown([{ entry: lossNamed("dpo") }]), /^# Losses\n/);
 * ```
 */
export function lossesMarkdown(sheets: readonly LossSheet[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
  const list = table(
    ["Loss", "Name", "Family", "In float64", "Slope at 0"],
    sheets.map((sheet) => [
      lossTitle(sheet.entry),
      `\`${sheet.entry.name}\``,
      sheet.entry.family,
      sheet.entry.exact?.of ?? "–",
      slopeText(sheet),
    ]),
  );
  const parts = byFamily(sheets).flatMap(({ family, sheets }) => [
    `## ${familyTitles[family]}`,
    ...sheets.flatMap((sheet) => {
      const options = Object.entries(sheet.entry.options).map(([name, option]) => [
        `\`${name}\``,
        defaultText(option.default),
        option.range,
        option.text,
      ]);
      return [
        `### ${lossTitle(sheet.entry)} (\`${sheet.entry.name}\`)`,
        `$$${sheet.entry.tex}$$`,
        ...(options.length > 0 ? [table(["Option", "Default", "Range", "Meaning"], options)] : []),
        facts(sheet).map(([term, text]) => `- **${term}**: ${text}`).join("\n"),
      ];
    }),
  ]);
  return [`# ${TITLE}`, LEAD, SYMBOLS, `$$${DEFINITIONS}$$`, FLOAT64, TRL, list, ...parts].join("\n\n") + "\n";
}

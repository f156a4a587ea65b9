/**
 * The page that lists all experiments.
 *
 * @module
 */
import type { ClaimResult } from "../statistics/claims.ts";
import { talliesByKind, verdictMark } from "./claims_table.ts";
import { type Drawer, drawHere } from "./drawer.ts";
import { escapeText, prose } from "./escape.ts";
import { formatDuration, formatNumber } from "./numbers.ts";
import { htmlDocument } from "./page.ts";
import type { FigureSpec } from "./types.ts";
import { siteNav, type SitePage } from "./site_nav.ts";

/** What the index shows of one experiment. */
export interface IndexEntry {
  /** The experiment's folder beside the index. */
  readonly name: string;
  /** Heading of the entry. */
  readonly title: string;
  /** One line: what it is about. */
  readonly lead: string;
  /** What its rows answer, in a sentence or two; stands at the head of the index. */
  readonly answer?: string;
  /** Claims with their verdicts, in the order of the report. */
  readonly claims: readonly ClaimResult[];
  /** Drawn small beside the entry. */
  readonly figure?: FigureSpec;
  /** Paired seeds of learned policies. */
  readonly seeds: number;
  /** Run time, seconds. */
  readonly wallSeconds: number;
  /** Name of the engine that ran, or "none". */
  readonly backend: string;
  /** Name of the preset that was run. */
  readonly preset: string;
  /** Of a world that a user describes: its claims are none of the papers'. */
  readonly own?: boolean;
}

/** What the index shows of a training. */
export interface TrainingEntry {
  /** Its folder beside the index. */
  readonly name: string;
  /** Heading of the entry. */
  readonly title: string;
  /** What was trained, on what, by what. */
  readonly lead: string;
  /** Drawn small beside the entry. */
  readonly figure?: FigureSpec;
  /** Steps taken, and those that are to be. */
  readonly steps: number;
  readonly planned: number;
  /** Time of it so far, seconds. */
  readonly seconds: number;
  /** Name of the engine. */
  readonly backend: string;
}

/** What the index shows of a report on a reader's own data. */
export interface OwnEntry {
  /** Its folder beside the index. */
  readonly name: string;
  /** Heading of the entry. */
  readonly title: string;
  /** What was asked, and what was found. */
  readonly lead: string;
  /** Drawn small beside the entry. */
  readonly figure?: FigureSpec;
  /** Sizes and times, each a few words. */
  readonly facts: readonly string[];
}

const STYLE = `
.experiment{display:grid;grid-template-columns:240px minmax(0,1fr);gap:1.4rem;margin:0;padding:1.6rem 0;border-top:1px solid var(--rule)}
.experiment svg[role]{max-width:100%;height:auto}
.experiment h2{margin:0 0 .3rem}.experiment p{margin:0 0 .5rem}
.experiment .tally{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.88rem}
.experiment .tally>span{display:inline-flex;align-items:center;gap:.35em}
.claim-list{list-style:none;margin:.4rem 0 .6rem;padding:0;font-size:.88rem}.claim-list li{margin:.25rem 0}
@media (max-width:640px){.experiment{grid-template-columns:minmax(0,1fr);gap:.6rem}}
`;

/**
 * The index page as HTML.
 *
 * @param trainings stand behind the experiments
 * @param own stand behind the trainings
 * @param present the shared pages that exist
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const html = await renderIndex([{
 *   name: "cpo", title: "Causal preference optimisation", lead: "CPO and DR-CPO.", claims: [],
 *   seeds: 20, wallSeconds: 48, backend: "wasm", preset: "quick",
 * }], ["index.html", "claims.html"]);
 * assert.match(html, /href="cpo\/index.html"/);
 * ```
 */
export async function renderIndex(
  entries: readonly IndexEntry[],
  present: readonly SitePage[],
  trainings: readonly TrainingEntry[] = [],
  drawer: Drawer = drawHere,
  own: readonly OwnEntry[] = [],
): Promise<string> {
  const blocks = await Promise.all([
    ...entries.map((entry) => entryHtml(entry, drawer)),
    ...trainings.map((entry) => trainingHtml(entry, drawer)),
    ...own.map((entry) => blockHtml(entry, "", [entry.name, ...entry.facts], drawer)),
  ]);
  const count = `${entries.length} ${entries.length === 1 ? "experiment" : "experiments"}`;
  const lead = `${count}: preference-optimisation methods compared on data whose confounding is known or randomised ` +
    "away, each with the claims of its paper tested." +
    (trainings.length === 0 ? "" : ` ${formatNumber(trainings.length)} ` +
      `${trainings.length === 1 ? "training" : "trainings"} of language models.`) +
    (own.length === 0
      ? ""
      : ` ${formatNumber(own.length)} ${own.length === 1 ? "report" : "reports"} on data of your own.`);
  return await htmlDocument(
    "preflab reports",
    `${siteNav("index.html", present)}<header><h1>preflab</h1><p class="lead">${lead}</p>${
      answers(entries)
    }</header>\n${blocks.join("\n")}`,
    STYLE,
  );
}

/** Answers to the project's question, with the report each is from. */
function answers(entries: readonly IndexEntry[]): string {
  return entries.filter(({ answer }) => answer).map(({ answer, name, title }) =>
    `\n<p class="answer">${prose(answer!)} <a href="${escapeText(`${encodeURIComponent(name)}/index.html`)}">${
      escapeText(title)
    }</a></p>`
  ).join("");
}

async function entryHtml(entry: IndexEntry, drawer: Drawer): Promise<string> {
  const tallies = talliesByKind(entry.claims).map((text) => `<span>${text}</span>`);
  const run = [
    `${formatNumber(entry.seeds)} seeds`,
    `preset ${entry.preset}`,
    formatDuration(entry.wallSeconds),
    ...(entry.backend === "none" ? [] : [`${entry.backend} backend`]),
  ];
  const inside = `<p class="tally">${tallies.join("") || "no claims"}</p>\n${claimList(entry, hrefOf(entry))}`;
  return await blockHtml(entry, inside, run, drawer);
}

async function trainingHtml(entry: TrainingEntry, drawer: Drawer): Promise<string> {
  const steps = `${formatNumber(entry.steps)} of ${formatNumber(entry.planned)} steps`;
  return await blockHtml(
    entry,
    "",
    [entry.name, steps, formatDuration(entry.seconds), `${entry.backend} backend`],
    drawer,
  );
}

const hrefOf = ({ name }: { readonly name: string }) => `${encodeURIComponent(name)}/index.html`;

/** One entry: its figure, small, beside its heading and what is inside. */
async function blockHtml(
  entry: Pick<IndexEntry, "name" | "title" | "lead" | "figure">,
  inside: string,
  run: readonly string[],
  drawer: Drawer,
): Promise<string> {
  const picture = entry.figure ? await thumbnailOf(entry.figure, entry.name, drawer) : "";
  return `<section class="experiment"><div>${picture}</div>\n<div>` +
    `<h2><a href="${escapeText(hrefOf(entry))}">${escapeText(entry.title)}</a></h2>\n` +
    `<p>${prose(entry.lead)}</p>\n${inside}<p class="detail">${escapeText(run.join(" · "))}</p></div></section>`;
}

/** The figure, small; none where it was kept by a version whose figures this one does not know. */
async function thumbnailOf(figure: FigureSpec, name: string, drawer: Drawer): Promise<string> {
  try {
    return await drawer.thumbnail(figure, name);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return "";
    throw error;
  }
}

/** Each claim with its verdict, linked to its line in the report; folded, since there are many. */
function claimList({ claims }: IndexEntry, href: string): string {
  if (claims.length === 0) return "";
  const lines = claims.map(({ id, kind, statement, verdict }) =>
    `<li>${verdictMark(verdict, kind)} <a href="${escapeText(`${href}#claim-${id}`)}">${prose(statement)}</a></li>`
  );
  return `<details><summary>Claims</summary><ul class="claim-list">${lines.join("")}</ul></details>\n`;
}

/**
 * Claims against our numbers: those a page opens with, those of a question beside its figure, and all of them in a table.
 *
 * @module
 */
import type { ClaimKind, ClaimResult, Verdict } from "../statistics/claims.ts";
import { escapeText, prose } from "./escape.ts";
import { formatFixed, formatInterval, formatNumber } from "./numbers.ts";

/** Order of the tally. */
const VERDICTS: readonly Verdict[] = ["holds", "fails", "inconclusive", "not run"];

/** Shapes inside a 16 px square: verdicts are told apart without colour. */
const SHAPES: Readonly<Record<Verdict, string>> = {
  "holds": '<circle cx="8" cy="8" r="7" fill="currentColor"/>' +
    '<path d="M4.6 8.3l2.4 2.4 4.4-5" fill="none" stroke="var(--paper)" stroke-width="1.8"/>',
  "fails": '<rect x="1.5" y="1.5" width="13" height="13" fill="currentColor"/>' +
    '<path d="M5 5l6 6M11 5l-6 6" fill="none" stroke="var(--paper)" stroke-width="1.8"/>',
  "inconclusive": '<path d="M8 1l7 7-7 7-7-7z" fill="none" stroke="currentColor" stroke-width="1.6"/>' +
    '<path d="M8 1l-7 7 7 7z" fill="currentColor"/>',
  "not run": '<path d="M2 8h12" stroke="currentColor" stroke-width="1.8" stroke-dasharray="3 2" fill="none"/>',
};

/**
 * A verdict as a shape and a word. Colour says whether it is as the paper says or not; our own questions and controls, of
 * which no answer is the right one, have none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(verdictMark("fails", "paper"), /<svg .*<\/svg>fails/);
 * ```
 */
export function verdictMark(verdict: Verdict, kind: ClaimKind = "paper"): string {
  const name = verdict.replace(" ", "-");
  return `<span class="verdict ${name}${kind === "paper" ? "" : " ours"}"><svg viewBox="0 0 16 16" aria-hidden="true">${
    SHAPES[verdict]
  }</svg>` +
    `${verdict}</span>`;
}

/**
 * How many claims have each verdict, verdicts without any left out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(countVerdicts([{ verdict: "fails" }, { verdict: "holds" }]), [["holds", 1], ["fails", 1]]);
 * ```
 */
export function countVerdicts(claims: readonly Pick<ClaimResult, "verdict">[]): [Verdict, number][] {
  return VERDICTS.map((verdict): [Verdict, number] => [verdict, claims.filter((c) => c.verdict === verdict).length])
    .filter(([, count]) => count > 0);
}

/**
 * The tally in words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(tallyText([{ verdict: "fails" }, { verdict: "holds" }, { verdict: "holds" }]), "2 hold, 1 fails");
 * ```
 */
export function tallyText(claims: readonly Pick<ClaimResult, "verdict">[]): string {
  const plural: Partial<Record<Verdict, string>> = { holds: "hold", fails: "fail" };
  const parts = countVerdicts(claims).map(([verdict, n]) => `${n} ${n === 1 ? verdict : plural[verdict] ?? verdict}`);
  return parts.join(", ") || "no claims";
}

/** Kinds of claims, in the order of the tally, with what they are called. */
const KINDS: readonly [ClaimKind, string][] = [
  ["paper", "Claims of the paper"],
  ["question", "Our questions"],
  ["control", "Controls"],
];

/**
 * The tally of each kind that occurs, in words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(
 *   talliesByKind([{ kind: "paper", verdict: "fails" }, { kind: "control", verdict: "holds" }]),
 *   ["Claims of the paper: 1 fails", "Controls: 1 holds"],
 * );
 * ```
 */
export function talliesByKind(claims: readonly Pick<ClaimResult, "kind" | "verdict">[]): string[] {
  return KINDS.flatMap(([kind, name]) => {
    // What an earlier version kept knows no kinds: all its claims were the paper's.
    const own = claims.filter((claim) => (claim.kind ?? "paper") === kind);
    return own.length === 0 ? [] : [`${name}: ${tallyText(own)}`];
  });
}

/**
 * How many verdicts Holm's adjustment takes back, in words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const holm = { p: 0.04, adjusted: 0.4, verdict: "inconclusive" } as const;
 * assert.equal(
 *   holmText([{ verdict: "holds", holm }, { verdict: "not run" }]),
 *   "Adjusted for 1 tested claim (Holm), 1 of 1 verdicts becomes inconclusive.",
 * );
 * ```
 */
export function holmText(claims: readonly Pick<ClaimResult, "verdict" | "holm">[]): string {
  const tested = claims.filter(({ holm }) => holm !== undefined);
  if (tested.length === 0) return "";
  const decided = tested.filter(({ verdict }) => verdict !== "inconclusive");
  if (decided.length === 0) {
    return "No tested claim is decided, adjusted for their number or not.";
  }
  const taken = decided.filter(({ verdict, holm }) => holm!.verdict !== verdict).length;
  return `Adjusted for ${tested.length} tested ${tested.length === 1 ? "claim" : "claims"} (Holm), ${taken} of ` +
    `${decided.length} verdicts ${taken === 1 ? "becomes" : "become"} inconclusive.`;
}

/** A claim's number with its interval; a dash where it was not run. */
function ours({ evidence }: ClaimResult): string {
  if (!evidence) return "–";
  return `<span class="figure">${formatInterval(evidence.estimate, evidence.lower, evidence.upper)}</span>`;
}

const minus = (rule: string) => escapeText(rule.replace(/-(?=[\d.])/g, "\u2212"));

/**
 * The claims that a page opens with: verdict, statement and number, each with a link to its place.
 *
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.match(headlineClaimsHtml(sampleReport.claims.slice(0, 1)), /<a href="#claim-/);
 * ```
 */
export function headlineClaimsHtml(claims: readonly ClaimResult[]): string {
  const lines = claims.map((claim) =>
    `<li>${verdictMark(claim.verdict, claim.kind)}<span><a href="#claim-${escapeText(claim.id)}">` +
    `${prose(claim.statement)}</a> ${ours(claim)}</span></li>`
  );
  return `<ul class="headline">\n${lines.join("\n")}\n</ul>`;
}

/**
 * The claims of one question: each line has the id `claim-ID`.
 *
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.match(questionClaimsHtml(sampleReport.claims.slice(0, 1)), /<li id="claim-/);
 * ```
 */
export function questionClaimsHtml(claims: readonly ClaimResult[]): string {
  return `<ul class="claims">\n${claims.map(claimLine).join("\n")}\n</ul>`;
}

function claimLine(claim: ClaimResult): string {
  const { evidence, kind, verdict, holm } = claim;
  const number = evidence
    ? `<span class="ours">${ours(claim)} <span class="rule">(rule: ${minus(claim.rule)})</span></span>`
    : "";
  const told = [
    prose(claim.quantity),
    ...(evidence ? [`${formatNumber(evidence.n)} ${escapeText(claim.unit)}`] : []),
    kind === "paper"
      ? `paper (${escapeText(claim.source)}): ${prose(claim.paper)}`
      : `${kind === "control" ? "control" : "our question"}: ${escapeText(claim.source)}`,
    ...(holm && holm.verdict !== verdict ? [`adjusted for all claims: ${holm.verdict}`] : []),
  ].join(" · ");
  return `<li id="claim-${escapeText(claim.id)}">${verdictMark(verdict, kind)}<div>` +
    `<span class="statement">${prose(claim.statement)}</span> ${number}<span class="detail">${told}</span>` +
    `${claim.note ? `<span class="detail">${prose(claim.note)}</span>` : ""}</div></li>`;
}

/**
 * All claims in one table, each with a link to its place; a claim whose question has no section has its id here.
 *
 * @param sections ids of the questions that have a section
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const html = claimsTableHtml(sampleReport.claims, ["policies"]);
 * assert.match(html, /1 holds/);
 * assert.match(html, /href="#claim-/);
 * ```
 */
export function claimsTableHtml(claims: readonly ClaimResult[], sections: readonly string[]): string {
  const headings = ["Claim", "Whose", "Paper", "Ours [95% CI]", "Rule", "Verdict", "Adjusted"];
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join("");
  const tallies = talliesByKind(claims).map((text) => `<p class="tally">${text}</p>\n`).join("");
  return (tallies || `<p class="tally">${tallyText(claims)}</p>\n`) +
    `<p class="detail">Each interval is a 95% one by itself, and so is its verdict. ${holmText(claims)}</p>\n` +
    `<details><summary>All ${claims.length} claims</summary><div class="scroll" tabindex="0" role="group" aria-label="Table of all claims"><table class="all sortable">\n` +
    `<caption class="hidden">Claims and whether our numbers support them</caption>\n` +
    `<thead><tr>${head}</tr></thead>\n<tbody>\n${
      claims.map((claim) => claimRow(claim, sections.includes(claim.question))).join("\n")
    }\n</tbody></table></div></details>`;
}

const WHOSE: Readonly<Record<ClaimKind, string>> = { paper: "paper", question: "ours", control: "control" };

function claimRow(claim: ClaimResult, told: boolean): string {
  const id = escapeText(claim.id), statement = prose(claim.statement);
  return `<tr${told ? "" : ` id="claim-${id}"`}>` +
    `<th scope="row">${told ? `<a href="#claim-${id}">${statement}</a>` : statement}${
      !told && claim.note ? `<span class="detail">${prose(claim.note)}</span>` : ""
    }</th>` +
    `<td>${WHOSE[claim.kind ?? "paper"]}</td><td>${prose(claim.paper)}</td><td>${ours(claim)}</td>` +
    `<td class="rule">${minus(claim.rule)}</td><td>${verdictMark(claim.verdict, claim.kind)}</td>` +
    `<td>${adjustedCell(claim)}</td></tr>`;
}

/** The adjusted verdict in words (the mark is the plain verdict's), with its p-value. */
function adjustedCell({ holm }: ClaimResult): string {
  if (holm === undefined) return "–";
  const p = holm.adjusted < 0.001 ? "p < 0.001" : `p = ${formatFixed(holm.adjusted, 3)}`;
  return `${holm.verdict}<span class="detail">${escapeText(p)}</span>`;
}

/**
 * The claims of the paper against our numbers: the first thing on the page.
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
 * A verdict as a shape and a word.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(verdictMark("fails"), /<svg .*<\/svg>fails/);
 * ```
 */
export function verdictMark(verdict: Verdict): string {
  const kind = verdict.replace(" ", "-");
  return `<span class="verdict ${kind}"><svg viewBox="0 0 16 16" aria-hidden="true">${SHAPES[verdict]}</svg>` +
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
  const taken = decided.filter(({ verdict, holm }) => holm!.verdict !== verdict).length;
  return `Adjusted for ${tested.length} tested ${tested.length === 1 ? "claim" : "claims"} (Holm), ${taken} of ` +
    `${decided.length} verdicts ${taken === 1 ? "becomes" : "become"} inconclusive.`;
}

/**
 * The table of claims with its tally. Each row has the id `claim-ID` and links to its question, `question-ID`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const html = claimsTableHtml([{
 *   kind: "paper", id: "robust", statement: "DR is robust", source: "sec. 5", paper: "yes", quantity: "difference", rule: "> 0",
 *   evidence: { estimate: 0.2, lower: 0.1, upper: 0.3, n: 20 }, verdict: "holds", question: "policies", unit: "seeds",
 * }]);
 * assert.match(html, /1 holds/);
 * assert.match(html, /href="#question-policies"/);
 * ```
 */
export function claimsTableHtml(claims: readonly ClaimResult[]): string {
  const headings = ["Claim", "Paper", "Ours [95% CI]", "n", "Rule", "Verdict", "Adjusted"];
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join("");
  const tallies = talliesByKind(claims).map((text) => `<p class="tally">${text}</p>\n`).join("");
  return (tallies || `<p class="tally">${tallyText(claims)}</p>\n`) +
    `<p class="detail">Each interval is a 95% one by itself, and so is its verdict. ${holmText(claims)}</p>\n` +
    `<table class="claims">\n` +
    `<caption class="hidden">Claims of the paper and whether our numbers support them</caption>\n` +
    `<thead><tr>${head}</tr></thead>\n<tbody>\n${claims.map(claimRow).join("\n")}\n</tbody></table>`;
}

function claimRow(claim: ClaimResult): string {
  const { evidence } = claim;
  const ours = evidence
    ? `<span class="figure">${formatInterval(evidence.estimate, evidence.lower, evidence.upper)}</span>`
    : "–";
  const count = evidence ? `${formatNumber(evidence.n)} <span class="detail">${escapeText(claim.unit)}</span>` : "–";
  const note = claim.note ? `<span class="detail">${prose(claim.note)}</span>` : "";
  // What was not run has no figure to see.
  const link = claim.verdict === "not run"
    ? ""
    : `<a class="detail" href="#question-${escapeText(claim.question)}">see the figure</a>`;
  return `<tr id="claim-${escapeText(claim.id)}">` +
    `<th scope="row">${prose(claim.statement)}<span class="detail">${escapeText(claim.source)}</span></th>` +
    `<td data-label="Paper">${prose(claim.paper)}</td>` +
    `<td data-label="Ours [95% CI]">${ours}<span class="detail">${prose(claim.quantity)}</span></td>` +
    `<td data-label="n">${count}</td>` +
    `<td data-label="Rule" class="rule">${escapeText(claim.rule.replace(/-(?=[\d.])/g, "\u2212"))}</td>` +
    `<td data-label="Verdict">${verdictMark(claim.verdict)}${note}${link}</td>` +
    `<td data-label="Adjusted">${adjustedCell(claim)}</td></tr>`;
}

/** The adjusted verdict in words (the mark is the plain verdict's), with its p-value. */
function adjustedCell({ holm }: ClaimResult): string {
  if (holm === undefined) return "–";
  const p = holm.adjusted < 0.001 ? "p < 0.001" : `p = ${formatFixed(holm.adjusted, 3)}`;
  return `${holm.verdict}<span class="detail">${escapeText(p)}</span>`;
}

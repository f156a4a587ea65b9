/**
 * The page of all claims of all papers.
 *
 * @module
 */
import type { Verdict } from "../statistics/claims.ts";
import { countVerdicts, holmText, talliesByKind, tallyText, verdictMark } from "./claims_table.ts";
import { escapeText, prose } from "./escape.ts";
import type { IndexEntry } from "./index_page.ts";
import { formatInterval, formatNumber } from "./numbers.ts";
import { htmlDocument } from "./page.ts";
import { FONT_FAMILY } from "./typeface/typeface.ts";
import { siteNav, type SitePage } from "./site_nav.ts";

const STYLE = `
.filter{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;border:0;margin:1.4rem 0 0;padding:0;font:.95rem ${FONT_FAMILY}}
.filter legend{font-size:.8rem;color:var(--muted);padding:0;float:left;margin-right:1rem}
.filter label{display:inline-flex;align-items:center;gap:.35em}
.all-claims{width:100%;margin:0 0 .5rem}.all-claims td,.all-claims th{vertical-align:top}
.all-claims tbody tr+tr>*{border-top:1px solid var(--grid)}
.all-claims th:first-child{width:56%}
.all-claims thead th{white-space:nowrap}
@media (max-width:640px){.all-claims thead{display:none}.all-claims tr{display:block;padding:.5rem 0}.all-claims td,.all-claims th{display:block;width:auto!important;border:0!important;padding:.1rem 0}}
${(["holds", "fails", "inconclusive", "not run"] as const).map(hiddenRule).join("\n")}
`;

/** Rows of a verdict whose box is not ticked are hidden: no script is needed. */
function hiddenRule(verdict: Verdict): string {
  const name = verdict.replace(" ", "-");
  return `main:has(#show-${name}:not(:checked)) tr.${name}{display:none}`;
}

/**
 * Every claim with its number, verdict and a link to its figure, by experiment; boxes choose which verdicts are shown.
 *
 * @param present the shared pages that exist
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const html = await renderClaimsPage([{
 *   name: "cpo", title: "Causal preference optimisation", lead: "", seeds: 20, wallSeconds: 48, backend: "wasm",
 *   preset: "quick",
 *   claims: [{
 *     kind: "paper", id: "robust", statement: "DR is robust", source: "sec. 5", paper: "yes", quantity: "difference", rule: "> 0",
 *     evidence: { estimate: 0.2, lower: 0.1, upper: 0.3, n: 20 }, verdict: "holds", question: "policies", unit: "seeds",
 *   }],
 * }], ["index.html", "claims.html"]);
 * assert.match(html, /href="cpo\/index.html#question-policies"/);
 * ```
 */
export async function renderClaimsPage(
  entries: readonly IndexEntry[],
  present: readonly SitePage[],
): Promise<string> {
  const all = entries.flatMap((entry) => entry.claims);
  const boxes = countVerdicts(all).map(([verdict, count]) =>
    `<label><input type="checkbox" id="show-${verdict.replace(" ", "-")}" checked>` +
    `<span>${count}</span>${verdictMark(verdict)}</label>`
  );
  const lead = `${all.length} claims in ${entries.length} experiments, each tested with an interval over seeds. ` +
    `${talliesByKind(all).join(". ") || tallyText(all)}. A claim that fails is shown as failing.`;
  const body =
    `${siteNav("claims.html", present)}<header><h1>Claims</h1><p class="lead">${escapeText(lead)}</p></header>\n` +
    `<fieldset class="filter"><legend>Show</legend>${boxes.join("\n")}</fieldset>\n` +
    entries.filter((entry) => entry.claims.length > 0).map(experimentClaims).join("\n");
  return await htmlDocument("Claims: preflab", body, STYLE);
}

function experimentClaims({ name, title, claims, preset, seeds }: IndexEntry): string {
  const page = `${encodeURIComponent(name)}/index.html`;
  const rows = claims.map((claim) => {
    const { evidence, verdict } = claim;
    const ours = evidence
      ? `<span class="figure">${formatInterval(evidence.estimate, evidence.lower, evidence.upper)}</span>` +
        `<span class="detail">${prose(claim.quantity)}</span>`
      : "–";
    const target = verdict === "not run" ? `${page}#claim-${claim.id}` : `${page}#question-${claim.question}`;
    return `<tr class="${verdict.replace(" ", "-")}"><th scope="row"><a href="${escapeText(target)}">` +
      `${prose(claim.statement)}</a><span class="detail">${escapeText(claim.source)}</span></th>` +
      `<td>${ours}</td><td>${verdictMark(verdict, claim.kind)}</td><td>${claim.holm?.verdict ?? "–"}</td></tr>`;
  });
  const head = ["Claim", "Ours [95% CI]", "Verdict", "Adjusted"].map((text) => `<th scope="col">${text}</th>`).join("");
  return `<section id="${escapeText(name)}"><h2><a href="${escapeText(page)}">${escapeText(title)}</a></h2>\n` +
    `<p class="tally">${talliesByKind(claims).join("; ")} <span class="detail">preset ${escapeText(preset)}, ` +
    `${formatNumber(seeds)} seeds. ${holmText(claims)}</span></p>\n` +
    `<table class="all-claims"><caption class="hidden">Claims of ${escapeText(title)}</caption>` +
    `<thead><tr>${head}</tr></thead>\n<tbody>${rows.join("\n")}</tbody></table></section>`;
}

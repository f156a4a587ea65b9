/**
 * What a report answers, in sentences made from its claims.
 *
 * @module
 */
import type { ClaimResult, Verdict } from "../statistics/claims.ts";
import { tallyText } from "./claims_table.ts";
import { formatInterval } from "./numbers.ts";

/** Headline claims where an experiment names none. */
const FEW = 6;

/**
 * The claims that a page opens with: those an experiment names, or the paper's first ones that were tested.
 *
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.equal(headlineOf({ ...sampleReport, headline: ["variance"] })[0].id, "variance");
 * ```
 */
export function headlineOf(
  { claims, headline }: { readonly claims: readonly ClaimResult[]; readonly headline?: readonly string[] },
): ClaimResult[] {
  const tested = claims.filter(({ verdict }) => verdict !== "not run");
  if (headline !== undefined) return headline.flatMap((id) => tested.filter((claim) => claim.id === id));
  const papers = tested.filter(({ kind }) => kind === "paper");
  return (papers.length > 0 ? papers : tested).slice(0, FEW);
}

/**
 * Three sentences from the verdicts: how many of the paper's claims hold, by themselves and adjusted for all claims, the
 * first that does, and the first that does not, both adjusted.
 *
 * @returns empty where no claim of the paper was tested
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const [tally, holds] = answerFrom(sampleReport);
 * assert.match(tally, /^Of 2 claims of the paper that were tested, 1 holds, 1 fails\.$/);
 * assert.match(holds, /^As the paper says: /);
 * ```
 */
export function answerFrom(
  report: { readonly claims: readonly ClaimResult[]; readonly headline?: readonly string[] },
): string[] {
  const papers = report.claims.filter(({ kind, verdict }) => kind === "paper" && verdict !== "not run");
  if (papers.length === 0) return [];
  const count = `${papers.length} ${papers.length === 1 ? "claim" : "claims"}`;
  const shown = [...headlineOf(report).filter(({ kind }) => kind === "paper"), ...papers];
  const adjusted = papers.map((claim) => ({ verdict: claim.holm?.verdict ?? claim.verdict }));
  const [alone, together] = [tallyText(papers), tallyText(adjusted)];
  const first = (verdict: Verdict, lead: string) => {
    const found = shown.find((claim) => (claim.holm?.verdict ?? claim.verdict) === verdict);
    if (!found?.evidence) return [];
    const { estimate, lower, upper } = found.evidence;
    return [`${lead}: ${found.statement} (${found.quantity}: ${formatInterval(estimate, lower, upper)}).`];
  };
  return [
    `Of ${count} of the paper that ${papers.length === 1 ? "was" : "were"} tested, ${alone}` +
    `${alone === together ? "" : `; adjusted for all claims, ${together}`}.`,
    ...first("holds", "As the paper says"),
    ...first("fails", "Not as it says"),
  ];
}

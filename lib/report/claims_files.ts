/**
 * The claims of a report as files.
 *
 * @module
 */
import type { ClaimResult } from "../statistics/claims.ts";
import { tallyText } from "./claims_table.ts";
import { formatInterval } from "./numbers.ts";
import type { Row } from "./types.ts";

/**
 * One row a claim, for CSV.
 *
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const rows = claimRows(sampleReport.claims);
 * assert.equal(rows.length, sampleReport.claims.length);
 * assert.ok("verdict" in rows[0]);
 * ```
 */
export function claimRows(claims: readonly ClaimResult[]): Row[] {
  return claims.map(({ kind, id, statement, source, paper, quantity, rule, evidence, unit, verdict, question }) => ({
    id,
    kind,
    question,
    statement,
    source,
    paper,
    quantity,
    rule,
    estimate: evidence?.estimate ?? null,
    lower: evidence?.lower ?? null,
    upper: evidence?.upper ?? null,
    n: evidence?.n ?? null,
    unit,
    verdict,
  }));
}

/**
 * The claims with their numbers as a Markdown table, under a tally.
 *
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.match(claimsMarkdown(sampleReport.claims), /\| Claim \| Ours \[95% CI\] \| Rule \| Verdict \|/);
 * ```
 */
export function claimsMarkdown(claims: readonly ClaimResult[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const rows = claims.map(({ statement, evidence, quantity, rule, verdict }) => {
    const ours = evidence ? formatInterval(evidence.estimate, evidence.lower, evidence.upper) : "–";
    return `| ${cell(statement)} | ${ours} ${cell(quantity)} | ${cell(rule)} | ${verdict} |`;
  });
  return `${tallyText(claims)}\n\n| Claim | Ours [95% CI] | Rule | Verdict |\n| --- | --- | --- | --- |\n${
    rows.join("\n")
  }\n`;
}

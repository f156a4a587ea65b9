/**
 * The claims of a report as files.
 *
 * @module
 */
import type { ClaimResult } from "../statistics/claims.ts";
import { holmText, talliesByKind, tallyText } from "./claims_table.ts";
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
  return claims.map((
    { kind, id, statement, source, paper, quantity, rule, evidence, unit, verdict, holm, question },
  ) => ({
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
    p: holm?.p ?? null,
    p_holm: holm?.adjusted ?? null,
    verdict_holm: holm?.verdict ?? null,
  }));
}

/**
 * The claims with their numbers as a Markdown table, under a tally by kind.
 *
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.match(claimsMarkdown(sampleReport.claims), /\| Claim \| Ours \[95% CI\] \| Rule \| Verdict \| Adjusted \|/);
 * ```
 */
export function claimsMarkdown(claims: readonly ClaimResult[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const rows = claims.map(({ statement, evidence, quantity, rule, verdict, holm }) => {
    const ours = evidence ? formatInterval(evidence.estimate, evidence.lower, evidence.upper) : "–";
    return `| ${cell(statement)} | ${ours} ${cell(quantity)} | ${cell(rule)} | ${verdict} | ${holm?.verdict ?? "–"} |`;
  });
  const tallies = talliesByKind(claims).map((text) => `- ${text}`).join("\n") || tallyText(claims);
  const head = "| Claim | Ours [95% CI] | Rule | Verdict | Adjusted |\n| --- | --- | --- | --- | --- |";
  return `${[tallies, holmText(claims), `${head}\n${rows.join("\n")}`].filter((part) => part !== "").join("\n\n")}\n`;
}

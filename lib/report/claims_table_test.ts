import assert from "node:assert/strict";
import type { ClaimResult, Verdict } from "../statistics/claims.ts";
import { claimsTableHtml, tallyText, verdictMark } from "./claims_table.ts";
import { sampleReport } from "./testdata/sample_report.ts";

Deno.test("each verdict has its own word and its own shape", () => {
  const marks = (["holds", "fails", "inconclusive", "not run"] as Verdict[]).map((verdict) => {
    const html = verdictMark(verdict);
    assert.ok(html.endsWith(`${verdict}</span>`));
    return /<svg.*<\/svg>/.exec(html)![0];
  });
  assert.equal(new Set(marks).size, 4);
});

Deno.test("the tally counts every claim once", () => {
  const verdicts: Verdict[] = ["fails", "holds", "not run", "holds", "fails", "inconclusive"];
  assert.equal(tallyText(verdicts.map((verdict) => ({ verdict }))), "2 hold, 2 fail, 1 inconclusive, 1 not run");
  assert.equal(tallyText([]), "no claims");
});

Deno.test("a claim's row shows our number, its replicates, its rule and the way to the figure", () => {
  const rows = claimsTableHtml(sampleReport.claims).split("\n").filter((line) => line.startsWith("<tr"));
  assert.equal(rows.length, 3);
  for (const text of ["0.50 [0.40, 0.60]", "30", "paired seeds", "&gt; 0", 'href="#question-policies"', "holds"]) {
    assert.ok(rows[0].includes(text), text);
  }
  assert.ok(rows[1].includes("The outcome model explains little."));
  assert.match(rows[2], /data-label="n">–</);
});

Deno.test("hostile text stays text in every field", () => {
  const claim = Object.fromEntries(
    Object.entries(sampleReport.claims[0]).map((
      [key, value],
    ) => [key, typeof value === "string" ? `<script>&"'` : value]),
  ) as unknown as ClaimResult;
  const html = claimsTableHtml([{ ...claim, verdict: "fails", note: "<script>" }]);
  assert.doesNotMatch(html, /<script|&"|"'/);
});

import assert from "node:assert/strict";
import type { ClaimResult, Verdict } from "../statistics/claims.ts";
import { claimRows, claimsMarkdown } from "./claims_files.ts";
import { claimsTableHtml, holmText, talliesByKind, tallyText, verdictMark } from "./claims_table.ts";
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

Deno.test("claims are tallied by who makes them, and the adjusted verdict stands beside the plain one", () => {
  const holm = { p: 0.03, adjusted: 0.09, verdict: "inconclusive" } as const;
  const [first, second] = sampleReport.claims;
  const claims: ClaimResult[] = [{ ...first, verdict: "holds", holm }, {
    ...second,
    kind: "question",
    verdict: "fails",
    holm: { p: 1e-5, adjusted: 3e-5, verdict: "fails" },
  }, { ...first, kind: "control", verdict: "holds" }];
  assert.deepEqual(talliesByKind(claims), [
    "Claims of the paper: 1 holds",
    "Our questions: 1 fails",
    "Controls: 1 holds",
  ]);
  assert.equal(holmText(claims), "Adjusted for 2 tested claims (Holm), 1 of 2 verdicts becomes inconclusive.");
  const rows = claimsTableHtml(claims).split("\n").filter((line) => line.startsWith("<tr id"));
  assert.match(rows[0], /data-label="Adjusted">inconclusive<span class="detail">p = 0.090</);
  assert.match(rows[1], /data-label="Adjusted">fails<span class="detail">p &lt; 0.001</);
  assert.match(rows[2], /data-label="Adjusted">–</);
  const [csv] = claimRows(claims);
  assert.deepEqual([csv.kind, csv.verdict, csv.p, csv.p_holm, csv.verdict_holm], [
    "paper",
    "holds",
    0.03,
    0.09,
    "inconclusive",
  ]);
  const markdown = claimsMarkdown(claims);
  assert.match(markdown, /^- Claims of the paper: 1 holds\n- Our questions: 1 fails\n- Controls: 1 holds\n\nAdjusted/);
  assert.match(markdown, /\| holds \| inconclusive \|/);
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

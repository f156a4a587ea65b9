import assert from "node:assert/strict";
import type { ClaimResult, Verdict } from "../statistics/claims.ts";
import { claimRows, claimsMarkdown } from "./claims_files.ts";
import {
  claimsTableHtml,
  headlineClaimsHtml,
  holmText,
  questionClaimsHtml,
  talliesByKind,
  tallyText,
  verdictMark,
} from "./claims_table.ts";
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

const linesOf = (html: string, tag: string) => html.split("\n").filter((line) => line.startsWith(tag));

Deno.test("a claim's line shows our number, its replicates, its rule, and what the paper says", () => {
  const lines = linesOf(questionClaimsHtml(sampleReport.claims), "<li");
  assert.equal(lines.length, 3);
  for (const text of ["0.50 [0.40, 0.60]", "30 paired seeds", "(rule: &gt; 0)", "holds", 'id="claim-']) {
    assert.ok(lines[0].includes(text), text);
  }
  assert.ok(lines[1].includes("The outcome model explains little."));
  assert.ok(lines[1].includes("paper (§5.2): lower"));
  assert.doesNotMatch(lines[2], /class="ours"/);
});

Deno.test("in the table of all claims each leads to its place, or is its place where its question has none", () => {
  const rows = linesOf(claimsTableHtml(sampleReport.claims, ["policies"]), "<tr");
  assert.match(rows[0], /<a href="#claim-/);
  assert.match(rows[1], /^<tr id="claim-variance">/);
  assert.doesNotMatch(rows[1], /href/);
});

Deno.test("colour says as the paper says or not; our questions and controls have none", () => {
  assert.match(verdictMark("fails"), /class="verdict fails"/);
  for (const kind of ["question", "control"] as const) {
    assert.match(verdictMark("fails", kind), /class="verdict fails ours"/);
  }
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
  const rows = linesOf(claimsTableHtml(claims, []), "<tr id");
  assert.match(rows[0], /<td>inconclusive<span class="detail">p = 0.090</);
  assert.match(rows[1], /<td>fails<span class="detail">p &lt; 0.001</);
  assert.match(rows[2], /<td>–<\/td><\/tr>/);
  const [told, untold] = linesOf(questionClaimsHtml(claims), "<li id");
  assert.match(told, /adjusted for all claims: inconclusive/);
  assert.doesNotMatch(untold, /adjusted/);
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
  const claims = [{ ...claim, kind: "paper" as const, verdict: "fails" as const, note: "<script>" }];
  const html = [headlineClaimsHtml(claims), questionClaimsHtml(claims), claimsTableHtml(claims, [])].join("");
  assert.doesNotMatch(html, /<script|&"|"'/);
});

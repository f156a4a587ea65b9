import assert from "node:assert/strict";
import { comparison, movedRows } from "./compare_runs.ts";
import type { SavedRun } from "./draw.ts";
import type { ResultRow } from "./rows.ts";
import { blocksOf } from "./rows_test_helpers.ts";

const row = (changes: Partial<ResultRow> = {}): ResultRow => ({
  part: "synthetic",
  question: "policies",
  arm: "dpo",
  seed: 0,
  condition: { n: 64, model: "right" },
  metric: "kl",
  value: 1,
  ...changes,
});

Deno.test("rows are matched by what they are of, whatever their order and that of condition columns", () => {
  const before = [row(), row({ seed: 1 }), row({ metric: "value" })];
  const after = [row({ metric: "value" }), row({ seed: 1, condition: { model: "right", n: 64 } }), row()];
  assert.deepEqual(movedRows(blocksOf(before), blocksOf(after)), []);
});

Deno.test("rows that moved, and rows of one run alone, are counted by question and metric", () => {
  const before = [row(), row({ seed: 1 }), row({ seed: 2 }), row({ metric: "value" })];
  const after = [
    row({ value: 1.25 }),
    row({ seed: 1, value: 0.5 }),
    row({ metric: "value" }),
    row({ question: "other" }),
  ];
  assert.deepEqual(movedRows(blocksOf(before), blocksOf(after)), [
    { question: "policies", metric: "kl", shared: 2, moved: 2, largest: 0.5, alone: 1 },
    { question: "other", metric: "kl", shared: 0, moved: 0, largest: 0, alone: 1 },
  ]);
});

/** A run with these claims: id, verdict, estimate. */
function runOf(rows: readonly ResultRow[], ...claims: [string, string, number?][]): SavedRun {
  const report = {
    claims: claims.map(([id, verdict, x]) => ({
      id,
      verdict,
      evidence: x === undefined ? undefined : { estimate: x, lower: x - 0.1, upper: x + 0.1, n: 20 },
    })),
  };
  return { blocks: blocksOf(rows), report } as unknown as SavedRun;
}

Deno.test("verdicts that changed stand first, then numbers, then rows", () => {
  const before = runOf([row()], ["a", "holds", 0.5], ["b", "fails", -0.3], ["c", "not run"], ["d", "holds", 1]);
  const after = runOf([row({ value: 2 })], ["a", "holds", 0.6], ["b", "inconclusive", -0.05], ["e", "holds", 1], [
    "d",
    "holds",
    1,
  ]);
  assert.deepEqual(comparison(before, after), [
    "verdict     b: fails −0.30 [−0.40, −0.20] -> inconclusive −0.05 [−0.15, 0.05]",
    "new         e: holds 1.00 [0.90, 1.10]",
    "gone        c: not run",
    "number      a: holds 0.50 [0.40, 0.60] -> holds 0.60 [0.50, 0.70]",
    "rows        policies kl: 1 of 1 rows differ, by 1.0 at most",
  ]);
  assert.deepEqual(comparison(before, before), ["nothing moved: the same claims, verdicts and rows"]);
});

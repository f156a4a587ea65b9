import assert from "node:assert/strict";
import { rowCountMetrics, rowCountNote, type RowCounts } from "./row_counts.ts";
import { viewOf } from "./view.ts";
import { blocksOf } from "./rows_test_helpers.ts";

const REASONS = { equal: "whose texts are equal", sampled: "beyond --pairs, by chance" };

function noteOf(counts: RowCounts): string {
  const row = { part: "benchmark", question: "q", arm: "dpo", condition: { n: 2 } };
  const rows = Object.entries(rowCountMetrics(counts, 3)).flatMap(([metric, values]) =>
    values.map((value, seed) => ({ ...row, metric, seed, value }))
  );
  return rowCountNote(viewOf(blocksOf(rows), "q", ["kto", "dpo"], [{ n: 2 }, { n: 3 }]), "pairs", REASONS);
}

Deno.test("each reason with rows is told with their number, and the rest is used", () => {
  assert.equal(
    noteOf({ read: 2312, leftOut: { equal: 5, sampled: 307 } }),
    "Of 2312 pairs read, 2000 are used. Left out: 5 whose texts are equal; 307 beyond --pairs, by chance.",
  );
  assert.equal(
    noteOf({ read: 10, leftOut: { equal: 0, sampled: 3 } }),
    "Of 10 pairs read, 7 are used. Left out: 3 beyond --pairs, by chance.",
  );
  assert.equal(noteOf({ read: 10, leftOut: { equal: 0, sampled: 0 } }), "All 10 pairs read are used.");
});

Deno.test("a reason that was not counted is a mistake", () => {
  assert.throws(() => noteOf({ read: 10, leftOut: { equal: 0 } }), /no rows for arm dpo, metric left-out-sampled/);
});

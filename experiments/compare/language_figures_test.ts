/** A model trained far beyond the budget that it is read at is told of. */
import assert from "node:assert/strict";
import { blocksOf } from "../../lib/run/rows_test_helpers.ts";
import { viewOf } from "../../lib/run/view.ts";
import { language } from "./language_figures.ts";
import type { CompareOptions } from "./options.ts";

const options = { languageBudget: 1, languageFrontier: [4, 2] } as unknown as CompareOptions;

/** What is said of readers in two worlds, with so much KL as trained in the second. */
function notesWith(kl: number): readonly string[] {
  const conditions = [{ world: "noise only" }, { world: "confounded" }];
  const rows = conditions.flatMap((condition, i) =>
    [["dpo", i * kl], ["kto", 3]].map(([arm, value]) => ({
      ...{ part: "synthetic" as const, question: "q", arm: `${arm}`, condition, seed: 0 },
      ...{ metric: "kl-as-trained", value: Number(value) },
    }))
  );
  const count = (metric: string) => ({ ...rows[0], metric, value: 5 });
  const all = [...rows, count("rows-read"), count("rows-left-out")];
  return language.notes!(viewOf(blocksOf(all), "q", ["dpo", "kto"], conditions), options);
}

Deno.test("KL as trained beyond ten times the largest budget is told, with whose it is", () => {
  assert.match(
    notesWith(103)[0],
    /^As trained, DPO is 103 nats a text from the untrained model, .* at 4 at most: .*--lang/,
  );
  assert.ok(!notesWith(40).some((note) => note.startsWith("As trained")));
});

/** Too few seeds for a verdict are too few to name an order of methods. */
import assert from "node:assert/strict";
import { blocksOf } from "../../lib/run/rows_test_helpers.ts";
import { viewOf } from "../../lib/run/view.ts";
import { conditions } from "./condition_figures.ts";
import type { CompareOptions } from "./options.ts";
import { noiseOnly } from "./terms.ts";

const options = { confounding: [0] } as unknown as CompareOptions;
const METRICS = ["value", "regret"];

/** A view in which DPO is far ahead of KTO on every seed. */
function viewWith(seeds: number) {
  const condition = { ...noiseOnly.of({}), setting: "plain" };
  const rows = [["dpo", 0.8], ["kto", 0.2]].flatMap(([arm, level]) =>
    METRICS.flatMap((metric) =>
      Array.from({ length: seeds }, (_, seed) => ({
        part: "synthetic" as const,
        question: "q",
        arm: `${arm}`,
        condition,
        metric,
        seed,
        value: Number(level) + 0.01 * Math.sin(seed),
      }))
    )
  );
  return viewOf(blocksOf(rows), "q", ["dpo", "kto"], [condition]);
}

Deno.test("which method when: an order where seeds are enough, and that they are not where they are few", () => {
  const row = (seeds: number) => {
    const { best, moved, near, value } = conditions.tables(viewWith(seeds), options)[0].rows[0];
    return [best, moved, near, value !== undefined];
  };
  assert.deepEqual(row(12), ["dpo", "yes", "—", true]);
  assert.deepEqual(row(3), ["dpo", "not enough seeds", "not enough seeds", true]);
});

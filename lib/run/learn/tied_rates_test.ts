/** What is said of win rates where pairs may be ties. */
import assert from "node:assert/strict";
import { tiedWinRate } from "../../estimators/tied_win_rate.ts";
import type { MethodResult } from "../../learn/cross_validate.ts";
import { pairsData } from "../../learn/data.ts";
import { tiedRates } from "./tied_rates.ts";

/** Pairs of ten prompts, every fourth a tie, and a policy that picks what was chosen in three of four. */
const pairs = Array.from({ length: 60 }, (_, i) => ({
  ...{ prompt: `p${i % 10}`, chosen: `a ${i}`, rejected: `b ${i}`, tied: i % 4 === 0, weight: 1 + i % 3 },
}));
const policy = (wins: (i: number) => boolean): MethodResult => ({
  ...{ id: "dpo", betas: [1], short: 0 },
  rows: pairs.map(({ tied }, i) => ({
    ...{ won: tied ? 0.5 : Number(wins(i)), "picked-words": 5 + i % 7, "other-words": 6 + i % 3 },
  })),
});

Deno.test("a row a model, with the rate over prompts and by weights", () => {
  const data = pairsData(pairs), { tables: [{ rows }], notes } = tiedRates(data, [policy((i) => i % 3 > 0)]);
  assert.deepEqual(rows.map(({ model }) => model), ["Davidson, ν", "Rao and Kupper, θ"]);
  const { rows: measures } = policy((i) => i % 3 > 0);
  const { winRate } = tiedWinRate({
    preference: measures.map(({ won }) => won),
    tied: pairs.map(({ tied }) => Number(tied)),
    length: measures.map((row) => row["picked-words"]),
    baselineLength: measures.map((row) => row["other-words"]),
    groups: pairs.map(({ prompt }) => prompt),
    weights: pairs.map(({ weight }) => weight),
  });
  assert.deepEqual([rows[0].rate, rows[0].lower, rows[0].upper], [winRate.estimate, winRate.lower, winRate.upper]);
  const weights = pairs.reduce((sum, { weight }) => sum + weight, 0),
    [first, second] = rows.map(({ behind }) => Number(behind));
  assert.ok(Math.min(first, second) === 0 && Math.max(first, second) > 0 && Math.max(first, second) < weights);
  assert.deepEqual(notes, []);
});

Deno.test("where there is no rate the reason is told", () => {
  const { tables, notes } = tiedRates(pairsData(pairs), [policy(() => true)]);
  assert.equal(tables.length, 0);
  assert.match(notes[0], /^No win rate with ties of .* by Davidson, ν: no loss among 60 comparisons/);
});

import assert from "node:assert/strict";
import { question } from "./experiment.ts";

const text = {
  id: "draws",
  asks: "How large is a draw?",
  method: "By drawing.",
  arms: ["naive"],
  claims: [],
  figures: () => [],
  tables: () => [],
};
const context = {
  options: {},
  arm: "naive",
  condition: {},
  seeds: [0, 1],
  streams: () => [],
  keep: () => {},
  prepared: { n: 7 },
};

Deno.test("what a question does not say follows from the rest", () => {
  const made = question<{ seeds: number }, unknown>({ ...text, run: () => ({ draw: [1, 2] }) });
  assert.equal(made.part, "synthetic");
  assert.deepEqual(made.conditions({ seeds: 5 }), [{}]);
  assert.equal(made.seeds({ seeds: 5 }), 5);
  const real = question<{ bootstraps: number }, unknown>({
    ...text,
    dataset: "polarity",
    conditions: () => [{ n: 4 }],
    seeds: ({ bootstraps }) => bootstraps + 1,
    run: () => ({ draw: [1, 2] }),
  });
  assert.equal(real.part, "benchmark");
  assert.deepEqual(real.conditions({ bootstraps: 5 }), [{ n: 4 }]);
  assert.equal(real.seeds({ bootstraps: 5 }), 6);
});

Deno.test("one record a seed becomes one list a metric, with the counts of rows behind them", () => {
  const rows = question<unknown, { n: number }>({
    ...text,
    counts: ({ n }) => ({ read: n, leftOut: { equal: 2 } }),
    run: ({ seeds }) => seeds.map((seed) => ({ draw: seed, square: seed ** 2 })),
  });
  const found = rows.run({ ...context, options: undefined });
  assert.deepEqual(found, { "draw": [0, 1], "square": [0, 1], "rows-read": [7, 7], "left-out-equal": [2, 2] });
  assert.deepEqual(Object.keys(found), ["draw", "square", "rows-read", "left-out-equal"]);
});

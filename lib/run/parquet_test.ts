import assert from "node:assert/strict";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { resultsParquet } from "./parquet.ts";
import type { ResultRow } from "./rows.ts";
import { blocksOf } from "./rows_test_helpers.ts";
import type { RunConfig } from "./run_config.ts";
import { experimentOf, questionOf } from "./demo_test_helpers.ts";

const row = (changes: Partial<ResultRow> = {}): ResultRow => ({
  part: "synthetic",
  question: "value",
  arm: "cpo",
  seed: 0,
  condition: {},
  metric: "kl",
  value: 1,
  ...changes,
});
const experiment = experimentOf(
  questionOf({ conditions: () => [{ n: 64 }, { n: 100 }] }),
  questionOf({ id: "other", conditions: () => [{ model: "right", n: 0.5 }] }),
);
const config = { options: {} } as RunConfig;

function bytesOf(rows: readonly ResultRow[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...resultsParquet(experiment, config, blocksOf(rows))].flatMap((part) => [...part]));
}

async function read(rows: readonly ResultRow[]): Promise<Record<string, unknown>[]> {
  return await parquetReadObjects({ file: bytesOf(rows).buffer });
}

Deno.test("rows come back from Parquet as they went in: types, nulls, every bit of a double", async () => {
  const values = [0, 3, -2, 0.1 + 0.2, 5e-324, -1e-300, 1.7976931348623157e308, 2 ** 53 + 2];
  const rows = values.map((value, seed) =>
    row({ seed, value, condition: seed % 2 ? { n: 64 } : { n: 0.5, model: "right" }, metric: `m${seed % 3}` })
  );
  const back = await read(rows);
  assert.deepEqual(
    back.map((r) => ({ ...r })),
    rows.map(({ part, question, arm, seed, condition, metric, value }) => ({
      experiment: "demo",
      part,
      question,
      arm,
      seed,
      n: condition.n,
      model: condition.model ?? null,
      metric,
      value,
    })),
  );
});

Deno.test("zeros have no sign, as in results.csv: the writer alone gives all zeros that of the first", async () => {
  const back = await read([-0, 0, 0, 0, 0].map((value, seed) => row({ seed, value })));
  assert.deepEqual(back.map(({ value }) => Object.is(value, 0)), [true, true, true, true, true]);
});

Deno.test("many rows, more than a page holds, come back in order", async () => {
  const rows = Array.from(
    { length: 30_000 },
    (_, i) => row({ seed: i % 60, value: Math.sin(i), condition: { n: i % 7 } }),
  );
  const back = await read(rows);
  assert.equal(back.length, rows.length);
  for (const i of [0, 1, 9_999, 10_000, 20_001, 29_999]) assert.equal(back[i].value, rows[i].value);
  assert.deepEqual(back.map(({ value }) => value), rows.map(({ value }) => value));
});

Deno.test("row groups are made one after the other: a small one first, each across blocks", async () => {
  const cell = { part: "synthetic", question: "value", condition: { n: 64 }, metrics: ["kl", "score"] };
  const seeds = Array.from({ length: 17_000 }, (_, i) => i);
  const blocks = ["cpo", "dr-cpo", "dpo"].map((arm, k) => ({
    ...{ ...cell, arm, seeds },
    values: Float64Array.from({ length: 2 * seeds.length }, (_, i) => i % 999 - k / 3),
  }));
  const parts = [...resultsParquet(experiment, config, blocks)];
  assert.equal(parts.length, 4);
  const file = Uint8Array.from(parts.flatMap((part) => [...part])).buffer;
  assert.deepEqual(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows)), [1000, 100_000, 1000]);
  const back = await parquetReadObjects({ file });
  const at = (i: number) => [back[i].arm, back[i].seed, back[i].metric, back[i].value];
  for (const i of [0, 999, 1000, 33_999, 34_000, 100_999, 101_000, 101_999]) {
    const { arm, values } = blocks[Math.floor(i / 34_000)], own = i % 34_000;
    assert.deepEqual(at(i), [arm, Math.floor(own / 2), ["kl", "score"][own % 2], values[own]]);
  }
});

Deno.test("the same rows are the same bytes", () => {
  const rows = [row(), row({ seed: 1, condition: { n: 64 } })];
  assert.deepEqual(bytesOf(rows), bytesOf(rows));
});

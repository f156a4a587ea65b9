/**
 * For tests: rows as they are read, in columns as they are drawn.
 *
 * @module
 */
import type { Block, ResultRow } from "./rows.ts";

/**
 * Every row as a block of its own.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const cell = { part: "synthetic", question: "q", arm: "dpo", condition: {} };
 * assert.deepEqual(blocksOf([{ ...cell, seed: 3, metric: "kl", value: 0.5 }]), [
 *   { ...cell, seeds: [3], metrics: ["kl"], values: Float64Array.of(0.5) },
 * ]);
 * ```
 */
export function blocksOf(rows: readonly ResultRow[]): Block[] {
  return rows.map(({ seed, metric, value, ...cell }) => ({
    ...cell,
    seeds: [seed],
    metrics: [metric],
    values: Float64Array.of(value),
  }));
}

/** The rows of blocks, one by one. */
export function rowsOf(blocks: readonly Block[]): ResultRow[] {
  return blocks.flatMap(({ seeds, metrics, values, ...cell }) =>
    Array.from(values, (value, i) => ({
      ...cell,
      seed: seeds[Math.floor(i / metrics.length)],
      metric: metrics[i % metrics.length],
      value,
    }))
  );
}

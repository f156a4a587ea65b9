/**
 * Real data: seed 0 is the data themselves, every other seed a bootstrap resample of them.
 *
 * @module
 */
import type { Rng } from "../random.ts";

/**
 * Row numbers of replicate `seed`: all rows in order for seed 0, draws with replacement otherwise.
 *
 * @param n number of rows
 * @returns `[n]`, each below n
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual([...resampleRows(3, 0, Rng.seed(1))], [0, 1, 2]);
 * assert.ok(resampleRows(3, 1, Rng.seed(1)).every((row) => row < 3));
 * ```
 */
export function resampleRows(n: number, seed: number, rng: Rng): Uint32Array {
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = seed === 0 ? i : rng.integer(n);
  return rows;
}

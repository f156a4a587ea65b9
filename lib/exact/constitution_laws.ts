/**
 * The policy over constitutions of `constitution_policy.ts` in training: the laws of all queries at once, by the kernels of
 * {@linkcode LawTable}.
 *
 * @module
 */
import { type Pool, poolShape } from "./constitution_policy.ts";
import { LawTable } from "./law_table.ts";

/** Laws under some constitutions, of one Θ at a time. */
export interface ConstitutionLaws {
  /** Laws of all queries `[X, A]` under a constitution, with room for slopes. */
  of(constitution: number): LawTable;
  /** Moves to the laws at Θ `[D, E]`. */
  at(theta: Float64Array): void;
  /** Writes the gradient in Θ of what has the slopes of all tables `[D, E]`; uses them up. */
  gradient(out: Float64Array): Float64Array;
  /** Leaves the memory to other laws. */
  close(): void;
}

/**
 * Room for the laws under some constitutions of a pool.
 *
 * @param some which constitutions
 * @throws TypeError where sizes disagree
 * @example The gradient of one response's log-prob is its features less the mean ones
 * ```ts
 * import assert from "node:assert/strict";
 * const size = { queries: 1, responses: 2, constitutions: 1 };
 * const [features, offsets, embeddings] = [[1, -1], [0, 0], [1]].map((v) => Float64Array.from(v));
 * const laws = constitutionLaws({ ...size, features, offsets, embeddings }, [0]);
 * laws.at(Float64Array.of(0));
 * laws.of(0).slopes[0] = 1;
 * assert.deepEqual([...laws.gradient(new Float64Array(1))], [1]);
 * ```
 */
export function constitutionLaws(pool: Pool, some: readonly number[]): ConstitutionLaws {
  const { offsets: logStart, features, responses, embeddings } = pool, { dimensions, width } = poolShape(pool);
  const tables = new Map(some.map((c) => [c, new LawTable({ logStart, features, responses })]));
  const own = new Float64Array(dimensions);
  return {
    of: (constitution) => tables.get(constitution)!,
    at(theta) {
      for (const [c, laws] of tables) {
        for (let d = 0; d < dimensions; d++) {
          own[d] = 0;
          for (let e = 0; e < width; e++) own[d] += theta[d * width + e] * embeddings[c * width + e];
        }
        laws.at(own);
      }
    },
    gradient(out) {
      out.fill(0);
      for (const [c, laws] of tables) {
        laws.gradient(own);
        for (let d = 0; d < dimensions; d++) {
          for (let e = 0; e < width; e++) out[d * width + e] += own[d] * embeddings[c * width + e];
        }
      }
      return out;
    },
    close: () => tables.forEach((laws) => laws.close()),
  };
}

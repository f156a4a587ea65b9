/**
 * Log-linear policies over pools of responses, conditional on a query and a constitution, in float64.
 *
 *   π_θ(y|x,c) ∝ exp(b(x,y) + φ(x,y)·Θ e(c))
 *
 * Queries and constitutions share the weights Θ, as they share those of a language model: what is learned on some of them
 * moves the others.
 *
 * @module
 */
import { logLawOf } from "./laws.ts";

/** A pool of responses for each query, with what a policy may read of responses and constitutions. */
export interface Pool {
  /** Queries X. */
  readonly queries: number;
  /** Responses A of a query. */
  readonly responses: number;
  /** Constitutions C. */
  readonly constitutions: number;
  /** φ, row-major `[X, A, D]`. */
  readonly features: Float64Array;
  /** b in nats, `[X, A]`: what no constitution changes. */
  readonly offsets: Float64Array;
  /** e(c), row-major `[C, E]`. */
  readonly embeddings: Float64Array;
}

/**
 * D and E of a pool.
 *
 * @throws TypeError where sizes disagree
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const size = { queries: 1, responses: 2, constitutions: 2 };
 * const [features, offsets, embeddings] = [[1, -1], [0, 0], [1, -1]].map((v) => Float64Array.from(v));
 * assert.deepEqual(poolShape({ ...size, features, offsets, embeddings }), { dimensions: 1, width: 1 });
 * ```
 */
export function poolShape({ queries, responses, constitutions, features, offsets, embeddings }: Pool): {
  readonly dimensions: number;
  readonly width: number;
} {
  const cells = queries * responses;
  if (offsets.length !== cells) {
    throw new TypeError(`offsets: expected ${queries} x ${responses} numbers, got ${offsets.length}`);
  }
  if (features.length === 0 || features.length % cells !== 0) {
    throw new TypeError(`features: expected ${queries} x ${responses} x D numbers, got ${features.length}`);
  }
  if (embeddings.length === 0 || embeddings.length % constitutions !== 0) {
    throw new TypeError(`embeddings: expected ${constitutions} x E numbers, got ${embeddings.length}`);
  }
  return { dimensions: features.length / cells, width: embeddings.length / constitutions };
}

/** A policy at some weights: log-probs row by row, made when first asked for. */
export interface ConstitutionPolicy {
  /** log π(·|x,c) in nats, `[A]`; to be read only. */
  row(query: number, constitution: number): Float64Array;
  /** π(·|x,c), `[A]`; to be read only. */
  chances(query: number, constitution: number): Float64Array;
  /** All rows, `[X, C, A]`. */
  all(): Float64Array;
}

/**
 * The policy at weights Θ.
 *
 * @param theta `[D, E]`
 * @throws TypeError where sizes disagree
 * @example At Θ = 0 constitutions make no difference
 * ```ts
 * import assert from "node:assert/strict";
 * const size = { queries: 1, responses: 2, constitutions: 2 };
 * const [features, offsets, embeddings] = [[1, -1], [0, 0], [1, -1]].map((v) => Float64Array.from(v));
 * const policy = constitutionPolicy({ ...size, features, offsets, embeddings }, Float64Array.of(0));
 * assert.deepEqual([...policy.all()], Array(4).fill(-Math.LN2));
 * ```
 */
export function constitutionPolicy(pool: Pool, theta: Float64Array): ConstitutionPolicy {
  const { queries, responses, constitutions, features, offsets, embeddings } = pool;
  const { dimensions, width } = poolShape(pool);
  if (theta.length !== dimensions * width) {
    throw new TypeError(`theta: expected ${dimensions} x ${width} numbers, got ${theta.length}`);
  }
  const weights = Array.from({ length: constitutions }, (_, c) => {
    const out = new Float64Array(dimensions);
    for (let d = 0; d < dimensions; d++) {
      for (let e = 0; e < width; e++) out[d] += theta[d * width + e] * embeddings[c * width + e];
    }
    return out;
  });
  const table = new Float64Array(queries * constitutions * responses), shares = new Float64Array(table.length);
  const known = new Uint8Array(queries * constitutions), space = { logStart: offsets, features, responses };
  const row = (x: number, c: number): Float64Array => {
    const at = x * constitutions + c, out = table.subarray(at * responses, (at + 1) * responses);
    if (known[at] === 1) return out;
    logLawOf(space, weights[c], x, out, shares.subarray(at * responses, (at + 1) * responses));
    known[at] = 1;
    return out;
  };
  return {
    row,
    chances(x, c) {
      row(x, c);
      const at = x * constitutions + c;
      return shares.subarray(at * responses, (at + 1) * responses);
    },
    all() {
      for (let x = 0; x < queries; x++) for (let c = 0; c < constitutions; c++) row(x, c);
      return table.slice();
    },
  };
}

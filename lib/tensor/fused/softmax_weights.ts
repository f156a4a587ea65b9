/**
 * What tokens are drawn by: exponentials of logits, row by row.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel } from "./dispatch.ts";

/** What a row of logits weighs. */
export interface Weighed {
  /** The largest logit. */
  readonly top: number;
  /** e^(logit − top) of each `[V]`; empty where they were not asked for. */
  readonly weights: Float32Array | Float64Array;
  /** Of all weights, added up in float64: log Σ e^logit is `top` + log `sum`. Not finite where a logit is not a number. */
  readonly sum: number;
}

/**
 * Weights of one row, on the host in float64.
 *
 * @param logits `[V]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(weighed(Float32Array.of(5, 5)), { top: 5, weights: Float64Array.of(1, 1), sum: 2 });
 * ```
 */
export function weighed(logits: ArrayLike<number>): Weighed {
  const weights = new Float64Array(logits.length);
  let top = -Infinity, sum = 0;
  for (let i = 0; i < logits.length; i++) if (logits[i] > top) top = logits[i];
  for (let i = 0; i < logits.length; i++) sum += weights[i] = Math.exp(logits[i] - top);
  return { top, weights, sum };
}

/**
 * Weights of rows, each of which is what it is in any other company. Where the engine has the kernel, a weight is float32, and
 * none is below 2⁻¹²⁶.
 *
 * @param logits `[N, V]`, V ≥ 1
 * @param needed whether weights are wanted, or their sums alone
 * @returns one for each row
 * @throws TypeError for a tensor that has no rows of numbers
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const [{ top, sum }] = softmaxWeights(tf.tensor2d([[5, 5]]), false);
 * assert.deepEqual([top, sum], [5, 2]);
 * ```
 */
export function softmaxWeights(logits: Tensor, needed: boolean): Weighed[] {
  const [rows, width] = logits.shape;
  if (logits.rank !== 2 || width === 0) throw new TypeError(`logits: expected shape [N, V], got [${logits.shape}]`);
  const each = <T>(numbers: Float32Array, size: number, f: (own: Float32Array) => T): T[] =>
    Array.from({ length: rows }, (_, r) => f(numbers.subarray(r * size, (r + 1) * size)));
  if (!hasKernel("SoftmaxWeights")) return each(logits.dataSync<"float32">(), width!, weighed);
  const [weights, norms] = runKernel("SoftmaxWeights", { x: logits });
  const own = needed ? each(weights.dataSync<"float32">(), width!, (row) => row) : [];
  const found = each(norms.dataSync<"float32">(), 3, ([top, large, rest]) => ({ top, sum: large + rest }));
  tf.dispose([weights, norms]);
  return found.map((norm, r) => ({ ...norm, weights: own[r] ?? new Float32Array(0) }));
}

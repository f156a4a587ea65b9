/**
 * Laws in log space, in float64.
 *
 * @module
 */

/**
 * Log-probs of a row of logits, per context.
 *
 * @param logits `[X, A]`
 * @param out written `[X, A]`; may be the logits
 * @returns log-probs in nats `[X, A]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...logSoftmaxRows(Float64Array.of(3, 3), 2)], [-Math.LN2, -Math.LN2]);
 * ```
 */
export function logSoftmaxRows(
  logits: Float64Array,
  actions: number,
  out: Float64Array = new Float64Array(logits.length),
): Float64Array {
  for (let start = 0; start < logits.length; start += actions) {
    let top = -Infinity, sum = 0;
    for (let a = 0; a < actions; a++) top = Math.max(top, logits[start + a]);
    for (let a = 0; a < actions; a++) sum += Math.exp(logits[start + a] - top);
    // The top first: large logits that nearly agree lose no digits.
    const rest = Math.log(sum);
    for (let a = 0; a < actions; a++) out[start + a] = logits[start + a] - top - rest;
  }
  return out;
}

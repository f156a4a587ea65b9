/**
 * Mutual information between constitutions and responses, by enumeration in float64.
 *
 * @module
 */

/** Smallest and largest sum that a law may have: what float32 log-probs of a large vocabulary still reach. */
const [least, most] = [0.999, 1.001];

/**
 * I(Y; C) in nats for constitutions drawn uniformly, exactly.
 *
 *   I = (1/C) Σ_c Σ_y p(y|c) log [p(y|c) / ((1/C) Σ_k p(y|c_k))]
 *
 * At most ln C. For several prompts, the mean of this over prompts is I(Y; C|X).
 *
 * @param logps log-probs of all A responses under each constitution `[C][A]`; −Infinity for a response that never occurs
 * @throws TypeError for rows of different lengths or no rows; RangeError naming the row that is not a law
 * @example Constitutions that share no response are told apart perfectly
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(mutualInformation([[0, -Infinity], [-Infinity, 0]]), Math.LN2);
 * ```
 */
export function mutualInformation(logps: readonly ArrayLike<number>[]): number {
  const count = logps.length;
  if (count === 0 || logps[0].length === 0) throw new TypeError("logps: expected at least one row of one response");
  const width = logps[0].length;
  const mixture = new Float64Array(width);
  for (let c = 0; c < count; c++) {
    if (logps[c].length !== width) {
      throw new TypeError(`logps[${c}]: expected ${width} responses as in row 0, got ${logps[c].length}`);
    }
    let total = 0;
    for (let y = 0; y < width; y++) {
      const p = Math.exp(logps[c][y]);
      mixture[y] += p / count;
      total += p;
    }
    if (!(total >= least && total <= most)) {
      throw new RangeError(`logps[${c}]: the probabilities sum to ${total}, expected 1`);
    }
  }
  let information = 0;
  for (const row of logps) {
    for (let y = 0; y < width; y++) {
      const p = Math.exp(row[y]);
      // The smallest number there is leaves no mixture, and adds nothing either.
      if (p > 0 && mixture[y] > 0) information += p * (row[y] - Math.log(mixture[y])) / count;
    }
  }
  return information;
}

/**
 * Which tokens of a batch a language model scores: the shift by one and the mask, in one place.
 *
 * @module
 */

/** The scored tokens of a batch `[B, T]`, in order. */
interface ScoredTokens {
  /** Row of each token's logits in `[B·T, V]`: position t−1 predicts label t. */
  readonly rows: Uint32Array;
  /** Vocabulary id of each. */
  readonly ids: Uint32Array;
  /** Sequence that each belongs to. */
  readonly sequences: Uint32Array;
  /** Scored tokens of each sequence `[B]`. */
  readonly tokens: Int32Array;
}

/**
 * Finds the tokens that count: those whose position is in the mask, except the first, which nothing predicts.
 *
 * @param shape of the logits `[B, T, V]`
 * @param labels ids row-major `[B, T]`, unshifted; whatever stands outside the mask is not looked at
 * @param mask 1 (or true) where the label counts, else 0, row-major `[B, T]`
 * @throws TypeError when sizes disagree, RangeError for a mask that is neither 0 nor 1 or an id outside the vocabulary
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { rows, ids, tokens } = scoredTokens([2, 3, 9], [7, 8, 5, 7, 8, -100], [0, 1, 1, 1, 0, 0]);
 * assert.deepEqual([...rows], [0, 1]);
 * assert.deepEqual([...ids], [8, 5]);
 * assert.deepEqual([...tokens], [2, 0]);
 * ```
 */
export function scoredTokens(
  shape: readonly number[],
  labels: ArrayLike<number>,
  mask: ArrayLike<number | boolean>,
): ScoredTokens {
  if (shape.length !== 3) throw new TypeError(`logits: expected shape [B, T, V], got [${shape}]`);
  const [batch, length, vocabulary] = shape;
  for (const [name, given] of Object.entries({ labels, mask })) {
    if (given.length !== batch * length) {
      throw new TypeError(`${name}: expected ${batch} x ${length} entries for logits [${shape}], got ${given.length}`);
    }
  }
  const rows: number[] = [], ids: number[] = [], sequences: number[] = [];
  const tokens = new Int32Array(batch);
  for (let i = 0; i < labels.length; i++) {
    const counts = Number(mask[i]);
    if (counts !== 0 && counts !== 1) throw new RangeError(`mask[${i}] is ${mask[i]}: expected 0 or 1`);
    if (counts === 0 || i % length === 0) continue;
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < vocabulary)) {
      throw new RangeError(`labels[${i}] is ${labels[i]}: expected an id in 0 .. ${vocabulary - 1}`);
    }
    const sequence = Math.floor(i / length);
    rows.push(i - 1);
    ids.push(labels[i]);
    sequences.push(sequence);
    tokens[sequence]++;
  }
  return { rows: Uint32Array.from(rows), ids: Uint32Array.from(ids), sequences: Uint32Array.from(sequences), tokens };
}

/**
 * log Σ exp over one row of logits, in float64, with the maximum taken out first.
 *
 * @param logits row-major `[N, V]`
 * @param row index of the row
 * @param width V
 * @param scale multiplies the logits: 2 gives the logarithm of the sum of squared exponentials
 * @returns NaN when the row holds NaN, +∞, or nothing but −∞
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(logSumExpRow(Float32Array.of(9, 9, 1000, 1000), 1, 2), 1000 + Math.LN2);
 * ```
 */
export function logSumExpRow(logits: ArrayLike<number>, row: number, width: number, scale = 1): number {
  let top = -Infinity, total = 0;
  for (let v = row * width; v < (row + 1) * width; v++) top = Math.max(top, logits[v]);
  for (let v = row * width; v < (row + 1) * width; v++) total += Math.exp(scale * (logits[v] - top));
  return scale * top + Math.log(total);
}

/**
 * Texts as short dense vectors, learned without labels.
 *
 * @module
 */
import type { Rng } from "../tensor/random.ts";
import { learnVocabulary, tfidf } from "./text_features.ts";
import { truncatedSvd } from "./truncated_svd.ts";

/**
 * Centres each column and gives it variance one, so that one step size or one penalty suits all; a constant column is zero.
 *
 * @param rows `[n, D]`
 * @returns `[n, D]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...standardiseColumns(Float64Array.of(1, 7, 3, 7), 2)], [-1, 0, 1, 0]);
 * ```
 */
export function standardiseColumns(rows: Float64Array, dimensions: number): Float64Array {
  const n = rows.length / dimensions, out = new Float64Array(rows.length);
  for (let k = 0; k < dimensions; k++) {
    let sum = 0, squares = 0;
    for (let i = 0; i < n; i++) sum += rows[i * dimensions + k];
    for (let i = 0; i < n; i++) squares += (rows[i * dimensions + k] - sum / n) ** 2;
    const spread = Math.sqrt(squares / n) || 1;
    for (let i = 0; i < n; i++) out[i * dimensions + k] = (rows[i * dimensions + k] - sum / n) / spread;
  }
  return out;
}

/**
 * Latent semantic analysis: directions learned on `training`, texts of `others` projected onto them.
 *
 * @param dimensions D, at most the number of texts and of words that three of them share
 * @returns `[n, D]` of each list
 * @throws RangeError when there are too few texts or words for that many dimensions
 * @example
 * ```ts
 * import { Rng } from "../tensor/random.ts";
 * import assert from "node:assert/strict";
 * const [training, others] = semanticFeatures(["a b", "a b", "a b a", "b"], ["a"], 1, Rng.seed(1));
 * assert.deepEqual([training.length, others.length], [4, 1]);
 * ```
 */
export function semanticFeatures(
  training: readonly string[],
  others: readonly string[],
  dimensions: number,
  rng: Rng,
): [Float64Array, Float64Array] {
  const vocabulary = learnVocabulary(training, {
    training: Uint32Array.from(training, (_, i) => i),
    minDocuments: 3,
    maxTerms: 4000,
  });
  const matrix = tfidf(training, vocabulary);
  const svd = truncatedSvd(matrix, { dimensions, iterations: 3, rng });
  return [svd.project(matrix), svd.project(tfidf(others, vocabulary))];
}

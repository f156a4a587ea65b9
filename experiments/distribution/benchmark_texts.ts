/**
 * Texts as vectors, for both questions on real texts.
 *
 * @module
 */
import { learnVocabulary, tfidf } from "../../lib/datasets/text_features.ts";
import { truncatedSvd } from "../../lib/datasets/truncated_svd.ts";
import type { Rng } from "../../lib/tensor/random.ts";

/** Centres each column of `[n, D]` and gives it variance one, so that one step size suits all. */
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
 * @returns `[n, D]` of each list
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

/**
 * Texts as vectors for policies that compare them: latent semantic features, standardised or whitened.
 *
 * @module
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { learnVocabulary, tfidf } from "./text_features.ts";
import { truncatedSvd } from "./truncated_svd.ts";
import type { Rng } from "../random.ts";

/**
 * Centres each column and gives it variance one, so that one step size suits all. A constant column becomes 0.
 *
 * @param rows `[n, D]`, row-major
 * @param dimensions D
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
 * Turns and scales the columns so that differences within pairs of texts (2i, 2i + 1) are uncorrelated with second moment
 * one: comparisons see nothing else, and answers that differ in a word have differences far smaller than the texts.
 *
 * @param rows `[2n, D]`, row-major, with n >= D independent differences
 * @param dimensions D
 * @returns `[2n, D]`
 * @example One dimension: differences 1 and 3 have the second moment 5
 * ```ts
 * import assert from "node:assert/strict";
 * const [a, b] = whitenDifferences(Float64Array.of(1, 0, 3, 0), 1);
 * assert.ok(Math.abs(a - b - 1 / Math.sqrt(5)) < 1e-15);
 * ```
 */
export function whitenDifferences(rows: Float64Array, dimensions: number): Float64Array {
  const pairs = rows.length / dimensions / 2, moments = Matrix.zeros(dimensions, dimensions);
  for (let i = 0; i < pairs; i++) {
    const at = 2 * i * dimensions;
    const difference = rows.subarray(at, at + dimensions).map((v, k) => v - rows[at + dimensions + k]);
    for (let j = 0; j < dimensions; j++) {
      for (let k = 0; k < dimensions; k++) {
        moments.set(j, k, moments.get(j, k) + difference[j] * difference[k] / pairs);
      }
    }
  }
  const low = new CholeskyDecomposition(moments).lowerTriangularMatrix;
  const out = rows.slice();
  for (let at = 0; at < out.length; at += dimensions) {
    for (let j = 0; j < dimensions; j++) {
      for (let k = 0; k < j; k++) out[at + j] -= low.get(j, k) * out[at + k];
      out[at + j] /= low.get(j, j);
    }
  }
  return out;
}

/**
 * Latent semantic analysis: directions learned on `training`, texts of `others` projected onto them.
 *
 * Words count that occur in three texts of `training` or more, the 4000 most frequent at most.
 *
 * @param dimensions D, at most the number of such words and of texts
 * @returns `[n, D]` of each list, row-major
 * @throws RangeError when too few words or texts are left
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const texts = ["a dog", "a cat", "a dog", "a cat", "dog", "cat"];
 * const [features, others] = semanticFeatures(texts, ["dog"], 2, Rng.seed(1));
 * assert.equal(features.length, 6 * 2);
 * assert.ok(Math.abs(others[0] - features[8]) < 1e-12);
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

/**
 * log-prob of each text under the frequencies of words in all of them, with one added to each count: what a unigram
 * model thinks of texts.
 *
 * @returns in nats `[n]`, not normalised over texts
 * @example
 * ```ts
 * import { tokenize } from "./text_features.ts";
 * import assert from "node:assert/strict";
 * const [a, b] = unigramLogProb(["dog", "dog dog"].map(tokenize));
 * assert.ok(Math.abs(b - 2 * a) < 1e-12);
 * ```
 */
export function unigramLogProb(texts: readonly (readonly string[])[]): Float64Array {
  const counts = new Map<string, number>();
  let total = 0;
  for (const word of texts.flat()) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
    total++;
  }
  const scale = Math.log(total + counts.size);
  return Float64Array.from(
    texts,
    (words) => words.reduce((sum, word) => sum + Math.log(counts.get(word)! + 1) - scale, 0),
  );
}

/**
 * Texts as dense vectors of a chosen width, by latent semantic analysis.
 *
 * @module
 */
import type { Rng } from "../tensor/random.ts";
import { learnVocabulary, tfidf } from "./text_features.ts";
import { truncatedSvd } from "./truncated_svd.ts";

/**
 * Centres each column and gives it variance one, so that one step size suits all. A constant column becomes zero.
 *
 * @param rows `[n, D]` row-major
 * @returns `[n, D]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...standardiseColumns(Float64Array.of(1, 5, 3, 5), 2)], [-1, 0, 1, 0]);
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
 * @param dimensions D, at most the number of texts and of words that three texts have
 * @returns `[n, D]` of each list, row-major
 * @throws RangeError when the texts have too few words in common
 * @example
 * ```ts
 * import { Rng } from "../tensor/random.ts";
 * import assert from "node:assert/strict";
 * const texts = ["a dog", "a cat", "a dog and a cat", "and a dog", "a cat and"];
 * const [features, others] = semanticFeatures(texts, ["a cat"], 2, Rng.seed(1));
 * assert.equal(features.length, 10);
 * assert.deepEqual([...others], [...features.subarray(2, 4)]);
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

/**
 * Texts as numbers for policies: latent semantic features that are learned from the texts of some folds alone.
 *
 * @module
 */
import { learnVocabulary, tfidf, type Vocabulary } from "../datasets/text_features.ts";
import { truncatedSvd } from "../datasets/truncated_svd.ts";
import type { Rng } from "../random.ts";
import { UserError } from "../user_error.ts";

/** Texts that a word must occur in, and words at most, as the experiments have it. */
const LEAST_TEXTS = 3, MOST_WORDS = 4000;

/** A map from texts to numbers of mean 0 and variance 1 over the texts it was learned from. */
export interface TextMap {
  /** D. */
  readonly dimensions: number;
  /** φ of any texts, row-major `[n, D]`. */
  of(texts: readonly string[]): Float64Array;
  /**
   * θ as what each word, or each name, adds to a text's score; what this leaves out is the same for all texts. Of words that is
   * by unit of tf-idf, scaled to length 1, with the idf that is given.
   */
  readable(theta: Float64Array): readonly Weighted[];
}

/** What a word or a name adds to a score. */
interface Weighted {
  readonly name: string;
  readonly weight: number;
  readonly idf?: number;
}

/**
 * A feature for each name: what actions without texts have.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...nameFeatures(["a", "b"]).of(["b", "a", "c"])], [0, 1, 1, 0, 0, 0]);
 * ```
 */
export function nameFeatures(names: readonly string[]): TextMap {
  const known = [...new Set(names)], dimensions = known.length;
  return {
    dimensions,
    of: (texts) => Float64Array.from(texts.flatMap((text) => known.map((name) => Number(name === text)))),
    readable: (theta) => known.map((name, k) => ({ name, weight: theta[k] })),
  };
}

/**
 * Learns features from texts.
 *
 * @param most features at most; fewer where texts or words are fewer
 * @throws UserError where texts share too few words
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../random.ts";
 * const map = learnFeatures(["a dog", "a cat", "a dog", "a cat", "dog", "cat"], 2, Rng.seed(1));
 * const [first, second, ...same] = map.of(["a dog", "a dog"]);
 * assert.deepEqual(same, [first, second]);
 * ```
 */
export function learnFeatures(texts: readonly string[], most: number, rng: Rng): TextMap {
  let vocabulary: Vocabulary;
  try {
    const training = Uint32Array.from(texts, (_, i) => i);
    vocabulary = learnVocabulary(texts, { training, minDocuments: LEAST_TEXTS, maxTerms: MOST_WORDS });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `no word occurs in ${LEAST_TEXTS} of the ${texts.length} texts to learn from, so that texts have no features; ` +
        "give more rows",
    );
  }
  const matrix = tfidf(texts, vocabulary), dimensions = Math.min(most, matrix.columns, matrix.rows);
  const svd = truncatedSvd(matrix, { dimensions, iterations: 3, rng }), raw = svd.project(matrix);
  const centre = new Float64Array(dimensions), spread = new Float64Array(dimensions), n = texts.length;
  for (let i = 0; i < raw.length; i++) centre[i % dimensions] += raw[i] / n;
  for (let i = 0; i < raw.length; i++) spread[i % dimensions] += (raw[i] - centre[i % dimensions]) ** 2 / n;
  // A feature without spread is 0 for all: it would be rounding, scaled up.
  const scale = spread.map((square) => square > 1e-20 ? 1 / Math.sqrt(square) : 0);
  return {
    dimensions,
    of: (some) =>
      svd.project(tfidf(some, vocabulary)).map((value, i) => (value - centre[i % dimensions]) * scale[i % dimensions]),
    readable: (theta) =>
      vocabulary.terms.map((name, word) => ({
        name,
        weight: svd.directions.reduce((sum, direction, k) => sum + theta[k] * scale[k] * direction[word], 0),
        idf: vocabulary.idf[word],
      })),
  };
}

/**
 * Texts as sparse vectors: words, a vocabulary from training texts only, and tf-idf weights.
 *
 * @module
 */

/** A sparse matrix by rows: the entries of row r are `starts[r]` to `starts[r + 1]`, with ascending columns. */
export interface SparseMatrix {
  /** Number of rows: one a text. */
  readonly rows: number;
  /** Number of columns: one a term. */
  readonly columns: number;
  /** `[rows + 1]` */
  readonly starts: Uint32Array;
  /** Column of each entry. */
  readonly indices: Uint32Array;
  /** Value of each entry. */
  readonly values: Float64Array;
}

/** The words that count, with their inverse document frequencies; made from training texts. */
export interface Vocabulary {
  /** Most frequent first; ties in code-unit order. */
  readonly terms: readonly string[];
  /** ln((1 + n) / (1 + df)) + 1 over the `n` training texts, `[terms]`: never zero, finite for every term. */
  readonly idf: Float64Array;
}

/** Stands for every number. */
const NUMBER = "#";

/** Letters of scripts that put no space between words; a mark that two such scripts share, as ー, is among them. */
const UNSPACED = String
  .raw`[\p{L}&&[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]]`;
const SPACED = String.raw`[\p{L}--${UNSPACED}]`;
const WORD = String.raw`${SPACED}[${SPACED}\p{M}]*`;
const TOKEN = new RegExp(String.raw`${UNSPACED}\p{M}*|${WORD}(?:'${WORD})*|\p{N}+(?:[.,]\p{N}+)*`, "gv");

/**
 * The words of a text: runs of letters in lower case, with inner apostrophes ("don't", straight or curly alike), and one
 * token "#" for every number, whatever its digits, so that prices and years share a column. Tags such as `<b>` and
 * everything else only separate words.
 *
 * Chinese, Japanese, Thai, Lao, Khmer and Burmese put no space between words: there each letter, with the marks on it, is a
 * token of its own, and words of other scripts in the same text stay whole. Korean has spaces and is cut at them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(tokenize("Don’t pay <i>$1,200.50</i>, it's 2013!"), ["don't", "pay", "#", "it's", "#"]);
 * assert.deepEqual(tokenize("写Deno的人"), ["写", "deno", "的", "人"]);
 * ```
 */
export function tokenize(text: string): string[] {
  const plain = text.normalize("NFKC").toLowerCase().replaceAll("’", "'").replaceAll(/<\/?[a-z][^<>]*>/g, " ");
  return (plain.match(TOKEN) ?? []).map((word) => /^\p{N}/u.test(word) ? NUMBER : word);
}

/**
 * The words that occur in enough training texts.
 *
 * @param texts all texts
 * @param options.training indices of the texts to learn from: held-out texts must not shape the features
 * @param options.minDocuments a word counts when at least that many training texts have it
 * @param options.maxTerms keep at most that many words, the most frequent
 * @throws RangeError when `training` is empty or leaves the texts, or no word is frequent enough
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const texts = ["a dog", "a cat", "unseen words"];
 * const { terms } = learnVocabulary(texts, { training: [0, 1], minDocuments: 2, maxTerms: 100 });
 * assert.deepEqual(terms, ["a"]);
 * ```
 */
export function learnVocabulary(
  texts: readonly string[],
  { training, minDocuments, maxTerms }: { training: ArrayLike<number>; minDocuments: number; maxTerms: number },
): Vocabulary {
  if (training.length === 0) throw new RangeError("training must name at least one text, got none");
  const documents = new Map<string, number>();
  for (const index of Array.from(training)) {
    if (!(Number.isInteger(index) && index >= 0 && index < texts.length)) {
      throw new RangeError(`training must hold indices from 0 to ${texts.length - 1}, got ${index}`);
    }
    for (const word of new Set(tokenize(texts[index]))) documents.set(word, (documents.get(word) ?? 0) + 1);
  }
  const kept = [...documents].filter(([, count]) => count >= minDocuments)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, maxTerms);
  if (kept.length === 0) {
    throw new RangeError(`no word occurs in minDocuments = ${minDocuments} of the ${training.length} training texts`);
  }
  return {
    terms: kept.map(([word]) => word),
    idf: Float64Array.from(kept, ([, count]) => Math.log((1 + training.length) / (1 + count)) + 1),
  };
}

/**
 * Rows of tf-idf weights, each scaled to length 1: count of the word times its idf. A text without known words is a zero row.
 *
 * @param texts any texts, `rows` of them
 * @returns `[rows, terms]`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const vocabulary = { terms: ["dog", "cat"], idf: Float64Array.of(1, 1) };
 * const { indices, values } = tfidf(["cat, dog", "fish"], vocabulary);
 * assert.deepEqual([...indices], [0, 1]);
 * assert.ok(Math.abs(values[0] - Math.SQRT1_2) < 1e-15);
 * ```
 */
export function tfidf(texts: readonly string[], { terms, idf }: Vocabulary): SparseMatrix {
  const column = new Map(terms.map((term, i) => [term, i]));
  const starts = new Uint32Array(texts.length + 1);
  const indices: number[] = [], values: number[] = [];
  for (const [row, text] of texts.entries()) {
    const counts = new Map<number, number>();
    for (const word of tokenize(text)) {
      const at = column.get(word);
      if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    const entries = [...counts].sort(([a], [b]) => a - b).map(([at, count]) => [at, count * idf[at]]);
    const length = Math.sqrt(entries.reduce((sum, [, weight]) => sum + weight * weight, 0));
    for (const [at, weight] of entries) {
      indices.push(at);
      values.push(weight / length);
    }
    starts[row + 1] = indices.length;
  }
  return {
    rows: texts.length,
    columns: terms.length,
    starts,
    indices: Uint32Array.from(indices),
    values: Float64Array.from(values),
  };
}

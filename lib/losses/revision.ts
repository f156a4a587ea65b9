/**
 * How contrastive a preference pair is: the two text measures of CLAIR, contrastive learning from revisions.
 *
 * D'Oosterlinck et al., arXiv 2408.06266 (TACL 2025), table 1.
 * A minimal revision has high token overlap and small edit distance.
 *
 * @module
 */

/**
 * Jaccard similarity of two sets of tokens: |A ∩ B| / |A ∪ B|.
 *
 * How a text is cut into tokens is the caller's; a token counts once however often it occurs.
 *
 * @param first tokens, as words or as ids
 * @param second tokens of the same kind
 * @returns in [0, 1]; 1 for two empty texts
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(tokenJaccard(["the", "cat", "sat"], ["the", "dog", "sat"]), 0.5);
 * ```
 */
export function tokenJaccard<Token extends string | number>(first: Iterable<Token>, second: Iterable<Token>): number {
  const [a, b] = [new Set(first), new Set(second)];
  const union = a.union(b).size;
  return union === 0 ? 1 : a.intersection(b).size / union;
}

/**
 * Levenshtein distance: the fewest insertions, deletions and replacements of single characters that turn one text into
 * the other. A character is a Unicode code point.
 *
 * @param first text
 * @param second text
 * @returns a whole number; time O(|first|·|second|), memory O(|second|)
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(levenshtein("kitten", "sitting"), 3);
 * ```
 */
export function levenshtein(first: string, second: string): number {
  const [a, b] = [first, second].map((text) => Array.from(text, (c) => c.codePointAt(0)!));
  return tokenEdits(a, b);
}

/**
 * The fewest insertions, deletions and replacements of single tokens that turn one text into the other.
 *
 * @param a ids of tokens
 * @param b ids of tokens of the same vocabulary
 * @returns a whole number; time O(|a|·|b|), memory O(|b|)
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(tokenEdits([7, 8, 9], [8, 9, 5]), 2);
 * ```
 */
export function tokenEdits(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const row = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = diagonal + Number(a[i - 1] !== b[j - 1]);
      diagonal = row[j];
      row[j] = Math.min(replaced, row[j] + 1, row[j - 1] + 1);
    }
  }
  return row[b.length];
}

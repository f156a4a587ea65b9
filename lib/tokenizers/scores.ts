/**
 * Vocabularies with a score for each token, as SentencePiece's byte pair encoding has them.
 *
 * @module
 */

/** What is known of a vocabulary with scores. */
interface ScoredVocabulary {
  /** By id. */
  readonly tokens: readonly string[];
  /** By id; what scores highest is merged first. */
  readonly scores: ArrayLike<number>;
  /** Whether a token is text that merges make; those with a meaning and those of bytes are not. */
  readonly isText: (id: number) => boolean;
}

/**
 * The merges that come to the same: every way to put a token together of two others, best score first.
 *
 * SentencePiece merges any neighbours that are a token together, the best first and of equals the first in the text. A part
 * is a token, or a single character, which a text may have without its being one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const tokens = ["a", "b", "ab", "aba"];
 * const merges = mergesOfScores({ tokens, scores: [0, 0, -1, -2], isText: () => true });
 * assert.deepEqual(merges, [["a", "b"], ["ab", "a"]]);
 * ```
 */
export function mergesOfScores({ tokens, scores, isText }: ScoredVocabulary): [string, string][] {
  const known = new Set(tokens.filter((_, id) => isText(id)));
  const isPart = (text: string) => known.has(text) || text.length <= 2 && [...text].length === 1;
  const ids = tokens.map((_, id) => id).filter(isText).sort((a, b) => scores[b] - scores[a]);
  const merges: [string, string][] = [];
  for (const id of ids) {
    const token = tokens[id];
    for (let at = 1; at < token.length; at++) {
      // A character of two UTF-16 units is not cut.
      if ((token.charCodeAt(at) & 0xfc00) === 0xdc00) continue;
      const left = token.slice(0, at);
      if (!isPart(left)) continue;
      const right = token.slice(at);
      if (isPart(right)) merges.push([left, right]);
    }
  }
  return merges;
}

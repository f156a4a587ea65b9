/**
 * For tests: byte-level byte pair encoding written a second time, plainly, and small vocabularies made on the spot.
 *
 * @module
 */

/** A vocabulary: bytes, then what merging makes, then tokens with a meaning. */
interface MadeVocabulary {
  /** By id; bytes in the characters that byte-level vocabularies are written in. */
  readonly tokens: readonly string[];
  /** Pairs of parts with a space between, first first. */
  readonly merges: readonly string[];
  /** Tokens with a meaning; the last ids. */
  readonly special: readonly string[];
}

/**
 * The character a byte is written as: itself where it is visible, else one from U+0100 on, in order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([0x20, 0x41, 0].map(written), ["Ġ", "A", "Ā"]);
 * ```
 */
export function written(byte: number): string {
  const visible = (b: number) => b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
  if (visible(byte)) return String.fromCharCode(byte);
  let hidden = 0;
  for (let b = 0; b < byte; b++) hidden += Number(!visible(b));
  return String.fromCharCode(256 + hidden);
}

/** Characters that bytes of a text are written as. */
const spelled = (text: string) => [...new TextEncoder().encode(text)].map(written);

/**
 * A vocabulary whose merges are learnt from a text: the most frequent pair first, of equals the first by its characters.
 *
 * @param pieces which are never merged with each other
 * @param merges how many
 * @param special tokens with a meaning
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(learnt(["aba", "ab"], 2, []).merges, ["a b", "ab a"]);
 * ```
 */
export function learnt(pieces: readonly string[], merges: number, special: readonly string[]): MadeVocabulary {
  const words = pieces.map(spelled), made: string[] = [];
  for (let n = 0; n < merges; n++) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    if (best === undefined) break;
    made.push(best[0]);
    words.forEach((word) => mergeAll(word, best[0]));
  }
  const bytes = Array.from({ length: 256 }, (_, byte) => written(byte));
  return { tokens: [...bytes, ...made.map((pair) => pair.replace(" ", "")), ...special], merges: made, special };
}

function mergeAll(word: string[], pair: string): void {
  for (let i = 0; i + 1 < word.length; i++) {
    if (`${word[i]} ${word[i + 1]}` === pair) word.splice(i, 2, word[i] + word[i + 1]);
  }
}

/**
 * Ids of a text: special tokens first, then pieces, then in each piece merge after merge, everywhere from the left.
 *
 * @param cut how a text falls into pieces; whatever no match covers is a piece too
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const vocabulary = learnt(["ab"], 1, ["<end>"]);
 * assert.deepEqual(plainEncode(vocabulary, [/a+b/gu], "ab<end>"), [256, 257]);
 * ```
 */
export function plainEncode(
  { tokens, merges, special }: MadeVocabulary,
  cut: readonly RegExp[],
  text: string,
): number[] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const apart = (parts: string[], found: (part: string) => string[]) =>
    parts.flatMap((part) => special.includes(part) ? [part] : found(part));
  let parts = [text];
  for (const token of special) {
    parts = apart(parts, (part) => part.split(token).flatMap((p, i) => i === 0 ? [p] : [token, p]));
  }
  for (const expression of cut) {
    parts = apart(parts, (part) => {
      const out: string[] = [];
      let done = 0;
      for (const { 0: match, index } of part.matchAll(expression)) {
        out.push(part.slice(done, index), match);
        done = index + match.length;
      }
      return [...out, part.slice(done)];
    });
  }
  return apart(parts, (part) => {
    const word = spelled(part);
    for (const pair of merges) mergeAll(word, pair);
    return word;
  }).filter((token) => token !== "").map((token) => ids.get(token)!);
}

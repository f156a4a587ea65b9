/**
 * Responses of a made world as strings, so that measures of texts can be taken of them.
 *
 * @module
 */
import type { Rng } from "../random.ts";

const CONSONANTS = "bdfghklmnprstv", VOWELS = "aeiou";
const SYLLABLES = CONSONANTS.length * VOWELS.length;
/** Words of two syllables; the upper ones are topics, those below say features. */
const WORDS = SYLLABLES ** 2;
const FIRST_TOPIC = 4096;
const TOPIC_WORDS = 16;

/** Words a feature takes, each of which changes at other values. */
const SLOTS = 4;
/** Variants of a word: values beyond ±8 share the last. */
const VARIANTS = 16;

/** The word with this number, below 4900. */
function word(code: number): string {
  const syllable = (i: number) => CONSONANTS[Math.floor(i / VOWELS.length)] + VOWELS[i % VOWELS.length];
  return syllable(Math.floor(code / SYLLABLES)) + syllable(code % SYLLABLES);
}

/**
 * What a prompt is about: words that all its responses share.
 *
 * @returns 16 words, of which some may be equal
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(topicWords(Rng.seed(1)), topicWords(Rng.seed(1)));
 * ```
 */
export function topicWords(rng: Rng): string[] {
  return Array.from({ length: TOPIC_WORDS }, () => word(FIRST_TOPIC + rng.integer(WORDS - FIRST_TOPIC)));
}

/**
 * A response as a string: the topic, then four words a feature. Word s of a feature with value v stands for ⌊v + s/4⌋:
 * moving a feature by δ < 1 changes 4δ of its words on average.
 *
 * @param features at most 64 numbers
 * @example A small change of one feature changes few words
 * ```ts
 * import assert from "node:assert/strict";
 * const [a, b] = [0.1, 0.3].map((value) => renderResponse(["topic"], Float64Array.of(value)).split(" "));
 * assert.equal(a.filter((word, i) => word !== b[i]).length, 1);
 * ```
 */
export function renderResponse(topic: readonly string[], features: Float64Array): string {
  const words = [...topic];
  features.forEach((value, k) => {
    for (let s = 0; s < SLOTS; s++) {
      const variant = Math.min(VARIANTS - 1, Math.max(0, Math.floor(value + s / SLOTS) + VARIANTS / 2));
      words.push(word((k * SLOTS + s) * VARIANTS + variant));
    }
  });
  return words.join(" ");
}

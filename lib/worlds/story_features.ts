/**
 * What can be seen of a short story: numbers that a population's readers care for.
 *
 * @module
 */
import { mean, standardDeviation } from "../statistics/summary.ts";
import { DIMENSIONS } from "./population.ts";

/** Words of size, haste, noise and fright: a story is the more sensational, the more of them and of "!" it has. */
const SENSATIONAL = new Set(
  ("afraid all amazing angry bad bang best big biggest boom broke cried cry danger dark excited fast fell fight huge hurt " +
    "loud mad mean monster never no ran run scared scary screamed shouted so stop strong suddenly surprised tall too very " +
    "wow yelled").split(" "),
);
/** Words of good cheer. */
const WARM = new Set(
  ("bright fun friend friends gentle good happy hug kind laugh laughed like liked love loved nice play played pretty proud " +
    "safe share shared sing smile smiled thank thanked together").split(" "),
);
/** Words for people. */
const PEOPLE = new Set("boy dad girl he her him his lily man mom she sara their them they tim tom".split(" "));

/**
 * Counts of a text: sensation; then letters a word, signs of speech, people, "and", warm words, different words, ends of
 * sentences.
 *
 * @returns `[8]`, the first >= 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(storyCounts('She was sad. "Oh no!"'), [2, 2.6, 2, 1, 0, 0, 1, 2]);
 * ```
 */
export function storyCounts(text: string): number[] {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [], signs = (of: RegExp) => text.match(of)?.length ?? 0;
  const among = (some: ReadonlySet<string>) => words.filter((word) => some.has(word)).length;
  const letters = words.reduce((sum, { length }) => sum + length, 0);
  return [
    among(SENSATIONAL) + signs(/!/g),
    words.length > 0 ? letters / words.length : 0,
    signs(/"/g),
    among(PEOPLE),
    words.filter((word) => word === "and").length,
    among(WARM),
    words.length > 0 ? new Set(words).size / words.length : 0,
    signs(/[.!?]/g),
  ];
}

/**
 * Features from counts: all but sensation less their mean and divided by their standard deviation over some texts; one that
 * is the same in all of them is 0.
 *
 * @param texts whose means and deviations are taken
 * @returns features of any text `[8]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const features = storyFeatures(["She sat.", "He and he sat!"]);
 * assert.equal(features("She sat.")[0], 0);
 * assert.ok(features("He and he sat!")[4] > 0);
 * ```
 */
export function storyFeatures(texts: readonly string[]): (text: string) => Float64Array {
  const counts = texts.map(storyCounts), column = (k: number) => counts.map((row) => row[k]);
  const centre = Array.from({ length: DIMENSIONS }, (_, k) => k === 0 ? 0 : mean(column(k)));
  const scale = Array.from({ length: DIMENSIONS }, (_, k) => k === 0 ? 1 : standardDeviation(column(k)));
  return (text) => {
    const row = storyCounts(text);
    return Float64Array.from(row, (value, k) => scale[k] > 0 ? (value - centre[k]) / scale[k] : 0);
  };
}

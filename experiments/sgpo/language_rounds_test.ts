import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import type { TextPair } from "../../lib/training/language/margin_trainer.ts";
import { DIMENSIONS } from "../../lib/worlds/population.ts";
import { rankerOf } from "./language_rounds.ts";

/** Features of tokens: how many of each of the first eight. */
const features = (ids: readonly number[]) =>
  Float64Array.from({ length: DIMENSIONS }, (_, k) => ids.filter((id) => id === k).length);
const text = (rng: Rng) => ({ ids: Uint32Array.from({ length: 12 }, (_, i) => i < 2 ? 0 : rng.integer(8)), from: 2 });
const pairs = (count: number, seed: number): TextPair[] => {
  const rng = Rng.seed(seed);
  return Array.from({ length: count }, () => [text(rng), text(rng)]);
};
const weights = [1, -1, 0.5, 0, 0, 0.25, 0, -0.5];
/** True margin, of new tokens alone. */
const margin = ([first, second]: TextPair) => {
  const of = ({ ids, from }: TextPair[0]) => features(Array.from(ids.subarray(from)));
  const other = of(second);
  return of(first).reduce((sum, value, k) => sum + weights[k] * (value - other[k]), 0);
};

Deno.test("a ranker learns a linear reward from labels, and nothing from a coin's", () => {
  const learned = pairs(400, 1), held = pairs(200, 2).filter((pair) => margin(pair) !== 0);
  const turned = (first: (pair: TextPair) => boolean) =>
    learned.map((pair): TextPair => first(pair) ? pair : [pair[1], pair[0]]);
  const right = (labelled: readonly TextPair[]) => {
    const margins = rankerOf({ features }, labelled, 0.1)(held);
    return held.filter((pair, i) => Math.sign(margins[i]) === Math.sign(margin(pair))).length / held.length;
  };
  assert.ok(right(turned((pair) => margin(pair) > 0)) > 0.95);
  // Means of 20 coins: a ranker of one is right in anything from none to all.
  const coins = Array.from({ length: 20 }, (_, seed) => {
    const rng = Rng.seed(10 + seed);
    return right(turned(() => rng.bernoulli(0.5)));
  });
  const chance = coins.reduce((a, b) => a + b, 0) / coins.length;
  assert.ok(chance > 0.25 && chance < 0.75, `${chance}`);
});

/**
 * Laws of preferences over pairs, and shifts of them at a known Wasserstein distance.
 *
 * A law fixes how likely each unordered pair is (equally, here) and the chance that its first response is preferred. The
 * distance between a pair and the same pair turned round is 2|r*(first) − r*(second)|, what the gap of true rewards changes
 * by; different pairs are infinitely far apart. Then moving a mass m from one order to the other costs m times that, there
 * is no other way, and the 1-Wasserstein distance of two laws is exactly (1/N) Σ_i |p_i − p'_i| 2|Δ_i|.
 *
 * @module
 */

import { checkFinite } from "../statistics/summary.ts";

/** Pairs with their true gaps and the chance that the first response is preferred, each `[N]`. */
export interface PreferenceLaw {
  /** Δ_i = r*(first) − r*(second). */
  readonly gap: Float64Array;
  /** p_i in [0, 1]. */
  readonly chance: Float64Array;
}

/**
 * The 1-Wasserstein distance of two laws on the same pairs.
 *
 * @returns in units of the true reward
 * @throws TypeError when the laws are not on the same pairs
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const law = { gap: Float64Array.of(1, -2), chance: Float64Array.of(0.7, 0.2) };
 * assert.ok(Math.abs(wassersteinOfLabels(law, { ...law, chance: Float64Array.of(0.6, 0.2) }) - 0.1) < 1e-15);
 * ```
 */
export function wassersteinOfLabels(law: PreferenceLaw, other: PreferenceLaw): number {
  if (law.gap.length !== other.gap.length || law.gap.some((gap, i) => gap !== other.gap[i])) {
    throw new TypeError("other: expected a law on the same pairs");
  }
  let sum = 0;
  for (let i = 0; i < law.gap.length; i++) {
    sum += Math.abs(law.chance[i] - other.chance[i]) * 2 * Math.abs(law.gap[i]);
  }
  return sum / law.gap.length;
}

/**
 * The mixture of two laws at a given distance from the first: with random flips (`towards` = the law turned round), or
 * with other annotators.
 *
 * A 1-Wasserstein distance is linear along a mixture, so the share is distance / W1(law, towards).
 *
 * @param distance >= 0
 * @returns the mixture, or `towards` itself where that is nearer than `distance`
 * @throws RangeError for a negative distance, TypeError as {@linkcode wassersteinOfLabels}
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const law = { gap: Float64Array.of(1, 1), chance: Float64Array.of(0.75, 1) };
 * const mixed = mixtureAt(law, turnedRound(law), 0.5);
 * assert.ok(Math.abs(wassersteinOfLabels(law, mixed) - 0.5) < 1e-15);
 * ```
 */
export function mixtureAt(law: PreferenceLaw, towards: PreferenceLaw, distance: number): PreferenceLaw {
  checkDistance(distance);
  const most = wassersteinOfLabels(law, towards);
  const share = distance === 0 ? 0 : Math.min(1, distance / most);
  return { gap: law.gap, chance: law.chance.map((p, i) => (1 - share) * p + share * towards.chance[i]) };
}

/**
 * The law with every label flipped.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(turnedRound({ gap: Float64Array.of(1), chance: Float64Array.of(0.75) }).chance[0], 0.25);
 * ```
 */
export function turnedRound({ gap, chance }: PreferenceLaw): PreferenceLaw {
  return { gap, chance: chance.map((p) => 1 - p) };
}

/**
 * The law within a distance under which a given policy's preference loss is largest.
 *
 * Turning a mass m of a pair round, from the order that the policy believes in, raises E[−log σ(margin)] by m |margin| and
 * costs m 2|Δ|. Both are linear, so it is exact to spend the budget on the pairs with the largest ratio first, a fraction of
 * the last.
 *
 * @param margins the policy's margin, first over second `[N]`
 * @param distance >= 0, the budget
 * @throws RangeError for a negative distance and naming a margin that is not finite, TypeError when sizes disagree
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const law = { gap: Float64Array.of(1, 1), chance: Float64Array.of(1, 1) };
 * const { chance } = worstLabels(law, Float64Array.of(3, 1), 0.5); // half of the mass of the surer pair
 * assert.deepEqual([...chance], [0.5, 1]);
 * ```
 */
export function worstLabels(law: PreferenceLaw, margins: Float64Array, distance: number): PreferenceLaw {
  checkDistance(distance);
  const { gap } = law, size = gap.length;
  if (margins.length !== size) throw new TypeError(`margins: expected ${size}, got ${margins.length}`);
  // NaN has no place in an order: pairs would be turned round at random.
  checkFinite(margins, "margins");
  const chance = law.chance.slice();
  const ratio = margins.map((xi, i) => Math.abs(xi) / Math.abs(gap[i]));
  const order = Array.from(margins.keys()).sort((i, j) => ratio[j] - ratio[i] || i - j);
  let budget = distance * size;
  for (const i of order) {
    if (budget <= 0 || margins[i] === 0) break;
    const believed = margins[i] > 0 ? chance[i] : 1 - chance[i], cost = 2 * Math.abs(gap[i]);
    const mass = Math.min(believed, budget / cost);
    chance[i] += margins[i] > 0 ? -mass : mass;
    budget -= mass * cost;
  }
  return { gap, chance };
}

function checkDistance(distance: number): void {
  if (!(distance >= 0 && distance < Infinity)) throw new RangeError(`distance must be >= 0, got ${distance}`);
}

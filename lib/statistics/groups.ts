/**
 * Numbers that belong together: readers with several rounds, prompts with several pairs, annotators.
 *
 * @module
 */
import { euclideanNorm } from "./summary.ts";

/**
 * Number of different groups.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(groupCount(["a", "b", "a"]), 2);
 * ```
 */
export function groupCount(groups: ArrayLike<number | string>): number {
  return new Set(Array.from(groups)).size;
}

/**
 * Number of each round's group, from 0 in order of appearance.
 *
 * @returns `[n]`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...groupCodes(["b", "a", "b"])], [0, 1, 0]);
 * ```
 */
export function groupCodes(groups: ArrayLike<number | string>): Uint32Array {
  const codes = new Map<number | string, number>();
  return Uint32Array.from(groups, (group) => {
    const known = codes.get(group);
    if (known !== undefined) return known;
    codes.set(group, codes.size);
    return codes.size - 1;
  });
}

/**
 * Rounds of each group, in order of appearance.
 *
 * @returns indices `[G][..]`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(membersOf(["a", "b", "a"]), [[0, 2], [1]]);
 * ```
 */
export function membersOf(groups: ArrayLike<number | string>): number[][] {
  const members = new Map<number | string, number[]>();
  for (let i = 0; i < groups.length; i++) {
    const others = members.get(groups[i]);
    if (others === undefined) members.set(groups[i], [i]);
    else others.push(i);
  }
  return [...members.values()];
}

/**
 * Standard error of the sum of n numbers whose own sum is 0: the root of n/(n - 1) times the sum of squares; with groups, of
 * G/(G - 1) times the squares of the sums within groups (Liang & Zeger, Biometrika 73, 1986): CR1, where DoubleML has no such
 * factor (docs/estimators.md).
 *
 * @param deviations `[n]`
 * @param groups `[n]`; each by itself unless given
 * @returns Infinity for a single round or group
 *
 * @example Two readers who always say the same are two readers, however often they say it
 * ```ts
 * import assert from "node:assert/strict";
 * const deviations = Float64Array.of(1, 1, -1, -1);
 * assert.ok(Math.abs(standardErrorOfSum(deviations, ["a", "a", "b", "b"]) - 4) < 1e-14);
 * assert.ok(Math.abs(standardErrorOfSum(deviations) - Math.sqrt(16 / 3)) < 1e-15);
 * ```
 */
export function standardErrorOfSum(deviations: Float64Array, groups?: ArrayLike<number | string>): number {
  const sums = groups === undefined
    ? deviations
    : Float64Array.from(membersOf(groups), (rounds) => rounds.reduce((sum, i) => sum + deviations[i], 0));
  const count = sums.length;
  return count < 2 ? Infinity : euclideanNorm(sums) * Math.sqrt(count / (count - 1));
}

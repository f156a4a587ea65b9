/**
 * Intervals over groups of rounds, and differences of values from one log.
 *
 * @module
 */
import { normalQuantile, studentQuantile } from "../statistics/distributions.ts";
import { groupCount, standardErrorOfSum } from "../statistics/groups.ts";
import { checkLevel } from "../statistics/intervals.ts";
import { checkLength, type Estimate } from "./rounds.ts";

/**
 * How many standard errors an interval goes to either side: the normal quantile or, over G groups, Student's with G − 1
 * degrees of freedom, since few groups make the standard error itself uncertain.
 *
 * @param level in (0, 1)
 * @throws RangeError when `level` is out of range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(standardErrors(0.95) - 1.96) < 1e-4);
 * assert.ok(Math.abs(standardErrors(0.95, ["a", "b", "c"]) - 4.3027) < 1e-4);
 * ```
 */
export function standardErrors(level: number, groups?: ArrayLike<number | string>): number {
  checkLevel(level);
  const tail = (1 + level) / 2, count = groups === undefined ? Infinity : groupCount(groups);
  // Of one group the standard error is infinite: any quantile will do.
  return count === Infinity ? normalQuantile(tail) : studentQuantile(tail, Math.max(1, count - 1));
}

/** Difference of two values estimated from one log. */
export interface ValueDifference {
  /** First minus second, in the unit of the reward. */
  readonly value: number;
  /** Over groups where there are any. */
  readonly standardError: number;
  /** Lower end of its interval. */
  readonly lower: number;
  /** Upper end of its interval. */
  readonly upper: number;
}

/**
 * Difference of two values that were estimated from the same rounds: what both share cancels.
 *
 * @param first with its influence `[n]`
 * @param second of the same rounds in the same order
 * @param options.groups of the rounds, `[n]`
 * @throws TypeError when the rounds are not as many, RangeError when `level` is not in (0, 1)
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ipw } from "./ipw.ts";
 * const reward = Float64Array.of(1, 0, 2, 1), weight = Float64Array.of(1, 2, 1, 0);
 * const one = ipw({ reward, weight }), other = ipw({ reward, weight: weight.map((w) => w / 2) });
 * assert.equal(differenceOfValues(one, other).value, one.value / 2);
 * ```
 */
export function differenceOfValues(
  first: Estimate,
  second: Estimate,
  { groups, level = 0.95 }: { readonly groups?: ArrayLike<number | string>; readonly level?: number } = {},
): ValueDifference {
  const n = first.influence.length;
  checkLength(second.influence, n, "second.influence");
  if (groups !== undefined) checkLength(groups, n, "groups");
  const value = first.value - second.value;
  const standardError = standardErrorOfSum(first.influence.map((v, i) => v - second.influence[i]), groups) / n;
  const half = standardErrors(level, groups) * standardError;
  return { value, standardError, lower: value - half, upper: value + half };
}

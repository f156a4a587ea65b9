/**
 * The values that a number can have, and intervals that keep to them.
 *
 * @module
 */
import type { Evidence } from "./claims.ts";

/** The least and the most that a number can be; infinite where nothing bounds it. */
export type Range = readonly [least: number, most: number];

/** Nothing bounds it. */
export const ANY: Range = [-Infinity, Infinity];
/** A share, a probability, a rate of wins. */
export const SHARE: Range = [0, 1];
/** A divergence, an entropy, a distance, a length. */
export const AMOUNT: Range = [0, Infinity];
/** A correlation. */
export const CORRELATION: Range = [-1, 1];

/** Chance that an end of an interval is missed on one side. */
const TAIL = 0.025;
/** Rounding may put a number this far outside, in units of the end or of 1. */
const ROUNDING = 1e-9;

/**
 * The range of a difference.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(differenceRange(SHARE, SHARE), [-1, 1]);
 * ```
 */
export function differenceRange([least, most]: Range, other: Range): Range {
  return [least - other[1], most - other[0]];
}

/**
 * The range of a ratio: not negative where neither number is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(ratioRange(SHARE, AMOUNT), AMOUNT);
 * assert.deepEqual(ratioRange(SHARE, CORRELATION), ANY);
 * ```
 */
export function ratioRange([least]: Range, other: Range): Range {
  return least >= 0 && other[0] >= 0 ? AMOUNT : ANY;
}

/**
 * The interval cut at the ends of the range. The truth is inside the range, so what is cut off never held it, and the
 * interval covers exactly as often as before. What a verdict rests on stays as it was: `uncut` has the ends that p-values
 * are stretched from.
 *
 * Where all replicates are equal to one end of a bounded range, nothing varies and the interval is one point, which is not
 * all that chance allows: of n independent replicates a share s of which is elsewhere, all are at the end with
 * probability (1 − s)ⁿ. A verdict must clear the largest such share as well (Clopper and Pearson, Biometrika 26, 1934; nearly
 * 3.7/n), whatever the law of the replicates. Resamples and splits of one data set leave that open, and give no verdict.
 *
 * @param independent whether the replicates are, as seeds, and not parts of one data set
 * @throws RangeError when the number itself is outside
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { lower, upper } = within({ estimate: 0.98, lower: 0.95, upper: 1.01, n: 20 }, SHARE, true);
 * assert.deepEqual([lower, upper], [0.95, 1]);
 * const { guard } = within({ estimate: 1, lower: 1, upper: 1, n: 20 }, SHARE, true);
 * assert.ok(Math.abs(guard!.lower - 0.025 ** (1 / 20)) < 1e-15);
 * ```
 */
export function within(evidence: Evidence, range: Range, independent: boolean): Evidence {
  const [least, most] = range, { estimate, lower, upper, guard } = evidence;
  const room = (end: number) => Number.isFinite(end) ? ROUNDING * Math.max(1, Math.abs(end)) : 0;
  if (estimate < least - room(least) || estimate > most + room(most)) {
    throw new RangeError(`${estimate} is outside of what the number can be, [${least}, ${most}]`);
  }
  if (lower === upper && most - least < Infinity && (estimate === least || estimate === most)) {
    return evidence.short === undefined ? allAtEnd(evidence, range, independent) : evidence;
  }
  const uncut = { lower: Math.min(lower, guard?.lower ?? lower), upper: Math.max(upper, guard?.upper ?? upper) };
  if (uncut.lower >= least && uncut.upper <= most) return evidence;
  const cut = (ends: { readonly lower: number; readonly upper: number }) => ({
    lower: Math.min(estimate, Math.max(ends.lower, least)),
    upper: Math.max(estimate, Math.min(ends.upper, most)),
  });
  return { ...evidence, ...cut(evidence), ...(guard && { guard: { ...guard, ...cut(guard) } }), uncut };
}

function allAtEnd(evidence: Evidence, [least, most]: Range, independent: boolean): Evidence {
  const { estimate, n } = evidence;
  if (!independent) {
    return { ...evidence, short: `all parts of the data give ${estimate}, the end of its range, and leave no spread` };
  }
  const beyond = (most - least) * (1 - TAIL ** (1 / n)), why = `as all ${n} are at the end of its range,`;
  const guard = estimate === least
    ? { lower: estimate, upper: estimate + beyond, why }
    : { lower: estimate - beyond, upper: estimate, why };
  return { ...evidence, guard };
}

/**
 * Intervals over random splits of one data set, whose training parts overlap.
 *
 * @module
 */
import type { Evidence } from "./claims.ts";

/**
 * The interval of a mean over J random splits, widened for the units that their training parts share: the variance is
 * (1/J + held/training) s² instead of s²/J (Nadeau and Bengio, Machine Learning 52, 2003).
 *
 * @param evidence a mean over splits with its interval, as if they were independent
 * @param training share of the units that a split learns from, in (0, 1)
 * @throws RangeError when the share is out of range
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { lower, upper } = overSplits({ estimate: 0, lower: -1, upper: 1, n: 20 }, 0.8);
 * assert.ok(Math.abs(upper - Math.sqrt(1 + 20 * 0.25)) < 1e-12 && lower === -upper);
 * ```
 */
export function overSplits(evidence: Evidence, training: number): Evidence {
  const { estimate, guard, n } = evidence;
  if (!(training > 0 && training < 1)) throw new RangeError(`training must be in (0, 1), got ${training}`);
  const factor = Math.sqrt(1 + n * (1 - training) / training);
  const widened = ({ lower, upper }: { readonly lower: number; readonly upper: number }) => ({
    lower: estimate - factor * (estimate - lower),
    upper: estimate + factor * (upper - estimate),
  });
  return { ...evidence, ...widened(evidence), ...(guard && { guard: { ...guard, ...widened(guard) } }) };
}

/**
 * Many claims at once: of a hundred true null hypotheses five are rejected at 5 % by chance.
 *
 * @module
 */
import { type Evidence, judge, type Rule, type Verdict, widest } from "./claims.ts";
import { normalQuantile, studentQuantile, studentTwoSided } from "./distributions.ts";

/** Level of the intervals of claims. */
const LEVEL = 0.05;

/**
 * The level at which the interval would just touch the bound that its verdict rests on: a two-sided p-value, below 0.05 where
 * there is a verdict and at or above it where there is none. Each side of the interval is stretched by itself, in
 * proportion to the quantile of its law; its guard is part of it, and so is what was cut off at the end of a range. Of too
 * few replicates it is 1.
 *
 * @param evidence a 95 % interval
 * @returns in [0, 1]
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { above } from "./claims.ts";
 * // 1.96 standard errors on each side, and the bound is 3 of them away.
 * const p = pValueOf({ estimate: 3, lower: 3 - 1.959964, upper: 3 + 1.959964, n: 100 }, above(0));
 * assert.ok(Math.abs(p - 0.0027) < 1e-5);
 * ```
 */
export function pValueOf(evidence: Evidence, rule: Rule): number {
  if (evidence.short !== undefined) return 1;
  const { estimate, df } = evidence, { lower, upper } = widest(evidence);
  const quantile = df === undefined ? normalQuantile(1 - LEVEL / 2) : studentQuantile(1 - LEVEL / 2, df);
  /** That of a bound by itself. */
  const at = (bound: number) => {
    if (!Number.isFinite(bound)) return 0;
    const distance = Math.abs(estimate - bound), side = bound < estimate ? estimate - lower : upper - estimate;
    if (distance === 0) return 1;
    return side === 0 ? 0 : studentTwoSided(quantile * distance / side, df ?? Infinity);
  };
  // Inside, both bounds must be cleared; outside, the one that is crossed.
  if (estimate <= rule.above) return at(rule.above);
  if (estimate >= rule.below) return at(rule.below);
  return Math.max(at(rule.above), at(rule.below));
}

/**
 * Holm's adjusted p-values (Scandinavian Journal of Statistics 6, 1979): whatever the dependence between them, the
 * probability of one false rejection or more among those below 0.05 is at most 0.05.
 *
 * @param p in [0, 1]
 * @returns in the same order, each at least its p
 * @throws RangeError when one is not in [0, 1]
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(holm([0.01, 0.5, 0.02]), [0.03, 0.5, 0.04]);
 * ```
 */
export function holm(p: readonly number[]): number[] {
  p.forEach((value, i) => {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`p[${i}] must be in [0, 1], got ${value}`);
  });
  const order = p.map((_, i) => i).sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((i, rank) => adjusted[i] = largest = Math.max(largest, Math.min(1, (p.length - rank) * p[i])));
  return adjusted;
}

/**
 * The verdict that is left after Holm's adjustment.
 *
 * @param adjusted p-value of {@link holm}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { above } from "./claims.ts";
 * const evidence = { estimate: 2, lower: 0.5, upper: 3.5, n: 20 };
 * assert.equal(adjustedVerdict(evidence, above(0), 0.01), "holds");
 * assert.equal(adjustedVerdict(evidence, above(0), 0.2), "inconclusive");
 * ```
 */
export function adjustedVerdict(evidence: Evidence, rule: Rule, adjusted: number): Verdict {
  return adjusted < LEVEL ? judge(evidence, rule) : "inconclusive";
}

/**
 * Seeds that are added until intervals are narrow, without paying for the looks in coverage.
 *
 * Looks are taken at a fixed set of numbers of seeds, doubling from the first to the most: at n, 2n, 4n and so on. Each of the
 * K looks uses the interval of level 1 - 0.05 / K. By Bonferroni's inequality all K intervals together hold the truth with
 * a probability of 0.95 or more, so that the one at which seeds stop being added does as well, whatever the rule that stops.
 * These are repeated confidence intervals (Jennison and Turnbull, Group Sequential Methods, 2000, chapter 9) with the
 * bound in place of the joint law of the looks, which no statistic of a claim has to have then.
 *
 * @module
 */
import type { Evidence } from "../statistics/claims.ts";
import { normalQuantile, studentQuantile } from "../statistics/distributions.ts";

/** Chance that an interval of any look misses. */
const LEVEL = 0.05;

/**
 * Numbers of seeds at which a cell is looked at.
 *
 * @param first seeds that it begins with, above 0
 * @param most seeds that it does not go beyond, at least `first`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(looksOf(20, 100), [20, 40, 80, 100]);
 * ```
 */
export function looksOf(first: number, most: number): number[] {
  const looks = [first];
  while (looks.at(-1)! < most) looks.push(Math.min(most, 2 * looks.at(-1)!));
  return looks;
}

/**
 * An interval of 95 % as one of several looks: wider by the ratio of the quantiles of its law. Exact for intervals that are
 * estimate ± quantile × standard error; the two sides of others are widened alike.
 *
 * @param looks how many there are at most
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { lower, upper } = corrected({ estimate: 1, lower: 0, upper: 2, n: 100 }, 5);
 * assert.ok(Math.abs(upper - 1 - 2.5758 / 1.96) < 1e-4 && Math.abs(lower + upper - 2) < 1e-12); // of 99 %
 * ```
 */
export function corrected(evidence: Evidence, looks: number): Evidence {
  const { estimate, lower, upper, df, guard, uncut } = evidence;
  const quantile = (p: number) => df === undefined ? normalQuantile(p) : studentQuantile(p, df);
  const factor = quantile(1 - LEVEL / 2 / looks) / quantile(1 - LEVEL / 2);
  const wider = <E extends { readonly lower: number; readonly upper: number }>(ends: E): E => ({
    ...ends,
    lower: estimate - factor * (estimate - ends.lower),
    upper: estimate + factor * (ends.upper - estimate),
  });
  return {
    ...evidence,
    ...wider({ lower, upper }),
    ...guard && { guard: wider(guard) },
    ...uncut && { uncut: wider(uncut) },
  };
}

/** Half of an interval's width. */
export function halfWidth({ lower, upper }: Evidence): number {
  return (upper - lower) / 2;
}

/** The rule in words, for a report. */
export function sequentialTold(width: number, first: number, most: number): string {
  const looks = looksOf(first, most), percent = Number((100 * (1 - LEVEL / looks.length)).toFixed(2));
  return `Seeds were added to a cell until the interval of each of its claims was no wider than ± ${width}, or ${most} ` +
    `were there. Looks were taken at ${
      looks.join(", ")
    } seeds; each of the ${looks.length} uses an interval of ${percent} %, so ` +
    `that by Bonferroni's inequality the interval at which a cell stopped holds the truth in 95 % of sweeps or more. All ` +
    "intervals here are of that kind.";
}

/**
 * Claims as data: a statement of a paper, the quantity that tests it, the rule, and the verdict our numbers give.
 *
 * @module
 */

import { checkFinite } from "./summary.ts";

/** A number with its 95 % interval and the count of independent replicates behind it. */
export interface Evidence {
  /** The number, in the unit of its quantity. */
  readonly estimate: number;
  /** Lower end of the interval. */
  readonly lower: number;
  /** Upper end of the interval. */
  readonly upper: number;
  /** Independent replicates: seeds, or bootstrap resamples of one real data set. */
  readonly n: number;
  /** Degrees of freedom of the Student law behind the interval; the normal law where absent. */
  readonly df?: number;
  /** Why these replicates are too few for a verdict, in a sentence; absent where they are enough. */
  readonly short?: string;
  /** A wider interval that a verdict must clear as well; absent where the interval itself is enough. */
  readonly guard?: Guard;
  /** Both intervals in one, before they were cut at what the number can be; absent where nothing was cut. */
  readonly uncut?: Ends;
}

/** Where an interval ends. */
interface Ends {
  /** Lower end, at or below that of the interval. */
  readonly lower: number;
  /** Upper end, at or above that of the interval. */
  readonly upper: number;
}

/** What keeps an interval's verdict from resting on luck. */
interface Guard extends Ends {
  /** What it allows for, such as "corrected for skewness". */
  readonly why: string;
}

/** An interval of values for which the claim is true; open ends are infinite. */
export interface Rule {
  /** The claim is true above this; -Infinity for no bound. */
  readonly above: number;
  /** The claim is true below this; Infinity for no bound. */
  readonly below: number;
  /** The rule in words, for the claims table, such as "> 0". */
  readonly text: string;
}

/** What the interval says: all of it satisfies the rule, none of it does, or it lies on both sides. */
export type Verdict = "holds" | "fails" | "inconclusive" | "not run";

/** Who says it: the paper, we who ask further, or a control that shows whether a claim says what it seems to say. */
export type ClaimKind = "paper" | "question" | "control";

/** What a verdict becomes beside the others of its experiment. */
export interface HolmResult {
  /** The level at which the interval touches the bound, in [0, 1]. */
  readonly p: number;
  /** The same after Holm's adjustment. */
  readonly adjusted: number;
  /** The verdict where the adjusted one is below 0.05, "inconclusive" elsewhere. */
  readonly verdict: Verdict;
}

/** A claim after it was tested: one line of the claims table. */
export interface ClaimResult {
  /** Who says it. */
  readonly kind: ClaimKind;
  /** Short name, unique in the experiment: anchor of its line on the page. */
  readonly id: string;
  /** What is claimed, in one sentence. */
  readonly statement: string;
  /** Where the paper says it. */
  readonly source: string;
  /** What the paper reports. */
  readonly paper: string;
  /** The number that was computed, in words. */
  readonly quantity: string;
  /** Absent when the claim was not run. */
  readonly evidence?: Evidence;
  /** The rule in words, such as "> 0". */
  readonly rule: string;
  /** What the evidence says under the rule. */
  readonly verdict: Verdict;
  /** The verdict adjusted for all tested claims of the experiment; absent when the claim was not run. */
  readonly holm?: HolmResult;
  /** Why it was not run, or what the reader should know beside the verdict. */
  readonly note?: string;
  /** The question whose figure shows it. */
  readonly question: string;
  /** What one replicate is: "seeds", "splits", "resamples". */
  readonly unit: string;
}

/**
 * True above `bound`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(judge({ estimate: 2, lower: 1, upper: 3, n: 20 }, above(0)), "holds");
 * ```
 * @throws RangeError when the bound is not finite
 */
export function above(bound: number): Rule {
  checkFinite([bound], "bound");
  return { above: bound, below: Infinity, text: `> ${bound}` };
}

/**
 * True below `bound`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(judge({ estimate: 2, lower: 1, upper: 3, n: 20 }, below(0)), "fails");
 * ```
 * @throws RangeError when the bound is not finite
 */
export function below(bound: number): Rule {
  checkFinite([bound], "bound");
  return { above: -Infinity, below: bound, text: `< ${bound}` };
}

/**
 * True between the bounds: an equivalence claim, whose width must be stated because no interval shows exact equality.
 *
 * @throws RangeError when `low` is not below `high`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rule = between(-0.1, 0.1);
 * assert.equal(rule.text, "in [-0.1, 0.1]");
 * assert.equal(judge({ estimate: 0, lower: -0.05, upper: 0.05, n: 20 }, rule), "holds");
 * ```
 */
export function between(low: number, high: number): Rule {
  if (!(low < high)) throw new RangeError(`low must be below high, got ${low} and ${high}`);
  return { above: low, below: high, text: `in [${low}, ${high}]` };
}

/**
 * The verdict of an interval under a rule. Evidence of too few replicates decides nothing, and neither does an interval
 * whose guard reaches the bound.
 *
 * @example An interval that straddles the bound decides nothing
 * ```ts
 * import assert from "node:assert/strict";
 * const evidence = { estimate: 0.1, lower: -0.1, upper: 0.3, n: 20 };
 * assert.equal(judge(evidence, above(0)), "inconclusive");
 * assert.equal(judge(evidence, below(0.5)), "holds");
 * assert.equal(judge(evidence, above(0.5)), "fails");
 * assert.equal(judge({ ...evidence, short: "2 seeds are too few" }, above(0.5)), "inconclusive");
 * ```
 * @throws RangeError when the evidence is not finite or not ordered
 */
export function judge(evidence: Evidence, rule: Rule): Verdict {
  const { estimate, lower, upper } = evidence;
  if (![estimate, lower, upper].every(Number.isFinite) || lower > upper) {
    throw new RangeError(`evidence must be finite and ordered, got ${estimate} [${lower}, ${upper}]`);
  }
  if (evidence.short !== undefined) return "inconclusive";
  const { lower: from, upper: to } = widest(evidence);
  if (from > rule.above && to < rule.below) return "holds";
  if (to <= rule.above || from >= rule.below) return "fails";
  return "inconclusive";
}

/**
 * The interval with its guard, as they were before a range cut them: what a verdict and its p-value rest on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const guard = { lower: 0.5, upper: 3.5, why: "corrected for skewness" };
 * assert.deepEqual(widest({ estimate: 2, lower: 1, upper: 3, n: 20, guard }), { lower: 0.5, upper: 3.5 });
 * ```
 */
export function widest({ lower, upper, guard, uncut }: Evidence): Ends {
  return uncut ?? { lower: Math.min(lower, guard?.lower ?? lower), upper: Math.max(upper, guard?.upper ?? upper) };
}

/**
 * Thrown where the rows leave a claim without a number: a share of nothing, a slope along a flat line. The claim is
 * reported as not run, with this sentence as the reason.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const share = (part: number, whole: number) => {
 *   if (whole === 0) throw new NothingToTest("there was no gain to keep a share of");
 *   return part / whole;
 * };
 * assert.throws(() => share(1, 0), NothingToTest);
 * ```
 */
export class NothingToTest extends Error {
  /** Shown instead of "Error" where an error is printed whole. */
  override readonly name = "NothingToTest";
}

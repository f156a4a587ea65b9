/**
 * Several tests that are told together: their verdicts are adjusted for how many they are.
 *
 * @module
 */
import type { Evidence, HolmResult, Rule } from "../statistics/claims.ts";
import { adjustedVerdict, holm, pValueOf } from "../statistics/multiplicity.ts";

/**
 * The p-value of each test, the same after Holm's adjustment for all of them, and the verdict that is left.
 *
 * @returns in the order of the tests
 * @example
 * ```ts
 * import { above } from "../statistics/claims.ts";
 * import assert from "node:assert/strict";
 * // Three hundredths each alone: too much for two.
 * const test = { evidence: { estimate: 2.17, lower: 0.21, upper: 4.13, n: 100 }, rule: above(0) };
 * assert.deepEqual(adjustedTogether([test]).map(({ verdict }) => verdict), ["holds"]);
 * assert.deepEqual(adjustedTogether([test, test]).map(({ verdict }) => verdict), ["inconclusive", "inconclusive"]);
 * ```
 */
export function adjustedTogether(tests: readonly { readonly evidence: Evidence; readonly rule: Rule }[]): HolmResult[] {
  const p = tests.map(({ evidence, rule }) => pValueOf(evidence, rule)), all = holm(p);
  return tests.map(({ evidence, rule }, k) => (
    { p: p[k], adjusted: all[k], verdict: adjustedVerdict(evidence, rule, all[k]) }
  ));
}

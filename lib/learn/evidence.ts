/**
 * Means over held-out rows with intervals over groups, and what cross-validation adds to them.
 *
 * @module
 */
import type { Evidence } from "../statistics/claims.ts";
import { studentQuantile } from "../statistics/distributions.ts";
import { meanInterval, proportionInterval } from "../statistics/intervals.ts";
import { widest } from "../statistics/claims.ts";
import { mean, standardDeviation } from "../statistics/summary.ts";

/** Held-out rows. */
interface HeldOutRows {
  /** Numbers of each row; NaN where it counts for nothing `[n]`. */
  readonly values: ArrayLike<number>;
  /** What each row counts for `[n]`. */
  readonly weights: ArrayLike<number>;
  /** What rows belong together by `[n]`. */
  readonly groups: readonly string[];
  /** Fold of each row `[n]`. */
  readonly fold: ArrayLike<number>;
  /** Whether each number is 0 or 1, so that their mean is a share. */
  readonly isShare?: boolean;
}

const average = (values: readonly number[], weights: readonly number[]): number => {
  const total = weights.reduce((a, b) => a + b, 0);
  return values.reduce((sum, value, i) => sum + weights[i] * value, 0) / total;
};

/**
 * The weighted mean of held-out rows.
 *
 * Its interval is over groups, whose rows belong together: it tells how these K policies do on other prompts. Policies of
 * different folds share most of what they learned from, so that the spread over groups leaves out how much policies from
 * other data would differ. The guard has that: it is the interval over the K means of folds, with Nadeau and Bengio's variance
 * (1/K + 1/(K − 1)) s² (Machine Learning 52, 2003), and a verdict must clear it as well.
 *
 * Rows that are all 0, or all 1, have no spread, and say more than nothing of others: each group is one trial of Wilson's
 * interval then.
 *
 * @throws RangeError for rows of one group
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rows = { weights: [1, 1, 1, 1], groups: ["a", "a", "b", "b"], fold: [0, 0, 1, 1] };
 * const { estimate, n } = heldOutMean({ ...rows, values: [0, 1, 1, NaN] })!;
 * assert.ok(Math.abs(estimate - 2 / 3) < 1e-15 && n === 2);
 * assert.equal(heldOutMean({ ...rows, values: [NaN, NaN, NaN, NaN] }), undefined);
 * assert.ok(heldOutMean({ ...rows, values: [1, 1, 1, 1], isShare: true })!.lower < 0.35);
 * ```
 */
export function heldOutMean(
  { values, weights, groups, fold, isShare = false }: HeldOutRows,
): Evidence | undefined {
  const rows = groups.map((_, i) => i).filter((i) => !Number.isNaN(values[i]) && weights[i] > 0);
  const some = rows.map((i) => values[i]), counts = rows.map((i) => weights[i]), n = rows.length;
  if (new Set(rows.map((i) => groups[i])).size < 2) return undefined;
  const estimate = average(some, counts), total = counts.reduce((a, b) => a + b);
  // The mean of these is the weighted mean, and their spread is that of its influence.
  const influence = some.map((value, k) => estimate + counts[k] * n / total * (value - estimate));
  const members = rows.map((i) => groups[i]), trials = new Set(members).size;
  const isEven = isShare && some.every((value) => value === some[0]);
  const evidence = isEven
    ? { ...proportionInterval(some[0] * trials, trials), n: trials }
    : meanInterval(influence, { groups: members });
  const means = [...Map.groupBy(rows.keys(), (k) => fold[rows[k]]).values()].map((places) =>
    average(places.map((k) => some[k]), places.map((k) => counts[k]))
  );
  const folds = means.length;
  if (folds < 2) return evidence;
  const half = studentQuantile(0.975, folds - 1) * standardDeviation(means) * Math.sqrt(1 / folds + 1 / (folds - 1));
  const { lower, upper } = widest(evidence);
  return {
    ...evidence,
    guard: {
      lower: Math.min(lower, estimate - half),
      upper: Math.max(upper, estimate + half),
      why: `with room for policies of folds, whose training parts overlap`,
    },
  };
}

/**
 * How far the predictions of a pair's winner are from what came, by equal bins of the prediction, from both sides of each pair.
 *
 * @param predicted probability of the chosen text `[n]`
 * @example Always sure, and right three times of four
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(reliability([1, 1, 1, 0], [1, 1, 1, 1], 2).map(({ predicted, won }) => [predicted, won]), [
 *   [0, 0.25],
 *   [1, 0.75],
 * ]);
 * ```
 */
export function reliability(
  predicted: readonly number[],
  weights: readonly number[],
  bins: number,
): { readonly predicted: number; readonly won: number; readonly weight: number }[] {
  const sides = predicted.flatMap((
    p,
    i,
  ) => [{ p, won: 1, weight: weights[i] }, { p: 1 - p, won: 0, weight: weights[i] }]);
  const binned = Map.groupBy(sides, ({ p }) => Math.min(bins - 1, Math.floor(p * bins)));
  return [...binned].toSorted(([a], [b]) => a - b).map(([, some]) => {
    const counts = some.map(({ weight }) => weight);
    return {
      predicted: average(some.map(({ p }) => p), counts),
      won: average(some.map(({ won }) => won), counts),
      weight: mean(counts) * some.length,
    };
  });
}

/**
 * Intervals over independent replicates: seeds, paired seeds, or units of one data set.
 *
 * @module
 */

import { float64 } from "../float64.ts";
import type { Rng } from "../random.ts";
import type { Evidence } from "./claims.ts";
import { normalCdf, normalQuantile, studentQuantile } from "./distributions.ts";
import { enough } from "./enough.ts";
import { groupCount, membersOf, standardErrorOfSum } from "./groups.ts";
import { leaveOneOut, type Summary, summaryOf } from "./leave_one_out.ts";
import { studentEvidence } from "./skewness.ts";
import { checkFinite, mean, quantileOfSorted, standardDeviation } from "./summary.ts";

/** What every interval takes. */
export interface IntervalOptions {
  /** Probability that the interval covers the truth, in (0, 1); 0.95 unless given. */
  readonly level?: number;
}

/** What an interval over numbers that may belong together takes. */
interface GroupedOptions extends IntervalOptions {
  /** What each number belongs to, `[n]`; the groups, not the numbers, are then the independent replicates. */
  readonly groups?: ArrayLike<number | string>;
}

/** What a bootstrap takes. */
interface BootstrapOptions extends GroupedOptions {
  /** Source of the draws. */
  readonly rng: Rng;
  /** Draws with replacement, at least 2; 2000 unless given. */
  readonly resamples?: number;
  /** Bias-corrected and accelerated unless given. */
  readonly method?: "bca" | "percentile";
}

/**
 * Checks the level of an interval.
 *
 * @throws RangeError when `level` is not in (0, 1)
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkLevel(95), /level must be in \(0, 1\), got 95/);
 * ```
 */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`level must be in (0, 1), got ${level}`);
}

/**
 * Mean of independent replicates with its Student interval; of too few replicates (see {@link enough}) for a verdict too.
 *
 * @param values one number a replicate, at least 2
 * @param options.groups of the values, at least 2 different ones: the standard error is then over groups
 * @returns `n` is the number of values, or of groups
 * @throws RangeError when there are fewer than 2 values, one is not finite, or `level` is not in (0, 1)
 *
 * @example The half width is t(0.975, 3) sd / sqrt(4)
 * ```ts
 * import assert from "node:assert/strict";
 * const { estimate, lower, upper, n } = meanInterval([1, 2, 3, 4]);
 * assert.equal(estimate, 2.5);
 * assert.ok(Math.abs((upper - lower) / 2 - 3.182446305284263 * Math.sqrt(5 / 3 / 4)) < 1e-8);
 * assert.equal(n, 4);
 * ```
 */
export function meanInterval(values: ArrayLike<number>, { level = 0.95, groups }: GroupedOptions = {}): Evidence {
  checkFinite(values, "values", 2);
  checkLevel(level);
  const estimate = mean(values), deviations = float64(values.length, (i) => values[i] - estimate);
  const replicates = groups === undefined ? deviations : sumsWithin(deviations, checkGroups(groups, values.length));
  const standardError = standardErrorOfSum(replicates) / values.length;
  return enough(studentEvidence(estimate, replicates, standardError, level), "mean");
}

/** Sums of the numbers of each group. */
function sumsWithin(values: Float64Array, groups: ArrayLike<number | string>): Float64Array {
  return Float64Array.from(membersOf(groups), (members) => members.reduce((sum, i) => sum + values[i], 0));
}

function checkGroups(groups: ArrayLike<number | string>, n: number): ArrayLike<number | string> {
  if (groups.length !== n) throw new TypeError(`groups must have length ${n}, got ${groups.length}`);
  if (groupCount(groups) < 2) {
    throw new RangeError(`groups must hold 2 different ones or more, got ${groupCount(groups)}`);
  }
  return groups;
}

/**
 * Mean of `a - b` over replicates that share their seeds, with its Student interval.
 *
 * @param a one number a replicate, `[n]`
 * @param b the same replicates in the same order, `[n]`
 * @throws TypeError when the lengths differ, RangeError when there are fewer than 2 pairs or one number is not finite
 *
 * @example What both share cancels
 * ```ts
 * import assert from "node:assert/strict";
 * const { lower, upper } = pairedDifference([11, 22, 33], [10, 21, 32]);
 * assert.deepEqual([lower, upper], [1, 1]);
 * ```
 */
export function pairedDifference(a: ArrayLike<number>, b: ArrayLike<number>, options: GroupedOptions = {}): Evidence {
  if (a.length !== b.length) throw new TypeError(`a and b must be pairs, got ${a.length} and ${b.length} values`);
  checkFinite(a, "a", 2);
  checkFinite(b, "b", 2);
  return meanInterval(float64(a.length, (i) => a[i] - b[i]), options);
}

/**
 * A proportion with Wilson's score interval (Wilson 1927), which keeps its coverage near 0 and 1.
 *
 * @param successes whole number in [0, n]
 * @param n trials, >= 1
 * @returns `estimate` is `successes / n`; the interval lies in [0, 1] and is not symmetric about it
 * @throws RangeError when a count is out of range
 *
 * @example No success in ten trials still leaves room
 * ```ts
 * import assert from "node:assert/strict";
 * const { estimate, lower, upper } = proportionInterval(0, 10);
 * assert.deepEqual([estimate, lower], [0, 0]);
 * assert.ok(Math.abs(upper - 0.2775327998628892) < 1e-8);
 * ```
 */
export function proportionInterval(successes: number, n: number, { level = 0.95 }: IntervalOptions = {}): Evidence {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`n must be a whole number >= 1, got ${n}`);
  if (!Number.isInteger(successes) || successes < 0 || successes > n) {
    throw new RangeError(`successes must be a whole number in [0, ${n}], got ${successes}`);
  }
  checkLevel(level);
  const z = normalQuantile((1 + level) / 2);
  const estimate = successes / n;
  const scale = 1 + z * z / n;
  const centre = (estimate + z * z / (2 * n)) / scale;
  const half = z / scale * Math.sqrt(estimate * (1 - estimate) / n + z * z / (4 * n * n));
  // At 0 and n one end equals the estimate in exact arithmetic; rounding must not put it beyond.
  return {
    estimate,
    lower: successes === 0 ? 0 : centre - half,
    upper: successes === n ? 1 : centre + half,
    n,
  };
}

/**
 * The interval of a result whose draws are bootstrap draws already: their percentiles.
 *
 * @param estimate the number on the data themselves
 * @param draws the same number on each resample, at least 2
 * @returns `n` is the number of draws
 * @throws RangeError when a number is not finite or there are fewer than 2 draws
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const draws = Array.from({ length: 101 }, (_, i) => i);
 * const { estimate, lower, upper, n } = percentileInterval(50, draws, { level: 0.5 });
 * assert.deepEqual([estimate, lower, upper, n], [50, 25, 75, 101]);
 * ```
 */
export function percentileInterval(
  estimate: number,
  draws: ArrayLike<number>,
  { level = 0.95 }: IntervalOptions = {},
): Evidence {
  checkFinite([estimate], "estimate");
  checkFinite(draws, "draws", 2);
  checkLevel(level);
  const sorted = Float64Array.from(draws).sort();
  const tail = (1 - level) / 2;
  return {
    estimate,
    lower: quantileOfSorted(sorted, tail),
    upper: quantileOfSorted(sorted, 1 - tail),
    n: sorted.length,
  };
}

/**
 * Bootstrap interval of any statistic of independent units: a ratio, a slope, an RMSE over seeds.
 *
 * The default is the bias-corrected and accelerated interval (Efron 1987; Efron & Tibshirani 1993, section 14.3), whose
 * acceleration comes from the jackknife over the units and needs `units` further evaluations. A statistic that is the same on
 * every resample gets an interval of zero width. Resamples equal to the estimate count half, as in scipy; arch leaves them out
 * (docs/estimators.md).
 *
 * @param units number of independent units, at least 2
 * @param statistic the number computed from the units at these indices, `[units]` with repeats (`[units - 1]` in the
 *   jackknife); it must not keep the array, which is used again
 * @param options.groups of the units, `[units]`: whole groups are drawn, with all their units, and `n` is their number
 * @returns `estimate` is the statistic of all units; `n` is `units`
 * @throws RangeError when an argument is out of range or the statistic is not finite, naming the resample
 *
 * @example The ratio of two means
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../random.ts";
 * const clicks = [3, 5, 2, 8, 4, 6], views = [10, 12, 9, 20, 11, 15];
 * const sum = (values: number[], of: Uint32Array) => of.reduce((total, i) => total + values[i], 0);
 * const rate = bootstrap(6, (of) => sum(clicks, of) / sum(views, of), { rng: Rng.seed(1) });
 * assert.equal(rate.estimate, 28 / 77);
 * assert.ok(rate.lower < 28 / 77 && 28 / 77 < rate.upper);
 * ```
 */
export function bootstrap(
  units: number,
  statistic: (indices: Uint32Array) => number,
  options: BootstrapOptions,
): Evidence {
  if (options.groups !== undefined) return groupedBootstrap(units, statistic, options);
  const evaluate = (indices: Uint32Array, where: () => string) => finite(statistic(indices), where);
  return bootstrapBy(units, {
    all: () => {
      const indices = new Uint32Array(units);
      for (let i = 0; i < units; i++) indices[i] = i;
      return evaluate(indices, () => "all units");
    },
    resampled: (indices, draw) => evaluate(indices, () => `resample ${draw}`),
    without: () => {
      const left = new Uint32Array(units - 1), jackknife = new Float64Array(units);
      for (let out = 0; out < units; out++) {
        for (let i = 0; i < units - 1; i++) left[i] = i < out ? i : i + 1;
        jackknife[out] = evaluate(left, () => `all units but ${out}`);
      }
      return jackknife;
    },
  }, options);
}

/**
 * The bootstrap of one number of a list, such as its mean or its median: as {@linkcode bootstrap}, with what resamples share
 * computed once and the jackknife by {@linkcode leaveOneOut}.
 *
 * @param summary finite for every resample
 * @param values `[n]`, at least 2
 * @returns `estimate` is the summary of all values; `n` is their number
 * @throws RangeError when an argument is out of range or a value is not finite, or a summary, naming the resample
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../random.ts";
 * import { median } from "./summary.ts";
 * const values = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3), of = { rng: Rng.seed(1), resamples: 999 };
 * const { estimate, lower, upper } = bootstrapSummary(median, values, of);
 * assert.ok(estimate === 3.5 && 1 <= lower && lower < 3.5 && 3.5 < upper && upper <= 9);
 * ```
 */
export function bootstrapSummary(
  summary: Summary,
  values: Float64Array,
  options: Omit<BootstrapOptions, "groups">,
): Evidence {
  checkFinite(values, "values", 2);
  const at = summaryOf(summary, values);
  return bootstrapBy(values.length, {
    all: () => finite(summary(values), () => "all units"),
    resampled: (indices, draw) => finite(at(indices), () => `resample ${draw}`),
    without: () => leaveOneOut(summary, values),
  }, options);
}

function finite(value: number, where: () => string): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`the statistic must be finite, got ${value} on ${where()}`);
}

/** A statistic of units, as the bootstrap asks for it. */
interface Resampled {
  /** Of all units. */
  readonly all: () => number;
  /** Of the units at these indices, which are overwritten by the next draw. */
  readonly resampled: (indices: Uint32Array, draw: number) => number;
  /** Of all units but one, for each `[units]`. */
  readonly without: () => Float64Array;
}

function bootstrapBy(
  units: number,
  { all, resampled, without }: Resampled,
  { rng, resamples = 2000, method = "bca", level = 0.95 }: Omit<BootstrapOptions, "groups">,
): Evidence {
  if (!Number.isInteger(units) || units < 2) throw new RangeError(`units must be a whole number >= 2, got ${units}`);
  if (!Number.isInteger(resamples) || resamples < 2) {
    throw new RangeError(`resamples must be a whole number >= 2, got ${resamples}`);
  }
  checkLevel(level);
  const estimate = all();
  const indices = new Uint32Array(units), drawn = new Float64Array(resamples);
  for (let draw = 0; draw < resamples; draw++) {
    rng.fillIntegers(units, indices);
    drawn[draw] = resampled(indices, draw);
  }
  const tail = (1 - level) / 2;
  const jackknife = method === "bca" && drawn.some((draw) => draw !== drawn[0]) ? without() : undefined;
  const ends = (part: Float64Array) => {
    const draws = part.slice().sort();
    const shares = jackknife ? bcaShares(estimate, draws, jackknife, tail) : [tail, 1 - tail];
    return shares.map((share) => quantileOfSorted(draws, share));
  };
  const [lower, upper] = ends(drawn);
  const error = endError(drawn, ends), why = "with room for other bootstrap draws";
  return enough(
    { estimate, lower, upper, n: units, guard: { lower: lower - error, upper: upper + error, why } },
    "rough",
  );
}

/** The bootstrap of whole groups: as many of them as there are, with all their units. */
function groupedBootstrap(
  units: number,
  statistic: (indices: Uint32Array) => number,
  { groups, ...options }: BootstrapOptions,
): Evidence {
  const members = membersOf(checkGroups(groups!, units));
  const ofGroups = (picked: Uint32Array) => statistic(Uint32Array.from([...picked].flatMap((g) => members[g])));
  return bootstrap(members.length, ofGroups, options);
}

/** Parts of the draws whose own ends are compared. */
const PARTS = 10;
/** The fewest draws whose tenths have tails of their own. */
const FEWEST = 200;
/** Standard errors that an end is allowed for its draws. */
const DRAW_ERRORS = 3;

/** How far other draws may move an end: three standard errors, from the spread of the ends of tenths of the draws. */
function endError(drawn: Float64Array, ends: (part: Float64Array) => number[]): number {
  if (drawn.length < FEWEST) return 0;
  const size = Math.floor(drawn.length / PARTS);
  const parts = Array.from({ length: PARTS }, (_, k) => ends(drawn.slice(k * size, (k + 1) * size)));
  const spread = [0, 1].map((end) => standardDeviation(parts.map((part) => part[end])));
  return DRAW_ERRORS * Math.max(...spread) / Math.sqrt(PARTS);
}

/** The shares of the sorted draws at which the BCa interval ends. */
function bcaShares(estimate: number, draws: Float64Array, jackknife: Float64Array, tail: number): [number, number] {
  let below = 0;
  // Ties count half, so that a discrete statistic is not called biased.
  for (const draw of draws) below += draw < estimate ? 1 : draw === estimate ? 0.5 : 0;
  // All draws on one side would put the correction at infinity: it is bounded by what this many draws can show.
  const half = 0.5 / draws.length;
  const bias = normalQuantile(Math.min(Math.max(below / draws.length, half), 1 - half));
  const centre = mean(jackknife);
  let squares = 0, cubes = 0;
  for (const value of jackknife) {
    squares += (centre - value) ** 2;
    cubes += (centre - value) ** 3;
  }
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
  const share = (p: number) => {
    const shifted = bias + normalQuantile(p);
    const shrink = 1 - acceleration * shifted;
    // Past the pole of the transformation the end is the extreme draw.
    return shrink <= 0 ? (shifted > 0 ? 1 : 0) : normalCdf(bias + shifted / shrink);
  };
  return [share(tail), share(1 - tail)];
}

/**
 * The interval of a result whose draws are bootstrap draws, from their standard deviation: estimate ± t·sd, with t of
 * draws − 1 degrees of freedom, since the standard deviation of few draws is itself uncertain. Steadier than their
 * percentiles when there are few of them.
 *
 * @param estimate the number on the data themselves
 * @param draws the same number on each resample, at least 2
 * @returns `n` is the number of draws
 * @throws RangeError when a number is not finite or there are fewer than 2 draws
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { lower, upper } = standardErrorInterval(5, [4, 5, 6]);
 * assert.ok(Math.abs(upper - 9.303) < 1e-3 && Math.abs(lower - 0.697) < 1e-3);
 * ```
 */
export function standardErrorInterval(
  estimate: number,
  draws: ArrayLike<number>,
  { level = 0.95 }: IntervalOptions = {},
): Evidence {
  checkFinite([estimate], "estimate");
  checkFinite(draws, "draws", 2);
  checkLevel(level);
  const n = draws.length, df = n - 1;
  const half = studentQuantile((1 + level) / 2, df) * standardDeviation(draws);
  return enough({ estimate, lower: estimate - half, upper: estimate + half, n, df }, "draws");
}

/**
 * Intervals of smooth statistics by leaving out one replicate at a time.
 *
 * @module
 */
import type { Evidence } from "./claims.ts";
import { enough } from "./enough.ts";
import { checkLevel, type IntervalOptions } from "./intervals.ts";
import { studentEvidence } from "./skewness.ts";
import { euclideanNorm, mean } from "./summary.ts";

/** What the jackknife takes. */
interface JackknifeOptions extends IntervalOptions {
  /** "log" for statistics that are positive and skewed, such as a spread or a ratio of spreads; "plain" unless given. */
  readonly scale?: "plain" | "log";
}

/**
 * A statistic of independent units ± t(n − 1) times its jackknife standard error (Tukey 1958; Miller, Biometrika 61, 1974):
 * of a mean exactly Student's interval, of ratios and slopes the delta method with Student's quantile. No draws are made,
 * so nothing depends on them. Not for statistics that jump, such as ranks and quantiles.
 *
 * @param units number of independent units, at least 2
 * @param statistic the number computed from the units at these indices, `[units]` or `[units - 1]` but at least two; it must not keep the
 *   array, which is used again
 * @returns `estimate` is the statistic of all units; `n` is `units`
 * @throws RangeError when an argument is out of range, or the statistic is not finite (on the log scale: not above 0)
 *
 * @example The ratio of two means
 * ```ts
 * import assert from "node:assert/strict";
 * const clicks = [3, 5, 2, 8, 4, 6], views = [10, 12, 9, 20, 11, 15];
 * const sum = (values: number[], of: Uint32Array) => of.reduce((total, i) => total + values[i], 0);
 * const rate = jackknifeInterval(6, (of) => sum(clicks, of) / sum(views, of));
 * assert.equal(rate.estimate, 28 / 77);
 * assert.ok(rate.lower < 28 / 77 && 28 / 77 < rate.upper);
 * ```
 */
export function jackknifeInterval(
  units: number,
  statistic: (indices: Uint32Array) => number,
  options: JackknifeOptions = {},
): Evidence {
  // The one unit that is left of two stands twice: a spread is 0 then, not undefined.
  const kept = new Uint32Array(Math.max(2, units - 1));
  return jackknifeOf(units, () => statistic(Uint32Array.from({ length: units }, (_, i) => i)), (out) => {
    for (let i = 0; i < kept.length; i++) kept[i] = units === 2 ? 1 - out : i < out ? i : i + 1;
    return statistic(kept);
  }, options);
}

/**
 * The same where the statistic without a unit is known by other means, such as sums that have most of their terms in common.
 *
 * @param all the statistic of all units
 * @param without the statistic of all units but this one
 * @throws RangeError as {@linkcode jackknifeInterval} does
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { lower, upper } = jackknifeOf(3, () => 2, (out) => [2.5, 2, 1.5][out]); // the mean of 1, 2 and 3
 * assert.ok(Math.abs((upper - lower) / 2 - 4.30265 / Math.sqrt(3)) < 1e-5);
 * ```
 */
export function jackknifeOf(
  units: number,
  all: () => number,
  without: (out: number) => number,
  { level = 0.95, scale = "plain" }: JackknifeOptions = {},
): Evidence {
  if (!Number.isInteger(units) || units < 2) throw new RangeError(`units must be a whole number >= 2, got ${units}`);
  checkLevel(level);
  const scaled = (value: number, where: () => string) => {
    if (!Number.isFinite(value)) throw new RangeError(`the statistic must be finite, got ${value} on ${where()}`);
    if (scale === "plain") return value;
    if (value < 0) throw new RangeError(`the statistic must be >= 0 on the log scale, got ${value} on ${where()}`);
    return Math.log(value);
  };
  const centre = scaled(all(), () => "all units");
  const left = new Float64Array(units);
  for (let out = 0; out < units; out++) left[out] = scaled(without(out), () => `all units but ${out}`);
  const back = scale === "log" ? Math.exp : (value: number) => value, df = units - 1;
  // A spread of exactly 0 has no logarithm: without one unit, or with all, nothing varies.
  if (!Number.isFinite(centre) || !left.every(Number.isFinite)) {
    const [estimate, ends] = [back(centre), [centre, ...left].map(back)];
    const short = "replicates without any spread give no verdict";
    return { estimate, lower: Math.min(...ends), upper: Math.max(...ends), n: units, df, short };
  }
  const middle = mean(left), deviations = left.map((value) => middle - value);
  const standardError = euclideanNorm(deviations) * Math.sqrt(df / units);
  const own = studentEvidence(centre, deviations, standardError, level);
  const onScale = ({ lower, upper }: { readonly lower: number; readonly upper: number }) => ({
    lower: back(lower),
    upper: back(upper),
  });
  const guard = { ...own.guard!, ...onScale(own.guard!) };
  const evidence = { ...own, estimate: back(centre), ...onScale(own), guard };
  return enough(evidence, scale === "log" ? "spread" : "smooth");
}

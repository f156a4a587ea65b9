/**
 * Saved rows, seen by question: the only source of claims, figures and tables.
 *
 * @module
 */
import type { Evidence } from "../statistics/claims.ts";
import { bootstrap } from "../statistics/intervals.ts";
import { jackknifeInterval, jackknifeOf } from "../statistics/jackknife.ts";
import { leaveOneOut, type Summary, summaryAt } from "../statistics/leave_one_out.ts";
import { Rng } from "../random.ts";
import { ANY, differenceRange, type Range, within } from "../statistics/range.ts";
import { overSplits } from "../statistics/splits.ts";
import { mean } from "../statistics/summary.ts";
import type { Condition } from "./condition.ts";
import { centreOf, evidenceOf, type Replicates, unitOf } from "./replicates.ts";
import type { Block } from "./rows.ts";
import type { WrittenText } from "./written_text.ts";
import { ofEach, type Statistic, type StatisticOfEach } from "./statistic.ts";

/** Values of one metric with the seeds they belong to, in seed order. */
export interface Series {
  /** The replicate of each value, counted from 0, `[R]`; metrics of one arm at one condition share the list. */
  readonly seeds: readonly number[];
  /** The metric, in its unit, `[R]`: the same array for all who ask, so not to be written to. */
  readonly values: Float64Array;
}

/** A measured number: its column in the rows, and what it can be. */
export interface Measured {
  /** Name of the metric. */
  readonly name: string;
  /** Intervals keep to it; anything unless given. */
  readonly range?: Range;
}

/** Condition columns beside the arm and its number, and how many replicates are behind it, under their own name. */
export type SummaryRow = Condition & {
  /** Id of the arm. */
  readonly arm: string;
  /** The mean or statistic over seeds, in the unit of the metric. */
  readonly value: number;
  /** Lower end of its 95 % interval. */
  readonly lower: number;
  /** Upper end of its 95 % interval. */
  readonly upper: number;
};

/** Spread into a figure whose data are summary rows: a line per arm with its band. */
export const summaryLines = { kind: "lines", y: "value", lower: "lower", upper: "upper", by: "arm" } as const;

/** Spread into a figure whose data are summary rows: a dot per arm with its interval. */
export const summaryDots = { kind: "dots", x: "value", lower: "lower", upper: "upper", by: "arm", yLabel: "" } as const;

/** What a summary takes. */
export interface SummaryOptions {
  /** Arms to keep; all that have rows unless given. */
  readonly arms?: readonly string[];
  /** What to take over seeds, with an interval as {@linkcode View.statistic}'s; the mean with Student's unless given. */
  readonly of?: Summary;
  /** What `of` is like; "smooth" unless given. */
  readonly shape?: StatisticShape;
  /** Conditions to keep. */
  readonly where?: (condition: Condition) => boolean;
}

/**
 * What a statistic is like, which decides its interval: a smooth function of means, such as a ratio, a slope or a difference
 * to the best of several (jackknife); a spread or a ratio of spreads, which is positive (jackknife of its logarithm); or one
 * that jumps, such as ranks (bootstrap).
 */
export type StatisticShape = "smooth" | "spread" | "rough";

/** The rows of one question. */
export interface View {
  /** Arms that have rows, in the question's order. */
  readonly arms: readonly string[];
  /** All conditions of the question, in order. */
  readonly conditions: readonly Condition[];
  /** What its replicates are; every interval below is one over such. */
  readonly replicates: Replicates;
  /** One metric of one arm at one condition. @throws MissingRows when there are no such rows */
  series(arm: string, metric: string, condition?: Condition): Series;
  /** Texts that were kept of one arm at one condition, in the order of seeds; none where none were. */
  texts(arm: string, condition?: Condition): readonly WrittenText[];
  /** The metric with its interval: the mean over seeds or splits, or the number on the data beside their resamples. */
  mean(arm: string, metric: Measured, condition?: Condition): Evidence;
  /**
   * The same of a number that was made from series, one a replicate, `[R]`.
   *
   * @param range what the number can be; anything unless given
   */
  evidence(values: Float64Array, range?: Range): Evidence;
  /** arm − other on the same replicates, with the interval of the differences. */
  paired(arm: string, other: string, metric: Measured, condition?: Condition): Evidence;
  /**
   * Any statistic of several series over the same seeds, with the interval that covers best for its shape: a ratio of
   * means or a slope ("smooth", which it is unless given), an RMSE or a ratio of standard deviations ("spread"), a rank
   * correlation ("rough"). docs/statistics.md has the measured coverage.
   *
   * @param range what the statistic can be; anything unless given
   * @throws RangeError when the series do not share their seeds
   */
  statistic(
    series: readonly Series[],
    of: Statistic,
    shape?: StatisticShape,
    range?: Range,
  ): Evidence;
  /**
   * One row per condition and arm: condition columns, `arm`, `value`, `lower`, `upper`, and `seeds`, `splits` or `resamples`.
   *
   * @param of what to take over seeds; the mean with a Student interval unless given
   */
  summary(metric: Measured, options?: SummaryOptions): SummaryRow[];
}

/** Thrown where a report asks for a number that rows of an arm lack, as those of an earlier version of the code may. */
export class MissingRows extends RangeError {
  /** Shown instead of "Error" where an error is printed whole. */
  override readonly name = "MissingRows";
}

/** Bootstrap draws of a statistic that jumps. */
const DRAWS = 4000;

/** Identifies a condition whatever the order of its keys. */
function conditionKey(condition: Condition): string {
  return Object.keys(condition).sort().map((key) => `${key}=${condition[key]}`).join("&");
}

/** The same for hundreds of thousands of rows, which share a few conditions: each is put into words once. */
export function conditionKeys(): (condition: Condition) => string {
  const known = new Map<Condition, string>();
  return (condition) => known.getOrInsertComputed(condition, conditionKey);
}

/**
 * A view of one question's rows.
 *
 * @param conditions all conditions of the question, in order
 * @param options.draws seed of the bootstrap draws, on which no verdict may depend; 0 unless given
 * @param options.replicates what the replicates are; "seeds" unless given
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const cell = { part: "synthetic", question: "q", arm: "cpo", condition: { n: 64 } };
 * const block = { ...cell, seeds: [0, 1], metrics: ["kl"], values: Float64Array.of(0.5, 1.5) };
 * const view = viewOf([block], "q", ["cpo"], [{ n: 64 }]);
 * assert.equal(view.mean("cpo", { name: "kl" }, { n: 64 }).estimate, 1);
 * ```
 */
export function viewOf(
  blocks: readonly Block[],
  question: string,
  arms: readonly string[],
  conditions: readonly Condition[],
  { draws = 0, replicates = "seeds" }: { readonly draws?: number; readonly replicates?: Replicates } = {},
): View {
  const parts = new Map<string, { readonly block: Block; readonly column: number }[]>(), keyOf = conditionKeys();
  const written = new Map<string, WrittenText[]>();
  for (const block of blocks) {
    if (block.question !== question || block.seeds.length === 0) continue;
    const cell = `${block.arm}|${keyOf(block.condition)}`;
    if (block.texts) written.getOrInsertComputed(cell, () => []).push(...block.texts);
    for (const [column, metric] of block.metrics.entries()) {
      parts.getOrInsertComputed(`${cell}|${metric}`, () => []).push({ block, column });
    }
  }
  const shared = new Map<Block, readonly number[]>();
  /** Seeds of some blocks: one list for all metrics that the same blocks have, of which there may be thousands. */
  const seedsOf = (found: readonly { readonly block: Block }[]) => {
    const seeds = shared.getOrInsertComputed(found[0].block, () => found.flatMap(({ block }) => block.seeds));
    const count = found.reduce((sum, { block }) => sum + block.seeds.length, 0);
    let at = 0;
    const isShared = seeds.length === count &&
      found.every(({ block }) => block.seeds.every((seed) => seeds[at++] === seed));
    return isShared ? seeds : found.flatMap(({ block }) => block.seeds);
  };
  // Made when first asked for; whoever asks gets the same arrays, so that what is made of them is made once.
  const known = new Map<string, Series>(), left = new WeakMap<Float64Array, Map<Summary, Float64Array>>();
  const without = (summary: Summary, { values }: Series) =>
    left.getOrInsertComputed(values, () => new Map()).getOrInsertComputed(summary, () => leaveOneOut(summary, values));
  const cells = new Map<Summary, Map<string, Evidence>>();
  const ran = new Set(blocks.filter((block) => block.question === question).map(({ arm }) => arm));
  const present = arms.filter((arm) => ran.has(arm));
  const view: View = {
    arms: present,
    conditions,
    replicates,
    series(arm, metric, condition = {}) {
      const key = `${arm}|${conditionKey(condition)}|${metric}`, found = parts.get(key);
      if (!found) {
        const where = conditionKey(condition) || "no condition";
        const message = `question ${question}: no rows for arm ${arm}, metric ${metric}, ${where}`;
        // An arm that was not run is for the question to look out for; a number that it lacks came with a later version.
        throw present.includes(arm) ? new MissingRows(message) : new RangeError(message);
      }
      return known.getOrInsertComputed(key, () => ({ seeds: seedsOf(found), values: valuesOf(found) }));
    },
    texts: (arm, condition = {}) => written.get(`${arm}|${conditionKey(condition)}`) ?? [],
    mean: (arm, { name, range }, condition) => view.evidence(view.series(arm, name, condition).values, range),
    evidence: (values, range = ANY) => within(evidenceOf(values, replicates), range, replicates === "seeds"),
    paired(arm, other, { name, range = ANY }, condition) {
      const [a, b] = [view.series(arm, name, condition), view.series(other, name, condition)];
      checkShared(question, [a, b]);
      return view.evidence(a.values.map((v, i) => v - b.values[i]), differenceRange(range, range));
    },
    statistic(series, of, shape = "smooth", range = ANY) {
      checkShared(question, series);
      if (replicates === "resamples") {
        // The statistic of the data, and of each resample.
        const values = series[0].values.map((_, r) => of(series.map(({ values }) => values.subarray(r, r + 1))));
        return view.evidence(values, range);
      }
      const kept = (evidence: Evidence) =>
        replicates === "seeds"
          ? within(evidence, range, true)
          : within(overSplits(evidence, replicates.training), range, false);
      const units = series[0].values.length;
      if (shape !== "rough") {
        const scale = shape === "spread" ? "log" : "plain";
        return kept(
          "summary" in of
            ? jackknifeOfEach(series, of, without, scale)
            : jackknifeInterval(units, onPicked(series, of), { scale }),
        );
      }
      return kept(bootstrap(units, onPicked(series, of), { rng: Rng.seed(draws).fork(question), resamples: DRAWS }));
    },
    summary(metric, { arms: some = present, of, shape, where = () => true } = {}) {
      return conditions.filter(where).flatMap((condition) =>
        some.filter((arm) => present.includes(arm)).map((arm) => {
          // Figures, captions and tables ask for the same cells.
          const known = cells.getOrInsertComputed(of ?? mean, () => new Map<string, Evidence>());
          const evidence = known.getOrInsertComputed(`${arm}|${keyOf(condition)}|${metric.name}|${shape}`, () =>
            of
              ? view.statistic(
                [view.series(arm, metric.name, condition)],
                ofEach(of, ([value]) =>
                  value),
                shape,
              )
              : view.mean(arm, metric, condition));
          const { estimate: value, lower, upper, n } = evidence;
          return { ...condition, arm, value, lower, upper, [unitOf(replicates)]: n };
        })
      );
    },
  };
  return view;
}

/** The values of one metric over all seeds, block after block. */
function valuesOf(parts: readonly { readonly block: Block; readonly column: number }[]): Float64Array {
  const values = new Float64Array(parts.reduce((sum, { block }) => sum + block.seeds.length, 0));
  let at = 0;
  for (const { block, column } of parts) {
    const { length: width } = block.metrics;
    for (let i = column; i < block.values.length; i += width) values[at++] = block.values[i];
  }
  return values;
}

/** The statistic of the replicates at these indices. */
function onPicked(series: readonly Series[], of: Statistic): (indices: Uint32Array) => number {
  if ("summary" in of) {
    return (indices) => of.combine(series.map(({ values }) => summaryAt(of.summary, values, indices)));
  }
  const scratch = series.map(({ values }) => new Float64Array(values.length));
  return (indices) =>
    of(series.map(({ values }, k) => {
      const picked = scratch[k].subarray(0, indices.length);
      for (let i = 0; i < indices.length; i++) picked[i] = values[indices[i]];
      return picked;
    }));
}

/** The jackknife of a statistic that looks at each series through one number. */
function jackknifeOfEach(
  series: readonly Series[],
  { summary, combine }: StatisticOfEach,
  without: (summary: Summary, of: Series) => Float64Array,
  scale: "plain" | "log",
): Evidence {
  const all = () => combine(series.map(({ values }) => summary(values)));
  const left = series.map((own) => without(summary, own));
  return jackknifeOf(series[0].values.length, all, (out) => combine(left.map((numbers) => numbers[out])), { scale });
}

/** One number a condition and arm: the mean, or that of the data. */
export function centre(view: View, arm: string, metric: string, condition: Condition = {}): number {
  return centreOf(view.series(arm, metric, condition).values, view.replicates);
}

function checkShared(question: string, series: readonly Series[]): void {
  const [first, ...others] = series;
  for (const { seeds } of others) {
    if (seeds === first.seeds) continue;
    if (seeds.length !== first.seeds.length || seeds.some((seed, i) => seed !== first.seeds[i])) {
      throw new RangeError(`question ${question}: series of different seeds cannot be paired`);
    }
  }
}

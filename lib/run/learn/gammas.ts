/**
 * What hidden confounding of pairs would do to what is told of methods.
 *
 * @module
 */
import { tokenize } from "../../datasets/text_features.ts";
import { bradleyTerryBounds } from "../../estimators/sensitivity/bradley_terry_bounds.ts";
import { type HiddenIn, shiftedChance } from "../../estimators/sensitivity/preference_bounds.ts";
import type { Side } from "../../estimators/sensitivity/adversary.ts";
import type { Compared, MethodResult } from "../../learn/cross_validate.ts";
import type { LearnData } from "../../learn/data.ts";
import { heldOutMean } from "../../learn/evidence.ts";
import { type Evidence, widest } from "../../statistics/claims.ts";
import { SHARE, within } from "../../statistics/range.ts";
import { standardDeviation } from "../../statistics/summary.ts";
import { DivergenceError } from "../../user_error.ts";
import { type Measure, measured, weightsOf } from "./measures.ts";

/** What may be hidden. */
export const HIDDEN: readonly HiddenIn[] = ["exposure", "labels"];

/** Both ends of a number at a Γ, each with its interval. */
interface GammaRow {
  /** A method, "A against B", or "length". */
  readonly of: string;
  readonly hidden: HiddenIn;
  readonly gamma: number;
  readonly least: number;
  readonly least_lower: number;
  readonly least_upper: number;
  readonly most: number;
  readonly most_lower: number;
  readonly most_upper: number;
}

/** What it takes for a win rate to be half. */
export interface GammaTurning {
  readonly of: string;
  readonly hidden: HiddenIn;
  /** The win rate if nothing is hidden, with its interval. */
  readonly rate: Evidence;
  /** The Γ at which its worst case is half; Infinity where all is won, or all lost. */
  readonly gamma: number;
  /** The Γ from which on the interval of the worst case has half in it; 1 where it has without any. */
  readonly interval: number;
}

/** Bounds of all that is told. */
export interface GammaFacts {
  readonly rows: readonly GammaRow[];
  readonly turnings: readonly GammaTurning[];
  /** Why nothing is told of length. */
  readonly noLength?: string;
}

/**
 * The worst case of a share with its interval. An end is a rising function of the share, so that ends of its interval are
 * those of the share's.
 *
 * @example Six of ten are no longer more than half where labels are off by 1.5
 * ```ts
 * import assert from "node:assert/strict";
 * const { estimate, lower } = shifted({ estimate: 0.6, lower: 0.5, upper: 0.7, n: 100 }, 1.5, "lower", "labels");
 * assert.ok(Math.abs(estimate - 0.5) < 1e-12 && Math.abs(lower - 0.4) < 1e-12);
 * ```
 */
export function shifted(share: Evidence, gamma: number, side: Side, hidden: HiddenIn): Evidence {
  const at = (p: number) => shiftedChance(Math.min(1, Math.max(0, p)), gamma, side, hidden).chance;
  const { uncut: _uncut, guard, ...rest } = share, room = widest(share);
  return {
    ...rest,
    ...{ estimate: at(share.estimate), lower: at(share.lower), upper: at(share.upper) },
    ...(guard && { guard: { ...guard, lower: at(room.lower), upper: at(room.upper) } }),
  };
}

/** The Γ at which a share's worst case is half: odds p/(1 − p) of labels, 1/(2(1 − p)) of exposure, for p above half. */
function gammaOfHalf(p: number, hidden: HiddenIn): number {
  const less = Math.min(p, 1 - p);
  return hidden === "labels" ? (1 - less) / less : 0.5 / less;
}

/**
 * What it takes for a share to be half.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rate = { estimate: 0.75, lower: 0.6, upper: 0.9, n: 50 };
 * assert.deepEqual(turningOf("dpo", rate, "exposure").gamma, 2);
 * assert.ok(Math.abs(turningOf("dpo", rate, "labels").interval - 1.5) < 1e-12);
 * ```
 */
export function turningOf(of: string, rate: Evidence, hidden: HiddenIn): GammaTurning {
  // A conclusion has to clear the interval over folds as well.
  const room = widest(rate), lower = Math.max(0, room.lower), upper = Math.min(1, room.upper);
  const isOpen = lower <= 0.5 && upper >= 0.5;
  return {
    ...{ of, hidden, rate, gamma: gammaOfHalf(rate.estimate, hidden) },
    interval: isOpen ? 1 : gammaOfHalf(rate.estimate > 0.5 ? lower : upper, hidden),
  };
}

/**
 * How often a method is right on the pairs of which another thinks otherwise: above half where it is the better of the two.
 *
 * @returns undefined where such pairs are not of two groups
 */
export function winsAgainst(
  data: LearnData,
  { fold }: Compared,
  method: MethodResult,
  other: MethodResult,
): { readonly rate: Evidence; readonly share: number } | undefined {
  const weights = weightsOf(data), differ = method.rows.map((row, i) => row.accuracy - other.rows[i].accuracy);
  const values = differ.map((d) => d === 0 ? NaN : (1 + d) / 2),
    total = (of: (d: number) => boolean) => differ.reduce((sum, d, i) => of(d) ? sum + weights[i] : sum, 0);
  const isShare = values.every((v) => Number.isNaN(v) || v === 0 || v === 1);
  const rate = heldOutMean({ values, weights, groups: data.groups, fold, isShare });
  if (rate === undefined) return undefined;
  return {
    rate: within(rate, SHARE, false),
    share: total((d) => !Number.isNaN(d) && d !== 0) / total((d) => !Number.isNaN(d)),
  };
}

/**
 * The worst case of a claim at a Γ: of a method's accuracy, or of how much more often it is right than another, which is
 * the share of pairs that they judge differently times twice the win rate there less one.
 *
 * @returns undefined where no rows of two groups have it
 */
export function measuredAt(
  data: LearnData,
  found: Compared,
  measures: readonly Measure[],
  { hidden, gamma }: { readonly hidden: HiddenIn; readonly gamma: number },
  side: Side,
  method: MethodResult,
  less?: MethodResult,
): Evidence | undefined {
  if (less === undefined) {
    const share = measured(data, found, measures, "accuracy", method);
    return share && shifted(share, gamma, side, hidden);
  }
  const against = winsAgainst(data, found, method, less);
  if (against === undefined) return undefined;
  const worst = shifted(against.rate, gamma, side, hidden), more = (p: number) => against.share * (2 * p - 1);
  const { guard } = worst;
  return {
    ...worst,
    ...{ estimate: more(worst.estimate), lower: more(worst.lower), upper: more(worst.upper) },
    ...(guard && { guard: { ...guard, lower: more(guard.lower), upper: more(guard.upper) } }),
  };
}

/**
 * Bounds at each Γ of every method's accuracy, of the best one's win rate against each other, and of what length does.
 *
 * @throws TypeError for a log
 */
export function gammaFacts(
  data: LearnData,
  found: Compared,
  measures: readonly Measure[],
  gammas: readonly number[],
): GammaFacts {
  if (data.kind !== "pairs") throw new TypeError("expected pairs");
  const rates = found.results.flatMap((result) => {
    const rate = measured(data, found, measures, "accuracy", result);
    return rate === undefined ? [] : [{ of: result.id, rate, result }];
  });
  const [best, ...others] = rates.toSorted((a, b) => b.rate.estimate - a.rate.estimate);
  const against = others.flatMap(({ result }) => {
    const wins = winsAgainst(data, found, best.result, result);
    return wins === undefined ? [] : [{ of: `${best.of} against ${result.id}`, rate: wins.rate }];
  });
  const told = [...rates, ...against].flatMap(({ of, rate }) => HIDDEN.map((hidden) => ({ of, rate, hidden })));
  const length = lengthRows(data, gammas);
  return {
    rows: [
      ...told.flatMap(({ of, rate, hidden }) =>
        gammas.map((gamma) =>
          rowOf(of, hidden, gamma, shifted(rate, gamma, "lower", hidden), shifted(rate, gamma, "upper", hidden))
        )
      ),
      ...(typeof length === "string" ? [] : length),
    ],
    turnings: told.map(({ of, rate, hidden }) => turningOf(of, rate, hidden)),
    ...(typeof length === "string" && { noLength: length }),
  };
}

type Interval = Pick<Evidence, "estimate" | "lower" | "upper">;
const rowOf = (of: string, hidden: HiddenIn, gamma: number, least: Interval, most: Interval): GammaRow => ({
  ...{ of, hidden, gamma, least: least.estimate, least_lower: least.lower, least_upper: least.upper },
  ...{ most: most.estimate, most_lower: most.lower, most_upper: most.upper },
});

/**
 * Bounds on the log-odds that a standard deviation of length, in words, adds to a text's being chosen, of the pairs
 * themselves; or why there are none.
 */
function lengthRows(data: LearnData & { readonly kind: "pairs" }, gammas: readonly number[]): GammaRow[] | string {
  if (data.rows.some(({ weight }) => weight !== data.rows[0].weight)) return "pairs have weights";
  const words = (prompt: number, text: number) => tokenize(data.prompts[prompt].texts[text]).length;
  const longer = data.rows.map(({ prompt, chosen, rejected }) => words(prompt, chosen) - words(prompt, rejected));
  const spread = standardDeviation(Float64Array.from(longer.flatMap((d) => [d, -d])));
  if (!(spread > 0)) return "all pairs are equally long";
  const pairs = {
    differences: Float64Array.from(longer, (d) => d / spread),
    preference: data.rows.map(({ tied }) => tied ? 0.5 : 1),
    groups: data.groups,
  };
  try {
    return HIDDEN.flatMap((hidden) =>
      bradleyTerryBounds(pairs, 0, gammas, hidden).map(({ gamma, lower, upper }) =>
        rowOf("length", hidden, gamma, { ...lower, estimate: lower.value }, { ...upper, estimate: upper.value })
      )
    );
  } catch (error) {
    if (error instanceof DivergenceError) return error.message;
    throw error;
  }
}

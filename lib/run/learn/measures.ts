/**
 * What methods are compared by, in words.
 *
 * @module
 */
import type { LearnData } from "../../learn/data.ts";
import type { Evidence } from "../../statistics/claims.ts";
import type { Compared, MethodResult } from "../../learn/cross_validate.ts";
import { heldOutMean } from "../../learn/evidence.ts";
import { AMOUNT, ANY, differenceRange, type Range, SHARE, within } from "../../statistics/range.ts";

/** A measure whose mean over held-out rows is told. */
export interface Measure {
  /** Its key among the measures of a row, by which claims name it. */
  readonly id: string;
  readonly label: string;
  readonly better?: "higher" | "lower";
  /** What a mean cannot leave; all numbers unless given. */
  readonly within?: Range;
}

const KL: Measure = { id: "kl", label: "KL from π0, nats", within: AMOUNT };

/** Measures of each kind of data, the first of which leads. */
const MEASURES: Readonly<Record<LearnData["kind"], readonly Measure[]>> = {
  pairs: [
    { id: "accuracy", label: "held-out accuracy", better: "higher", within: SHARE },
    { id: "preferred", label: "probability of the chosen text", better: "higher", within: SHARE },
    { id: "equal-kl-preferred", label: "probability of the chosen text at equal KL", better: "higher", within: SHARE },
    { id: "log-loss", label: "log loss of the choice, nats", better: "lower", within: AMOUNT },
    KL,
    { id: "chosen", label: "log π/π0 of chosen texts, nats" },
    { id: "rejected", label: "log π/π0 of rejected texts, nats" },
  ],
  log: [
    { id: "value", label: "value, doubly robust", better: "higher" },
    { id: "gain", label: "gain over π0", better: "higher" },
    { id: "gain-over-log", label: "gain over what was shown", better: "higher" },
    { id: "equal-kl-value", label: "value at equal KL", better: "higher" },
    { id: "equal-kl-gain", label: "gain over π0 at equal KL", better: "higher" },
    KL,
  ],
};

/** Measures of pairs by a language model, the first of which leads. */
const OF_LANGUAGE: readonly Measure[] = [
  ...MEASURES.pairs.filter(({ id }) => ["accuracy", "preferred", "log-loss"].includes(id)),
  // An estimate from draws, which may be below 0.
  { id: "kl", label: "KL from the model as it was, nats a completion" },
  ...MEASURES.pairs.filter(({ id }) => ["chosen", "rejected"].includes(id)),
];

/** Measures of a comparison, the first of which leads. @param isLanguage whether policies are a language model */
export const measuresOf = (kind: LearnData["kind"], isLanguage: boolean): readonly Measure[] =>
  isLanguage ? OF_LANGUAGE : MEASURES[kind];

/** What each row of the data counts for where means are taken. */
export const weightsOf = (data: LearnData): number[] =>
  data.kind === "pairs" ? data.rows.map(({ weight }) => weight) : data.rows.map(() => 1);

/**
 * The mean of a measure over held-out rows, of a method or of one less another.
 *
 * @param measures those that there are
 *
 * @returns undefined where no rows of two groups have it
 */
export function measured(
  data: LearnData,
  { fold }: Compared,
  measures: readonly Measure[],
  measure: string,
  method: MethodResult,
  less?: MethodResult,
): Evidence | undefined {
  const values = method.rows.map((row, i) => row[measure] - (less === undefined ? 0 : less.rows[i][measure]));
  const { within: own = ANY } = measures.find(({ id }) => id === measure)!;
  const range = less === undefined ? own : differenceRange(own, own);
  // A tie of the policy is half a hit: where there is one, rows are not all equal, and the spread over groups is there.
  const isShare = range === SHARE && values.every((value) => value === 0 || value === 1 || Number.isNaN(value));
  const found = heldOutMean({ values, weights: weightsOf(data), groups: data.groups, fold, isShare });
  return found && within(found, range, false);
}

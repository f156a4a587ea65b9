/**
 * The lines of `value.csv`, and what speaks against them.
 *
 * @module
 */
import { STREAMED, usesModel } from "../../estimators/stream/policy_columns.ts";
import type { StreamedValues, Valued } from "../../estimators/stream/streamed_values.ts";
import { weightWarnings } from "../../estimators/weights.ts";
import { formatNumber, formatPercent } from "../../report/numbers.ts";
import type { ValueRow } from "./record.ts";

/** Target mass without support from which on no value is identified, unless chance left it out. */
const HOLE = 0.01;
/** Standard errors that a mean weight may be below 1 by chance. */
const BELOW = 3;
/** Effective rounds below which an estimate rests on few. */
const FEW = 30;
/** Groups below which even Student's interval is rough. */
const FEW_GROUPS = 10;
/** Said of the outcome model alone. */
const NO_INTERVAL = "no interval: the outcome model is fitted to this log";

/** What is wrong with a policy on this log. */
interface Verdict {
  readonly identified: boolean;
  readonly unsupported: number;
  readonly told: readonly string[];
}

/**
 * All lines: of each policy by each estimator and, with two, their differences and ratios.
 *
 * @param options.against whether there is a second policy
 * @param options.isFitted whether the outcome model is fitted to this log: what it says alone has no interval then
 * @example
 * ```ts ignore
 * const { rows, warnings } = rowsOf(values, { actions: ["a", "b"], level: 0.95, against: false, isFitted: true });
 * ```
 */
export function rowsOf(
  values: StreamedValues,
  { actions, level, against, isFitted }: {
    readonly actions: readonly string[];
    readonly level: number;
    readonly against: boolean;
    readonly isFitted: boolean;
  },
): { readonly rows: ValueRow[]; readonly warnings: string[] } {
  const names = against ? ["target", "against"] as const : ["target"] as const;
  const verdicts = names.map((_, policy) => verdictOf(values, policy, actions));
  // Without actions there is nothing to weigh.
  const estimators = actions.length > 1 ? STREAMED : STREAMED.slice(0, 1);
  // Its spread over rounds leaves out that of the model, which is nearly all there is.
  const unbounded = (estimator: string) => isFitted && estimator === "outcome-only";
  const rows = names.flatMap((policy, k) => estimators.map((estimator) => lineOf(estimator, policy, k)));
  function lineOf(estimator: typeof STREAMED[number], policy: typeof names[number], k: number): ValueRow {
    const { effectiveSampleSize, largest, mean, meanError, above } = values.weights(k),
      { unsupported, ...verdict } = verdicts[k];
    // The plain mean weighs nothing: it is the value of the policy that logged.
    const isNaive = estimator === "naive", isLogging = mean === 1 && largest === 1;
    const weighs = !isNaive && estimator !== "outcome-only",
      alters = ["clipped", "switch-dr", "dros"].includes(estimator);
    const identified = isNaive ? isLogging : verdict.identified;
    const note = isNaive && !isLogging
      ? "the value of the policy that logged"
      : identified
      ? unbounded(estimator) ? NO_INTERVAL : ""
      : `not identified${usesModel(estimator) ? "; rests on the outcome model" : ""}`;
    return {
      ...{ policy, estimator, ...cells(values.value(estimator, k, level), unbounded(estimator)) },
      ...{ rounds: values.rounds, groups: values.groups },
      ...{ effective_sample_size: weighs ? effectiveSampleSize : values.rounds, largest_weight: weighs ? largest : 1 },
      ...{ mean_weight: weighs ? mean : 1, mean_weight_error: weighs ? finite(meanError) : 0 },
      ...{ altered_share: alters ? above : 0, unsupported_mass: unsupported, identified, note },
    };
  }
  if (against) {
    const identified = verdicts.every((verdict) => verdict.identified),
      unsupported = Math.max(...verdicts.map((v) => v.unsupported));
    for (const policy of ["difference", "ratio"] as const) {
      // The plain mean is the same for both.
      for (const estimator of STREAMED.filter((id) => id !== "naive")) {
        const number = cells(values[policy](estimator, level), unbounded(estimator));
        rows.push({
          ...{
            policy,
            estimator,
            ...number,
            rounds: values.rounds,
            groups: values.groups,
          },
          ...{ effective_sample_size: null, largest_weight: null, mean_weight: null, mean_weight_error: null },
          ...{
            altered_share: null,
            unsupported_mass: unsupported,
            identified,
            note: [
              ...(identified ? [] : ["not identified"]),
              ...(unbounded(estimator)
                ? [NO_INTERVAL]
                : policy === "ratio" && number.lower === null
                ? ["no bounds: the other value may be 0"]
                : []),
            ].join("; "),
          },
        });
      }
    }
  }
  const { groups } = values;
  return {
    rows,
    warnings: [
      ...verdicts.flatMap(({ told }, k) => told.map((text) => against ? `${names[k]}: ${text}` : text)),
      ...(groups > 0 && groups < FEW_GROUPS
        ? [`there are ${groups} groups: intervals are Student's with ${groups - 1} degrees of freedom, and rough`]
        : []),
    ],
  };
}

/** Whether the log says what a policy is worth, and what speaks against it. */
function verdictOf(values: StreamedValues, policy: number, actions: readonly string[]): Verdict {
  const { mass, mean, meanError, effectiveSampleSize } = values.weights(policy);
  const never = actions.filter((_, a) => values.logged[a] === 0 && mass[a] > 0);
  const unsupported = mass.reduce((sum, p, a) => values.logged[a] === 0 ? sum + p : sum, 0);
  const isHole = unsupported >= HOLE && mean + BELOW * meanError < 1, weights = weightWarnings(mean, meanError);
  const few = never.length > 4 ? `${never.slice(0, 4).join(", ")} and ${never.length - 4} more` : never.join(", ");
  const told = [
    ...(never.length > 0
      ? [
        `${formatPercent(unsupported)} of the policy is on ${
          never.length === 1 ? "action" : "actions"
        } ${few}, never logged: ` +
        (isHole
          ? "no weighting of this log says what they are worth"
          : "what they are worth is left out, or the model's guess"),
      ]
      : []),
    ...weights,
    ...(effectiveSampleSize < FEW && effectiveSampleSize < values.rounds / 2
      ? [
        `weights leave ${formatNumber(effectiveSampleSize)} effective rounds of ${
          formatNumber(values.rounds)
        }: the estimates rest on few`,
      ]
      : []),
  ];
  return { identified: !isHole && weights.length === 0, unsupported, told };
}

/** A number with its interval as cells; what is not finite has no number. */
function cells({ estimate, lower, upper, standardError, interval }: Valued, isUnbounded: boolean) {
  if (isUnbounded) {
    return { estimate: finite(estimate), lower: null, upper: null, interval: "none" as const, standard_error: null };
  }
  return {
    ...{ estimate: finite(estimate), lower: finite(lower), upper: finite(upper), interval },
    standard_error: finite(standardError),
  };
}

const finite = (value: number): number | null => Number.isFinite(value) ? value : null;

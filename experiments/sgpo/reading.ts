/**
 * Reading rows of self-annotation: measures of a round, series over rounds, and the claims, figures and tables of them.
 *
 * @module
 */
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval, formatNumber } from "../../lib/report/numbers.ts";
import type { Claim, Condition, Replicates } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import type { Evidence } from "../../lib/statistics/claims.ts";
import { meanInterval } from "../../lib/statistics/intervals.ts";
import { minimumDetectableEffect } from "../../lib/statistics/power.ts";
import { standardDeviation } from "../../lib/statistics/summary.ts";
import type { SgpoOptions } from "./options.ts";

/** The name of an arm in legends. */
export const label = (arm: string): string => methodStyle(arm).label;

/** A metric of one arm at one condition. */
export interface Cell {
  readonly arm: string;
  readonly metric: string;
  readonly at?: Condition;
}

/** Mean of one cell less another over the same seeds, with its interval. */
export function difference(view: View, one: Cell, other: Cell): Evidence {
  const [a, b] = [one, other].map(({ arm, metric, at }) => view.series(arm, metric, at).values);
  return meanInterval(a.map((v, i) => v - b[i]));
}

/** A claim on the difference of two cells. */
export function differenceClaim(
  told: Pick<
    Claim<SgpoOptions>,
    "kind" | "id" | "statement" | "source" | "paper" | "quantity" | "rule" | "note" | "needs"
  >,
  cells: (o: SgpoOptions) => readonly [Cell, Cell],
  arms: readonly string[],
): Claim<SgpoOptions> {
  return { ...told, unit: "paired seeds", arms, evidence: (view, o) => difference(view, ...cells(o)) };
}

/** How far the worst leader's step of a question is from its optimum, in words. */
export function convergedNote(view: View): string {
  const worst = view.arms.map((arm) => ({
    arm,
    norm: Math.max(...view.conditions.flatMap((c) => [...view.series(arm, "gradient-norm", c).values])),
  })).toSorted((a, b) => b.norm - a.norm)[0];
  return `Leader's steps end at their optima: the largest gradient left over all arms, conditions and seeds is ` +
    `${formatNumber(worst.norm)} (${label(worst.arm)}).`;
}

/** One row a round, condition and arm: `round` beside the columns of a summary, whose last one counts the replicates. */
export function overRounds(
  view: View,
  name: string,
  rounds: number,
  { arms = view.arms, of = (e: Evidence) => e, replicates = "seeds" }: {
    readonly arms?: readonly string[];
    readonly of?: (evidence: Evidence) => Evidence;
    readonly replicates?: Replicates;
  } = {},
): (Condition & { readonly arm: string })[] {
  const drawn = arms.filter((arm) => view.arms.includes(arm));
  return view.conditions.flatMap((condition) =>
    (drawn.length > 0 ? drawn : view.arms).flatMap((arm) =>
      Array.from({ length: rounds + 1 }, (_, round) => {
        const { estimate: value, lower, upper, n } = of(view.mean(arm, `${name}-${round}`, condition));
        return { ...condition, round, arm, value, lower, upper, [replicates]: n };
      })
    )
  );
}

/** A figure of a metric against rounds, one panel a value of a condition. */
export function roundsFigure(
  view: View,
  name: string,
  rounds: number,
  figure: Pick<FigureSpec, "id" | "caption" | "alt" | "yLabel" | "panel" | "panelLabel" | "references">,
  options: Parameters<typeof overRounds>[3] = {},
): FigureSpec {
  return {
    ...figure,
    ...summaryLines,
    data: overRounds(view, name, rounds, options),
    x: "round",
    xScale: "point",
    xLabel: "rounds of self-annotation (0: the seed alone)",
  };
}

/** The arms with the most and the least of a metric, with intervals, in words. */
export function extremes(
  view: View,
  metric: string,
  at: Condition,
  { of = (e: Evidence) => e }: { readonly of?: (evidence: Evidence) => Evidence } = {},
): string {
  const sorted = view.arms.map((arm) => ({ arm, ...of(view.mean(arm, metric, at)) }))
    .toSorted((a, b) => b.estimate - a.estimate);
  const [most, least] = [sorted[0], sorted.at(-1)!].map(({ arm, estimate, lower, upper }) =>
    `${label(arm)} (${formatInterval(estimate, lower, upper)})`
  );
  return sorted.length > 1 ? `most has ${most}, least ${least}` : most;
}

/** Says a difference with its interval, in words; nothing where an arm was not run, or where both are one cell. */
export function told(view: View, lead: string, one: Cell, other: Cell, unit = ""): string {
  if (JSON.stringify(one) === JSON.stringify(other)) return "";
  if (![one, other].every(({ arm }) => view.arms.includes(arm))) return "";
  const { estimate, lower, upper } = difference(view, one, other);
  return `${lead} ${formatInterval(estimate, lower, upper)}${unit}. `;
}

/** The measures of a policy after some round, one row per condition and arm. */
export function roundTable(
  view: View,
  id: string,
  caption: string,
  conditions: readonly { readonly key: string; readonly label: string }[],
  round: number,
): TableSpec {
  const at = (metric: string) => `${metric}-${round}`;
  return measuresTable(view, {
    id,
    caption,
    conditions,
    measures: [
      { metric: at("gain"), label: "gain in r*", digits: 3 },
      { metric: at("best-gain"), label: "gain of its favourite", digits: 3 },
      { metric: at("accuracy"), label: "ranked right", digits: 3 },
      { metric: at("entropy"), label: "entropy", digits: 3 },
      { metric: at("confidence"), label: "confidence", digits: 3 },
      { metric: at("overconfidence"), label: "too sure by", digits: 3 },
      { metric: "gradient-norm", label: "largest gradient", largest: true },
    ],
  });
}

/**
 * The smallest difference that these seeds could have shown, in words; nothing where an arm was not run, or where both are
 * one cell.
 */
export function detectable(view: View, what: string, one: Cell, other: Cell): string[] {
  if (JSON.stringify(one) === JSON.stringify(other)) return [];
  if (![one, other].every(({ arm }) => view.arms.includes(arm))) return [];
  const [a, b] = [one, other].map(({ arm, metric, at }) => view.series(arm, metric, at).values);
  const spread = standardDeviation(a.map((v, i) => v - b[i])) / Math.sqrt(a.length);
  return [
    `With ${a.length} paired seeds ${what} of ${
      minimumDetectableEffect(spread).toPrecision(2)
    } would be found with a ` +
    "power of 80%.",
  ];
}

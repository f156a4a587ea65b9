/**
 * What most questions are drawn with: a curve of a metric against a knob, and a table of its measures.
 *
 * @module
 */
import { fromTo } from "../report/captions.ts";
import { methodStyle } from "../report/methods.ts";
import { formatInterval } from "../report/numbers.ts";
import type { FigureSpec, LinesFigure } from "../report/types.ts";
import type { Evidence } from "../statistics/claims.ts";
import type { Metric, Place } from "./quantity.ts";
import { summaryLines, type SummaryOptions, type View } from "./view.ts";

/** The knob on the x axis. */
export interface Knob {
  /** Column of the condition. */
  readonly x: string;
  /** Its name on the axis, with the unit, and in the heads of tables. */
  readonly xLabel: string;
  /** "linear" unless given. */
  readonly xScale?: LinesFigure["xScale"];
}

/**
 * A metric against a knob, one line an arm.
 *
 * @param figure.caption the finding; that intervals are drawn is said by the report
 * @param figure.of what to take over replicates; the mean unless given
 */
export function curve(
  view: View,
  metric: Metric,
  { knob, arms, where, of, shape, ...figure }:
    & Pick<FigureSpec, "id" | "caption" | "references">
    & Pick<SummaryOptions, "arms" | "where" | "of" | "shape">
    & { readonly knob: Knob; readonly yScale?: "linear" | "log"; readonly alt?: string },
): FigureSpec {
  return {
    alt: `${metric.axis} against ${knob.xLabel}, one line per arm. ${figure.caption}`,
    ...figure,
    ...knob,
    ...summaryLines,
    yLabel: metric.axis,
    data: view.summary(metric.name, { arms, where, of, shape }),
  };
}

/** An arm's number with its interval, in words. */
export function told<O>(view: View, options: O, metric: Metric, arm: string, at: Place<O>): string {
  return withInterval(arm, view.mean(arm, metric.name, at.of(options)));
}

/** An arm's evidence in words: "DPO 0.12 [0.11, 0.13]". */
export function withInterval(arm: string, { estimate, lower, upper }: Evidence): string {
  return `${methodStyle(arm).label} ${formatInterval(estimate, lower, upper)}`;
}

/** From the arm with the least of a metric at a place to that with the most, in words. */
export function range<O>(
  view: View,
  options: O,
  metric: Metric,
  at: Place<O>,
  arms: readonly string[] = view.arms,
): string {
  return fromTo(
    arms.filter((arm) => view.arms.includes(arm)).map((arm) => {
      const { estimate: value, lower, upper } = view.mean(arm, metric.name, at.of(options));
      return { arm, value, lower, upper };
    }),
  );
}

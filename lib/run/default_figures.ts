/**
 * What most questions are drawn with: a curve of a metric against a knob, and a table of its measures.
 *
 * @module
 */
import { fromTo } from "../report/captions.ts";
import { methodStyle } from "../report/methods.ts";
import { formatInterval } from "../report/numbers.ts";
import type { FigureSpec, LinesFigure, Row } from "../report/types.ts";
import { type Evidence, NothingToTest } from "../statistics/claims.ts";
import type { Metric, Place, Quantity } from "./quantity.ts";
import { summaryDots, summaryLines, type SummaryOptions, type SummaryRow, type View } from "./view.ts";

/** The knob on the x axis. */
export interface Knob {
  /** Column of the condition. */
  readonly x: string;
  /** Its name on the axis, with the unit, and in the heads of tables. */
  readonly xLabel: string;
  /** "linear" unless given. */
  readonly xScale?: LinesFigure["xScale"];
}

/** A column of the condition of which each value has a panel. */
interface Panels {
  /** Column of the condition. */
  readonly key: string;
  /** What stands in front of each panel's value. */
  readonly label?: string;
  /** The values are ids of the method registry, whose labels are shown. */
  readonly methods?: boolean;
}

/** What figures of one kind share: what they show is the finding; that intervals are drawn is said by the report. */
type Drawn =
  & Pick<FigureSpec, "id" | "caption" | "references">
  & Pick<SummaryOptions, "arms" | "where">
  & { readonly panels?: Panels; readonly alt?: string };

/** Rows with the panels that they stand in. */
function inPanels(rows: readonly SummaryRow[], panels: Panels | undefined) {
  if (panels === undefined) return { data: rows };
  const { key, label, methods } = panels;
  const data = methods ? rows.map((row): Row => ({ ...row, panel: methodStyle(`${row[key]}`).label })) : rows;
  return { data, panel: methods ? "panel" : key, ...label !== undefined && { panelLabel: label } };
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
  { knob, arms, where, of, shape, panels, ...figure }:
    & Drawn
    & Pick<SummaryOptions, "of" | "shape">
    & { readonly knob: Knob; readonly yScale?: "linear" | "log" },
): FigureSpec {
  return {
    alt: `${metric.axis} against ${knob.xLabel}, one line per arm. ${figure.caption}`,
    ...figure,
    ...knob,
    ...summaryLines,
    yLabel: metric.axis,
    ...inPanels(view.summary(metric.name, { arms, where, of, shape }), panels),
  };
}

/** A metric of each arm as a dot with its interval. */
export function dots(view: View, metric: Metric, { arms, where, panels, ...figure }: Drawn): FigureSpec {
  return {
    alt: `${metric.axis}, one row per arm. ${figure.caption}`,
    ...figure,
    ...summaryDots,
    xLabel: metric.axis,
    ...inPanels(view.summary(metric.name, { arms, where }), panels),
  };
}

/** A metric against another, one point for each arm and condition, with the intervals of both. */
export function against(
  view: View,
  y: Metric,
  x: Metric,
  { arms, where, panels, ...figure }: Drawn & { readonly xScale?: "linear" | "log" },
): FigureSpec {
  const across = view.summary(x.name, { arms, where }), [left, right] = [`${x.name}-lower`, `${x.name}-upper`];
  const rows = view.summary(y.name, { arms, where }).map((row, i) => {
    const { value, lower, upper } = across[i];
    return { ...row, [x.name]: value, [left]: lower, [right]: upper };
  });
  return {
    alt: `${y.axis} against ${x.axis}, one point per arm. ${figure.caption}`,
    ...figure,
    kind: "scatter",
    x: x.name,
    xLower: left,
    xUpper: right,
    y: "value",
    yLower: "lower",
    yUpper: "upper",
    by: "arm",
    xLabel: x.axis,
    yLabel: y.axis,
    ...inPanels(rows, panels),
  };
}

/** An arm's number with its interval, in words. */
export function told<O>(view: View, options: O, metric: Metric, arm: string, at: Place<O>): string {
  return withInterval(arm, view.mean(arm, metric.name, at.of(options)));
}

/** An arm's evidence in words: "DPO 0.12 [0.11, 0.13]". */
function withInterval(arm: string, { estimate, lower, upper }: Evidence): string {
  return `${methodStyle(arm).label} ${formatInterval(estimate, lower, upper)}`;
}

/**
 * A quantity with its interval, within a sentence; nothing where an arm was not run, or where options or rows leave nothing
 * to tell.
 *
 * @param say the sentence around the number
 */
export function sentence<O>(view: View, options: O, quantity: Quantity<O>, say: (number: string) => string): string {
  if (!quantity.arms.every((arm) => view.arms.includes(arm)) || quantity.needs(options) !== undefined) return "";
  try {
    const { estimate, lower, upper } = quantity.evidence(view, options);
    return say(formatInterval(estimate, lower, upper));
  } catch (error) {
    if (error instanceof NothingToTest) return "";
    throw error;
  }
}

/** Those of some sentences that say something, as one text. */
export function sentences(...said: readonly string[]): string {
  return said.filter((one) => one !== "").join(" ");
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

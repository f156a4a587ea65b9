/**
 * What most questions are drawn with: a curve of a metric against a knob, and a table of its measures.
 *
 * @module
 */
import { fromTo } from "../report/captions.ts";
import { methodStyle } from "../report/methods.ts";
import { formatFixed, formatInterval } from "../report/numbers.ts";
import type { FigureSpec, LinesFigure, Row } from "../report/types.ts";
import { type Evidence, NothingToTest } from "../statistics/claims.ts";
import type { Place } from "./place.ts";
import type { Metric, Quantity } from "./quantity.ts";
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

/**
 * Those of some arms that ran, in the order of the question; all that ran where none of them did. A figure of five lines is
 * read, one of fourteen is not: the others stand in the table.
 */
export function shown({ arms }: Pick<View, "arms">, some: readonly string[]): readonly string[] {
  const ran = arms.filter((arm) => some.includes(arm));
  return ran.length > 0 ? ran : arms;
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
): FigureSpec & { readonly kind: "lines" } {
  return {
    alt: `${metric.axis} against ${knob.xLabel}, one line per arm. ${figure.caption}`,
    ...figure,
    ...knob,
    ...summaryLines,
    yLabel: metric.axis,
    ...inPanels(view.summary(metric, { arms, where, of, shape }), panels),
  };
}

/** A column of the condition of which each value has a dot in every row: filled, hollow, and a tick without an interval. */
interface Marks {
  /** Column of the condition. */
  readonly key: string;
  /** Its values in that order, and what each is called; rows of others are left out. */
  readonly names: Readonly<Record<string, string>>;
}

/** A metric of each arm as a dot with its interval, or as two or three. */
export function dots(
  view: View,
  metric: Metric,
  { arms, where, panels, marks, ...figure }: Drawn & { readonly marks?: Marks },
): FigureSpec {
  const rows = view.summary(metric, { arms, where });
  const marked = marks &&
    Object.entries(marks.names).flatMap(([value, mark]) =>
      rows.filter((row) => row[marks.key] === value).map((row) => ({ ...row, mark }))
    );
  return {
    alt: `${metric.axis}, one row per arm. ${figure.caption}`,
    ...figure,
    ...summaryDots,
    xLabel: metric.axis,
    ...marked && { mark: "mark" },
    ...inPanels(marked ?? rows, panels),
  };
}

/**
 * A metric as a table of tiles, one row an arm: shades of two colours from 0 to both sides, the numbers in them.
 *
 * @param figure.column column of the condition of which each value has a column
 * @param figure.xLabel what it is
 */
export function tiles(
  view: View,
  metric: Metric,
  { arms, where, panels, column, ...figure }: Drawn & { readonly column: string; readonly xLabel: string },
): FigureSpec {
  // Without the 0 in front of the point, as in tables of correlations: a third of the width of a tile in print.
  const text = (value: number) => formatFixed(value, 2).replace(/^(−?)0\./, "$1.");
  const rows = view.summary(metric, { arms, where }).map((row) => ({ ...row, shown: text(row.value) }));
  const most = Math.max(...rows.map(({ value }) => Math.abs(value)));
  return {
    alt: `${metric.axis}, one row per arm, one column per ${figure.xLabel}. ${figure.caption}`,
    ...figure,
    kind: "cells",
    x: column,
    by: "arm",
    value: "value",
    text: "shown",
    domain: [-most, most],
    middle: 0,
    yLabel: metric.axis,
    ...inPanels(rows, panels),
  };
}

/** Share of the height of a figure below which two lines are one to the eye, and below which they are one. */
const ONE_LINE = 0.01, SAME = 1e-6;

/**
 * A figure of one panel in which lines that lie on each other are one, with the names of all of them: "PMLE = Distillation"
 * where they are the same numbers, "DPO ≈ IPO" where only the eye cannot tell them apart. The arms behind the first are not
 * drawn; their rows stay.
 */
export function coinciding(figure: FigureSpec & { readonly kind: "lines" }): FigureSpec {
  const height = figure.yScale === "log" ? (row: Row) => Math.log(Number(row.value)) : (row: Row) => Number(row.value);
  const heights = figure.data.map(height).filter(Number.isFinite);
  const range = Math.max(...heights) - Math.min(...heights);
  const lines = Map.groupBy(figure.data, ({ arm }) => `${arm}`);
  const within = (first: string, rows: readonly Row[], share: number) =>
    lines.get(first)!.every((row, i) =>
      row[figure.x] === rows[i][figure.x] && Math.abs(height(row) - height(rows[i])) <= share * range
    );
  const groups: string[][] = [];
  for (const [arm, rows] of lines) {
    const group = groups.find(([first]) => within(first, rows, ONE_LINE));
    if (group) group.push(arm);
    else groups.push([arm]);
  }
  const name = (arm: string) => methodStyle(arm).label;
  const names = groups.map(([first, ...others]) => {
    const { same = [], near = [] } = Object.groupBy(
      others,
      (arm) => within(first, lines.get(arm)!, SAME) ? "same" : "near",
    );
    return [first, [[first, ...same].map(name).join(" = "), ...near.map(name)].join(" ≈ ")] as const;
  });
  return { ...figure, names: Object.fromEntries(names), joined: groups.flatMap(([, ...behind]) => behind) };
}

/** A metric against another, one point for each arm and condition, with the intervals of both. */
export function against(
  view: View,
  y: Metric,
  x: Metric,
  { arms, where, panels, ...figure }: Drawn & { readonly xScale?: "linear" | "log" },
): FigureSpec {
  const across = view.summary(x, { arms, where }), [left, right] = [`${x.name}-lower`, `${x.name}-upper`];
  const rows = view.summary(y, { arms, where }).map((row, i) => {
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
export function valueText<O>(view: View, options: O, metric: Metric, arm: string, at: Place<O>): string {
  return withInterval(arm, view.mean(arm, metric, at.of(options)));
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
      const { estimate: value, lower, upper } = view.mean(arm, metric, at.of(options));
      return { arm, value, lower, upper };
    }),
  );
}

/** The same as a sentence: what is measured, where, from whom to whom. */
export function ranging<O>(view: View, options: O, metric: Metric, at: Place<O>, arms?: readonly string[]): string {
  return `${headed(metric.label, at.words)}: ${range(view, options, metric, at, arms)}.`;
}

/** A quantity in its own words with its number; without one, how a metric ranges over some arms at a place. */
export function finding<O>(
  view: View,
  options: O,
  quantity: Quantity<O>,
  ...rest: readonly [metric: Metric, at: Place<O>, arms?: readonly string[]]
): string {
  return sentence(view, options, quantity, (number) => `${headed(quantity.words)}: ${number}.`) ||
    ranging(view, options, ...rest);
}

/** The head of a sentence, with a capital where it begins with a word. */
function headed(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ").replace(/^[a-z](?=[a-z])/, (letter) => letter.toUpperCase());
}

/**
 * From the rows of a figure to the points it draws.
 *
 * @module
 */
import { type Arrow, isArrow } from "./arrows.ts";
import { methodStyle } from "./methods.ts";
import { formatNumber } from "./numbers.ts";
import type { Cell, FigureSpec, Row } from "./types.ts";

/** The mark that is a tick: it has no interval. */
export const TICK = 2;

/** How far below its point an interval is drawn on a log axis. */
const DECADE = 10;

/** The ends of an interval. */
export type Interval = readonly [number, number];

/** One point with the intervals it has. */
export interface Point {
  /** Id of the method registry. */
  readonly method: string;
  /** Value of the panel column as text; empty without panels. */
  readonly panel: string;
  /** Place on the x axis; text on a point scale. */
  readonly x: number | string;
  /** Place on the y axis; the method id in a forest plot. */
  readonly y: number | string;
  /** Horizontal interval as it is drawn, in the unit of x. */
  readonly xInterval?: Interval;
  /** Which of the dots of a row it is, by its place in {@linkcode FigurePoints.marks}; 0 in other figures. */
  readonly mark: number;
  /** Vertical interval as it is drawn, in the unit of y. */
  readonly yInterval?: Interval;
  /** What a cell of a heat map shows; absent in other figures. */
  readonly cell?: { readonly value: number; readonly text: string };
  /** The numbers of the row, one a line, as the figure's `tipLabels` say. */
  readonly tip: readonly string[];
}

/** Everything of a figure that depends on its rows. */
export interface FigurePoints {
  /** The points that can be drawn, in the order of the rows. */
  readonly points: readonly Point[];
  /** Panels in order of appearance; one empty name without panels. */
  readonly panels: readonly string[];
  /** Arrows of a field, in the order of the rows. */
  readonly arrows: readonly Arrow[];
  /** Method ids in order of appearance. */
  readonly methods: readonly string[];
  /** Values of the mark column in order of appearance; none without one. */
  readonly marks: readonly string[];
  /** Rows left out because a log axis cannot show zero or less. */
  readonly dropped: number;
  /** Intervals that reach more than a decade below their point on a log axis, where they are drawn no further. */
  readonly cut: number;
  /** Where a line has no value: it breaks there. */
  readonly gaps: readonly Gap[];
  /** What stands before each line of a tip; the first line, a method's name, needs nothing. */
  readonly tipLabels: readonly string[];
}

/** A place on the x axis at which a method has no value. */
export interface Gap {
  /** Id of the method registry. */
  readonly method: string;
  /** Value of the panel column as text; empty without panels. */
  readonly panel: string;
  /** Place on the x axis. */
  readonly x: number;
}

/**
 * A panel's value as the key that points and references share.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([0.1 + 0.2, "right", null].map(panelKey), ["0.3", "right", ""]);
 * ```
 */
export function panelKey(value: Cell | undefined): string {
  return typeof value === "number" ? formatNumber(value, 6) : String(value ?? "");
}

/** A finite number, or undefined for a missing value. @throws TypeError for text where a number belongs */
function numberIn(row: Row, column: string, figure: string): number | undefined {
  const value = row[column];
  if (value === null) return undefined;
  if (typeof value !== "number") {
    const got = value === undefined ? "no such column" : JSON.stringify(value);
    throw new TypeError(`figure "${figure}": column "${column}" must hold numbers, got ${got}`);
  }
  return Number.isFinite(value) ? value : undefined;
}

/** The interval in two columns, or undefined when they are not named or an end is missing. */
function intervalIn(row: Row, lower: string | undefined, upper: string | undefined, figure: string) {
  if (lower === undefined || upper === undefined) return undefined;
  const low = numberIn(row, lower, figure), high = numberIn(row, upper, figure);
  return low === undefined || high === undefined ? undefined : [low, high] as const;
}

/** Columns of x, y and the intervals, whatever the kind of figure. */
function columnsOf(spec: FigureSpec): {
  readonly x: string;
  readonly y: string;
  readonly xInterval?: readonly (string | undefined)[];
  readonly yInterval?: readonly (string | undefined)[];
} {
  if (spec.kind === "lines") return { x: spec.x, y: spec.y, yInterval: [spec.lower, spec.upper] };
  if (spec.kind === "dots") return { x: spec.x, y: spec.by, xInterval: [spec.lower, spec.upper] };
  if (spec.kind === "cells") return { x: spec.x, y: spec.by };
  if (spec.kind === "field") return { x: spec.x, y: spec.y };
  return { x: spec.x, y: spec.y, xInterval: [spec.xLower, spec.xUpper], yInterval: [spec.yLower, spec.yUpper] };
}

/**
 * What a figure calls a method.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(nameOf({ names: { dpo: "DPO = IPO" } }, "dpo"), "DPO = IPO");
 * assert.equal(nameOf({}, "dpo"), "DPO");
 * ```
 * @throws RangeError for an unknown method
 */
export function nameOf({ names }: Pick<FigureSpec, "names">, method: string): string {
  return names?.[method] ?? methodStyle(method).label;
}

/** Columns that a figure does not draw: tips show them last. */
function otherColumns(spec: FigureSpec): string[] {
  const columns = columnsOf(spec);
  const drawn = new Set([
    columns.x,
    columns.y,
    spec.by,
    spec.panel,
    ...columns.xInterval ?? [],
    ...columns.yInterval ?? [],
    ...spec.kind === "cells" ? [spec.value, spec.text] : [],
  ]);
  return Object.keys(spec.data[0] ?? {}).filter((key) => !drawn.has(key));
}

/** What the lines of a tip are. */
function tipLabelsOf(spec: FigureSpec): string[] {
  return [
    "",
    ...spec.panel ? [`${spec.panelLabel ?? spec.panel}: `] : [],
    `${spec.xLabel}: `,
    ...spec.kind === "dots" ? [] : [`${spec.yLabel}: `],
    ...otherColumns(spec).map((key) => `${key}: `),
  ];
}

/** The numbers of a row to five digits, a line each; a line is empty where a column has no value. */
function tipOf(spec: FigureSpec, others: readonly string[], row: Row, point: Omit<Point, "tip">): string[] {
  const written = (value: Cell) => typeof value === "number" ? formatNumber(value, 5) : String(value ?? "");
  const quantity = (value: number | string, interval?: Interval) =>
    written(value) + (interval ? ` [${interval.map(written).join(", ")}]` : "");
  return [
    nameOf(spec, point.method),
    ...spec.panel ? [point.panel] : [],
    quantity(point.x, point.xInterval),
    ...spec.kind === "dots" ? [] : [quantity(point.cell?.value ?? point.y, point.yInterval)],
    ...others.map((key) => written(row[key])),
  ];
}

/**
 * The points of a figure. Rows with a missing or non-finite value are not drawn, nor are values of zero or less on a
 * log axis; on a log axis an interval is drawn no further than a decade below its point, since zero is infinitely far.
 * Both are counted. Tips have the whole interval.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { points } = figurePoints({
 *   kind: "dots", id: "f", caption: "", alt: "", xLabel: "value", yLabel: "",
 *   x: "mean", lower: "lo", upper: "hi", by: "arm",
 *   data: [{ arm: "dr", mean: 0.5, lo: 0.4, hi: 0.6 }, { arm: "ipw", mean: null, lo: null, hi: null }],
 * });
 * assert.deepEqual(points.map((point) => point.x), [0.5]);
 * ```
 * @throws RangeError for an unknown method, or two dots of one method in one panel
 * @throws TypeError when a column of numbers is missing or holds text
 */
export function figurePoints(spec: FigureSpec): FigurePoints {
  const columns = columnsOf(spec);
  const rowed = spec.kind === "dots" || spec.kind === "cells";
  const [logX, logY] = (["xScale", "yScale"] as const).map((key) =>
    (spec.kind === "lines" || spec.kind === "scatter") && spec[key] === "log"
  );
  const points: Point[] = [],
    arrows: Arrow[] = [],
    gaps: Gap[] = [],
    panels = new Set<string>(),
    methods = new Set<string>(),
    marks = new Set<string>();
  const others = otherColumns(spec);
  let dropped = 0, cut = 0;
  const onLog = (value: number | string, interval: Interval | undefined): Interval | undefined => {
    const least = Number(value) / DECADE;
    if (interval === undefined || interval[0] >= least) return interval;
    cut++;
    return [least, interval[1]];
  };
  for (const row of spec.data) {
    const panel = spec.panel === undefined ? "" : panelKey(row[spec.panel]);
    panels.add(panel);
    if (spec.kind === "field" && isArrow(spec, row)) {
      const [x, y, dx, dy] = [spec.x, spec.y, spec.dx, spec.dy].map((column) => numberIn(row, column, spec.id));
      if (x !== undefined && y !== undefined && dx !== undefined && dy !== undefined) {
        arrows.push({ panel, x, y, dx, dy });
      }
      continue;
    }
    const method = String(row[spec.by]);
    if (spec.joined?.includes(method)) continue;
    methodStyle(method);
    methods.add(method);
    const x = spec.kind === "cells" ? panelKey(row[columns.x]) : numberIn(row, columns.x, spec.id);
    const y = rowed ? method : numberIn(row, columns.y, spec.id);
    const cell = spec.kind === "cells" ? numberIn(row, spec.value, spec.id) : undefined;
    if (spec.kind === "lines" && typeof x === "number" && y === undefined) gaps.push({ method, panel, x });
    if (x === undefined || y === undefined || (spec.kind === "cells" && cell === undefined)) continue;
    if ((logX && Number(x) <= 0) || (logY && Number(y) <= 0)) {
      dropped++;
      continue;
    }
    const marked = spec.kind === "dots" && spec.mark !== undefined ? panelKey(row[spec.mark]) : undefined;
    if (marked !== undefined) marks.add(marked);
    const mark = marked === undefined ? 0 : [...marks].indexOf(marked);
    const point = {
      method,
      panel,
      x,
      y,
      mark,
      xInterval: mark === TICK ? undefined : intervalIn(row, columns.xInterval?.[0], columns.xInterval?.[1], spec.id),
      yInterval: intervalIn(row, columns.yInterval?.[0], columns.yInterval?.[1], spec.id),
      ...spec.kind === "cells" ? { cell: { value: cell!, text: String(row[spec.text] ?? "") } } : {},
    };
    const twin = (other: Point) => other.panel === panel && other.method === method && other.mark === mark;
    if (spec.kind === "dots" && points.some(twin)) {
      throw new RangeError(`figure "${spec.id}": method "${method}" has two dots in panel "${panel}"`);
    }
    points.push({
      ...point,
      xInterval: logX ? onLog(x, point.xInterval) : point.xInterval,
      yInterval: logY ? onLog(y, point.yInterval) : point.yInterval,
      tip: tipOf(spec, others, row, point),
    });
  }
  return {
    points,
    arrows,
    panels: panels.size ? [...panels] : [""],
    methods: [...methods],
    marks: [...marks],
    dropped,
    cut,
    gaps,
    tipLabels: tipLabelsOf(spec),
  };
}

/**
 * Scales of a figure: one pair for all its panels, so that panels can be compared by eye.
 *
 * @module
 */
import { ticks as roundTicks } from "d3-array";
import { type Arrow, spacing } from "./arrows.ts";
import { methodStyle } from "./methods.ts";
import type { FigurePoints, Point } from "./points.ts";
import { textWidth, TICK_TEXT } from "./text_width.ts";
import { logTicks, tickLabels } from "./ticks.ts";
import type { FigureSpec } from "./types.ts";

/** One axis: where values lie, and its ticks. */
export interface Scale {
  /** How values become places: evenly, by their logarithm, or one place a value. */
  readonly type: "linear" | "log" | "point";
  /** Two numbers, or the values of a point scale in order. */
  readonly domain: readonly (number | string)[];
  /** Values with a tick, in the order of the axis. */
  readonly ticks: readonly (number | string)[];
  /** Text at each tick. */
  readonly labels: readonly string[];
}

/** Part of the range that stays free at each end. */
const PADDING = 0.04;

/**
 * Where a value lies between 0 and 1 along its axis.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const scale = { type: "log", domain: [1, 100], ticks: [], labels: [] } as const;
 * assert.equal(fraction(scale, 10), 0.5);
 * ```
 */
export function fraction(scale: Scale, value: number | string): number {
  if (scale.type === "point") return (scale.domain.indexOf(value) + 0.5) / scale.domain.length;
  const [low, high] = scale.domain.map(Number);
  return scale.type === "log"
    ? Math.log(Number(value) / low) / Math.log(high / low)
    : (Number(value) - low) / (high - low);
}

/** The value of a fraction along a numeric axis: inverse of {@linkcode fraction}. */
function valueAt(type: "linear" | "log", low: number, high: number, at: number): number {
  return type === "log" ? low * (high / low) ** at : low + (high - low) * at;
}

/** Below this powers of ten of a tick's step overflow; on a linear axis it is nothing. */
const NOTHING = 1e-290;

/** The range of the values, padded; a single value gets room on both sides. */
function paddedDomain(values: readonly number[], type: "linear" | "log"): [number, number] {
  const usable = type === "log"
    ? values.filter((value) => value > 0)
    : values.map((value) => Math.abs(value) < NOTHING ? 0 : value);
  if (usable.length === 0) return type === "log" ? [0.1, 10] : [0, 1];
  let low = Infinity, high = -Infinity;
  for (const value of usable) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) {
    return type === "log" ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  }
  return [valueAt(type, low, high, -PADDING), valueAt(type, low, high, 1 + PADDING)];
}

/** An axis on the page. */
interface Extent {
  readonly length: number;
  /** Labels stand side by side on a horizontal axis, above each other on a vertical one. */
  readonly horizontal: boolean;
}

/** Levels with longer labels, such as measured values, get round ticks. */
const LEVEL_LENGTH = 6;
const MAX_LEVELS = 12;
/** Round ticks on the longest axis. */
const MAX_TICKS = 7;

/** True when no label comes near the next. */
function fits(
  ticks: readonly number[],
  scale: Scale,
  labels: readonly string[],
  { length, horizontal }: Extent,
): boolean {
  return ticks.every((tick, i) => {
    if (i === 0) return true;
    const gap = (fraction(scale, tick) - fraction(scale, ticks[i - 1])) * length;
    const widths = (textWidth(labels[i], TICK_TEXT) + textWidth(labels[i - 1], TICK_TEXT)) / 2;
    return gap >= (horizontal ? widths + 5 : 1.5 * TICK_TEXT);
  });
}

/** A numeric axis with ticks at the levels of the design where these are few and lie apart, at round numbers otherwise. */
function numericScale(
  values: readonly number[],
  type: "linear" | "log",
  extent: Extent,
  levels: readonly number[] = [],
): Scale {
  const scale: Scale = { type, domain: paddedDomain(values, type), ticks: [], labels: [] };
  const [low, high] = scale.domain.map(Number);
  const distinct = [...new Set(levels)].sort((a, b) => a - b);
  if (distinct.length && distinct.length <= MAX_LEVELS && distinct.every((x) => String(x).length <= LEVEL_LENGTH)) {
    // Levels keep the decimals they were written with.
    const labels = tickLabels(distinct, "log");
    if (fits(distinct, scale, labels, extent)) return { ...scale, ticks: distinct, labels };
  }
  const most = Math.max(4, Math.min(MAX_TICKS, Math.round(extent.length / (extent.horizontal ? 50 : 40))));
  let last: Pick<Scale, "ticks" | "labels"> = { ticks: [], labels: [] };
  for (let count = most; count >= 1; count--) {
    const all: number[] = type === "log" ? logTicks(low, high) : roundTicks(low, high, count);
    const every = type === "log" ? Math.max(1, Math.ceil(all.length / (count + 2))) : 1;
    const ticks = all.filter((_, i) => i % every === 0);
    // One tick alone gives no scale.
    if (ticks.length < 2 && last.ticks.length >= 2) break;
    const labels = tickLabels(ticks, type);
    last = { ticks, labels };
    if (fits(ticks, scale, labels, extent)) break;
  }
  return { ...scale, ...last };
}

/** All numbers that an axis has to show. */
function extent(points: readonly Point[], axis: "x" | "y"): number[] {
  return points.flatMap((point) => [point[axis], ...point[`${axis}Interval`] ?? []]).filter((v) =>
    typeof v === "number"
  );
}

/** Ends of the cells that arrows stand in. */
function cells(arrows: readonly Arrow[], axis: "x" | "y"): number[] {
  const half = spacing(arrows, axis) / 2;
  return arrows.flatMap((arrow) => [arrow[axis] - half, arrow[axis] + half]);
}

/**
 * The two scales of a figure.
 *
 * @param size about how wide and high a panel will be, px
 * @example
 * ```ts
 * import { figurePoints } from "./points.ts";
 * import { lines } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const { x } = figureScales(lines, figurePoints(lines), { width: 500, height: 300 });
 * assert.deepEqual(x.labels, ["0", "0.25", "0.5", "0.75", "1"]);
 * ```
 */
export function figureScales(
  spec: FigureSpec,
  { points, arrows, methods }: FigurePoints,
  size: { readonly width: number; readonly height: number },
): { readonly x: Scale; readonly y: Scale } {
  const across = { length: size.width, horizontal: true }, up = { length: size.height, horizontal: false };
  const references = (spec.references ?? []).flatMap(({ value, interval }) => [value, ...interval ?? []]).filter(
    Number.isFinite,
  );
  const rows = {
    type: "point",
    domain: methods,
    ticks: methods,
    labels: methods.map((id) => methodStyle(id).label),
  } as const;
  if (spec.kind === "dots") {
    return { x: numericScale([...extent(points, "x"), ...references], "linear", across), y: rows };
  }
  if (spec.kind === "cells") {
    const values = [...new Set(points.map((point) => String(point.x)))];
    return { x: { type: "point", domain: values, ticks: values, labels: values }, y: rows };
  }
  const yValues = [...extent(points, "y"), ...references];
  if (spec.kind === "field") {
    const [x, y] = (["x", "y"] as const).map((axis) => [...extent(points, axis), ...cells(arrows, axis)]);
    return { x: numericScale(x, "linear", across), y: numericScale([...y, ...references], "linear", up) };
  }
  const xType = spec.xScale === "log" ? "log" : "linear";
  const xValues = extent(points, "x");
  if (spec.kind === "scatter" && spec.diagonal) {
    const both = [...xValues, ...yValues];
    return {
      // The panel is square: the same ticks on both axes.
      x: numericScale(both, xType, { ...across, length: size.height }),
      y: numericScale(both, spec.yScale ?? "linear", { ...across, length: size.height }),
    };
  }
  const levels = spec.kind === "lines" ? points.map((point) => Number(point.x)) : undefined;
  return { x: numericScale(xValues, xType, across, levels), y: numericScale(yValues, spec.yScale ?? "linear", up) };
}

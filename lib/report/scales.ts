/**
 * Scales of a figure: one pair for all its panels, so that panels can be compared by eye.
 *
 * @module
 */
import { methodStyle } from "./methods.ts";
import type { FigurePoints, Point } from "./points.ts";
import { linearTicks, logTicks, tickLabels } from "./ticks.ts";
import type { FigureSpec } from "./types.ts";

/** One axis: where values lie, and its ticks. */
export interface Scale {
  readonly type: "linear" | "log" | "point";
  /** Two numbers, or the values of a point scale in order. */
  readonly domain: readonly (number | string)[];
  readonly ticks: readonly (number | string)[];
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

/** The range of the values, padded; a single value gets room on both sides. */
function paddedDomain(values: readonly number[], type: "linear" | "log"): [number, number] {
  const usable = type === "log" ? values.filter((value) => value > 0) : values;
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

/**
 * Ticks at the values themselves where they are few and lie apart (a design's levels), round numbers otherwise.
 *
 * @param room how many labels fit side by side
 */
function numericScale(
  values: readonly number[],
  type: "linear" | "log",
  room: number,
  levels?: readonly number[],
): Scale {
  const domain = paddedDomain(values, type);
  const scale = { type, domain, ticks: [], labels: [] };
  const distinct = [...new Set(levels)].sort((a, b) => a - b);
  const apart = distinct.every((level, i) =>
    i === 0 || fraction(scale, level) - fraction(scale, distinct[i - 1]) > 1 / (room + 1)
  );
  const round = () => type === "log" ? logTicks(...domain) : linearTicks(...domain, Math.max(2, room));
  const short = distinct.every((level) => String(level).length <= 6);
  const ticks = distinct.length >= 2 && distinct.length <= room + 1 && apart && short
    ? distinct
    : thin(round(), room + 2);
  return { ...scale, ticks, labels: tickLabels(ticks, distinct === ticks ? "log" : type) };
}

/** Every k-th tick, so that at most `limit` remain. */
function thin(ticks: number[], limit: number): number[] {
  const every = Math.ceil(ticks.length / limit);
  return ticks.filter((_, i) => i % every === 0);
}

/** All numbers that an axis has to show. */
function extent(points: readonly Point[], axis: "x" | "y"): number[] {
  return points.flatMap((point) => [point[axis], ...point[`${axis}Interval`] ?? []]).filter((v) =>
    typeof v === "number"
  );
}

/**
 * The two scales of a figure.
 *
 * @param room how many tick labels fit along x and along y in one panel
 */
export function figureScales(
  spec: FigureSpec,
  { points, methods }: FigurePoints,
  room: { readonly x: number; readonly y: number },
): { readonly x: Scale; readonly y: Scale } {
  const references = (spec.references ?? []).flatMap(({ value, interval }) => [value, ...interval ?? []]).filter(
    Number.isFinite,
  );
  if (spec.kind === "dots") {
    const y = {
      type: "point",
      domain: methods,
      ticks: methods,
      labels: methods.map((id) => methodStyle(id).label),
    } as const;
    return { x: numericScale([...extent(points, "x"), ...references], "linear", room.x), y };
  }
  const yValues = [...extent(points, "y"), ...references];
  if (spec.kind === "lines" && spec.xScale === "point") {
    const values = [...new Set(points.map((point) => String(point.x)))];
    const x = { type: "point", domain: values, ticks: values, labels: values } as const;
    return { x, y: numericScale(yValues, spec.yScale ?? "linear", room.y) };
  }
  const xType = spec.xScale === "log" ? "log" : "linear";
  const xValues = extent(points, "x");
  if (spec.kind === "scatter" && spec.diagonal) {
    const both = [...xValues, ...yValues];
    return {
      // The same ticks on both axes.
      x: numericScale(both, xType, room.y),
      y: numericScale(both, spec.yScale ?? "linear", room.y),
    };
  }
  const levels = spec.kind === "lines" ? points.map((point) => Number(point.x)) : undefined;
  return { x: numericScale(xValues, xType, room.x, levels), y: numericScale(yValues, spec.yScale ?? "linear", room.y) };
}

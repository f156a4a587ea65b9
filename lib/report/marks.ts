/**
 * Drawing with Observable Plot on linkedom's document; both are loaded when the first figure is drawn.
 *
 * @module
 */
import type * as PlotModule from "@observablehq/plot";
import { methodStyle } from "./methods.ts";
import type { Interval, Point } from "./points.ts";
import type { Scale } from "./scales.ts";
import { type DomNode, serialiseChildren } from "./svg.ts";
import { methodColour } from "./theme.ts";

/** The library and the document it draws into. */
export interface Canvas {
  readonly Plot: typeof PlotModule;
  readonly document: unknown;
}

/** A rectangle in the figure. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Dashes of reference lines, in their order. */
export const REFERENCE_DASHES = ["5 3", "1.5 3", "9 3 2 3", "2 2"];

let canvas: Promise<Canvas> | undefined;

/** The canvas, made once. */
export function openCanvas(): Promise<Canvas> {
  return canvas ??= Promise.all([import("@observablehq/plot"), import("linkedom")]).then(([Plot, { parseHTML }]) => {
    const { document } = parseHTML("<html><body></body></html>") as unknown as { document: unknown };
    return { Plot, document };
  });
}

/** The markup of marks whose scales span the box exactly, as one group. */
export function drawMarks(
  { Plot, document }: Canvas,
  box: Box,
  scales: { readonly x?: Scale; readonly y?: Scale },
  marks: PlotModule.Markish[],
): string {
  const scaleOptions = (scale: Scale | undefined, range: [number, number]) =>
    scale
      ? { type: scale.type, domain: [...scale.domain], range, axis: null }
      : { type: "identity" as const, axis: null };
  const plot = Plot.plot({
    // Plot's types want the browser's Document; linkedom's has what it calls.
    document: document as never,
    className: "plot",
    width: box.width,
    height: box.height,
    margin: 0,
    x: scaleOptions(scales.x, [0, box.width]),
    // Numbers grow upwards, rows of a forest plot are read downwards.
    y: scaleOptions(scales.y, scales.y?.type === "point" ? [0, box.height] : [box.height, 0]),
    marks,
  });
  return serialiseChildren(plot as unknown as DomNode, new Set(["style"])).join("").replaceAll(
    "currentColor",
    "var(--ink)",
  );
}

/** Options that give a mark the colour and dash of a method. */
export function lineStyle(method: string) {
  return { stroke: methodColour(method), strokeDasharray: methodStyle(method).dash || undefined, strokeWidth: 1.8 };
}

/** Options that give a dot the colour and symbol of a method. */
export function dotStyle(method: string, radius: number) {
  const { symbol, filled } = methodStyle(method);
  const colour = methodColour(method);
  return {
    symbol,
    r: radius,
    fill: filled ? colour : "var(--paper)",
    stroke: filled ? "var(--paper)" : colour,
    strokeWidth: filled ? 0.7 : 1.6,
  } as const;
}

/** An interval kept inside a scale's domain, which on a log axis starts above zero. */
export function clamp(interval: Interval, scale: Scale): Interval {
  const [low, high] = scale.domain.map(Number);
  return [Math.max(low, interval[0]), Math.min(high, Math.max(low, interval[1]))];
}

/** Points that carry a tip, as dots of their method. */
export function tippedDots({ Plot }: Canvas, points: readonly Point[], method: string, radius: number, dx = 0) {
  return Plot.dot(points, { x: "x", y: "y", dx, title: "tip", ...dotStyle(method, radius) });
}

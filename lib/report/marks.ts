/**
 * Drawing with Observable Plot on linkedom's document; both are loaded when the first figure is drawn.
 *
 * @module
 */
import type * as PlotModule from "@observablehq/plot";
import type { Box } from "./box.ts";
import { methodStyle, type MethodSymbol } from "./methods.ts";
import { type Interval, type Point, TICK } from "./points.ts";
import type { Scale } from "./scales.ts";
import { type DomNode, serialiseChildren } from "./svg.ts";
import { LINE, type Pen, seriesOf } from "./pen.ts";
import { methodVariable, named } from "./theme.ts";

/** The library and the document it draws into. */
export interface Canvas {
  /** Observable Plot. */
  readonly Plot: typeof PlotModule;
  /** linkedom's document, in which Plot makes its elements. */
  readonly document: unknown;
  /** Whether points carry their numbers. */
  readonly tips: boolean;
}

/** What was drawn, written for where it is shown. */
export type Drawing = (pen: Pen) => string;

/** Something that Observable Plot draws. */
type Markish = PlotModule.Markish;

/** What Observable Plot draws at a point. */
type SymbolType = PlotModule.SymbolType;

/** Dashes of reference lines, in their order. */
export const REFERENCE_DASHES = ["5 3", "1.5 3", "9 3 2 3", "2 2"];

let loaded: Promise<Omit<Canvas, "tips">> | undefined;

/**
 * A canvas for one figure; what it draws with is loaded once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { Plot } = await openCanvas({ tips: false });
 * assert.equal(typeof Plot.plot, "function");
 * ```
 */
export async function openCanvas({ tips }: Pick<Canvas, "tips">): Promise<Canvas> {
  const drawsWith =
    await (loaded ??= Promise.all([import("@observablehq/plot"), import("linkedom")]).then(([Plot, { parseHTML }]) => {
      const { document } = parseHTML("<html><body></body></html>") as unknown as { document: unknown };
      return { Plot, document };
    }));
  return { ...drawsWith, tips };
}

/**
 * Marks whose scales span the box exactly, drawn for any target.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Pen } from "./pen.ts";
 * const canvas = await openCanvas({ tips: false });
 * const box = { left: 0, top: 0, width: 100, height: 50 };
 * const x = { type: "linear", domain: [0, 1], ticks: [], labels: [] } as const;
 * const drawing = drawMarks(canvas, box, { x }, [canvas.Plot.ruleX([0.5])]);
 * assert.match(drawing(new Pen("file")), /<line x1="50" x2="50"/);
 * assert.match(drawing(new Pen("page")), /<path .*d="M50,0V50"/);
 * ```
 */
export function drawMarks(
  { Plot, document }: Canvas,
  box: Box,
  scales: { readonly x?: Scale; readonly y?: Scale },
  marks: Markish[],
): Drawing {
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
  return (pen) => serialiseChildren(plot as unknown as DomNode, pen.writing).join("");
}

/**
 * Options that give a mark the colour and dash of a method.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(lineStyle("dr").stroke, "var(--m-dr)");
 * ```
 */
export function lineStyle(
  method: string,
): { className: string; stroke: string; strokeDasharray: string | undefined; strokeWidth: number } {
  return {
    className: seriesOf(method),
    stroke: named(methodVariable(method)),
    strokeDasharray: methodStyle(method).dash || undefined,
    strokeWidth: 1.8,
  };
}

/**
 * Options that give a dot the colour and symbol of a method.
 *
 * @param radius px
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(dotStyle("cpo", 4).fill, "var(--paper)");
 * ```
 */
export function dotStyle(
  method: string,
  radius: number,
): {
  className: string;
  symbol: MethodSymbol;
  r: number;
  fill: string;
  stroke: string;
  strokeWidth: number;
} {
  const { symbol, filled } = methodStyle(method);
  const colour = named(methodVariable(method)), paper = named("paper");
  return {
    className: seriesOf(method),
    symbol,
    r: radius,
    fill: filled ? colour : paper,
    stroke: filled ? paper : colour,
    strokeWidth: filled ? 0.7 : 1.6,
  };
}

/** A short upright line in place of a dot. */
const UPRIGHT: SymbolType = {
  draw(context: { moveTo(x: number, y: number): void; lineTo(x: number, y: number): void }, size: number) {
    const half = 0.7 * Math.sqrt(size);
    context.moveTo(0, -half);
    context.lineTo(0, half);
  },
};

/**
 * Options that tell the dots of a row apart: filled, hollow, and a tick.
 *
 * @param mark 0, 1 or 2
 * @param radius px
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(markStyle(1, "#1a1a1a", 4).fill, "var(--paper)");
 * ```
 */
export function markStyle(
  mark: number,
  colour: string,
  radius: number,
): { symbol: SymbolType; r: number; fill: string; stroke: string; strokeWidth: number } {
  const filled = mark === 0, paper = named("paper");
  return {
    symbol: mark === TICK ? UPRIGHT : "circle",
    r: radius,
    fill: filled ? colour : paper,
    stroke: filled ? paper : colour,
    strokeWidth: filled ? 0.7 : mark === TICK ? 2 : 1.6,
  };
}

/**
 * An interval kept inside a scale's domain, which on a log axis starts above zero.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(clamp([-1, 5], { type: "log", domain: [0.1, 10], ticks: [], labels: [] }), [0.1, 5]);
 * ```
 */
export function clamp(interval: Interval, scale: Scale): Interval {
  const [low, high] = scale.domain.map(Number);
  return [Math.max(low, interval[0]), Math.min(high, Math.max(low, interval[1]))];
}

/**
 * The tips of points as a channel of marks; undefined where none are written.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(tipChannel({ tips: false }), undefined);
 * ```
 */
export function tipChannel({ tips }: Pick<Canvas, "tips">): ((point: Pick<Point, "tip">) => string) | undefined {
  return tips ? ({ tip }) => tip.join(LINE) : undefined;
}

/**
 * Points that carry a tip, as dots of their method.
 *
 * @param radius px
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Pen } from "./pen.ts";
 * const canvas = await openCanvas({ tips: true });
 * const dots = tippedDots(canvas, [{ method: "dr", panel: "", x: 1, y: 2, mark: 0, tip: ["DR"] }], "dr", 4);
 * const box = { left: 0, top: 0, width: 10, height: 10 };
 * assert.match(drawMarks(canvas, box, {}, [dots])(new Pen("page")), /<title>DR<\/title>/);
 * ```
 */
export function tippedDots(
  canvas: Canvas,
  points: readonly Point[],
  method: string,
  radius: number,
): Markish {
  return canvas.Plot.dot(points, { x: "x", y: "y", title: tipChannel(canvas), ...dotStyle(method, radius) });
}

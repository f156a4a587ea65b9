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
import type { Pen } from "./pen.ts";

/** The library and the document it draws into. */
export interface Canvas {
  /** Observable Plot. */
  readonly Plot: typeof PlotModule;
  /** linkedom's document, in which Plot makes its elements. */
  readonly document: unknown;
  /** Writes colours, texts and tips for where the figure is shown. */
  readonly pen: Pen;
}

/** Something that Observable Plot draws. */
type Markish = PlotModule.Markish;

/** What Observable Plot draws at a point. */
type SymbolType = PlotModule.SymbolType;

/** Dashes of reference lines, in their order. */
export const REFERENCE_DASHES = ["5 3", "1.5 3", "9 3 2 3", "2 2"];

const SKIPS = new Set(["style"]);
/** A page's style says how lines end, and its script asks for dots and lines alone. */
const PAGE_SKIPS = new Set([
  ...SKIPS,
  ...["aria-hidden", "stroke-linecap", "stroke-linejoin"],
  ...["rule", "area", "frame", "x-grid", "y-grid"],
]);

let loaded: Promise<Omit<Canvas, "pen">> | undefined;

/**
 * A canvas for one figure; what it draws with is loaded once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Pen } from "./pen.ts";
 * const { Plot } = await openCanvas(new Pen("page"));
 * assert.equal(typeof Plot.plot, "function");
 * ```
 */
export async function openCanvas(pen: Pen): Promise<Canvas> {
  const drawsWith =
    await (loaded ??= Promise.all([import("@observablehq/plot"), import("linkedom")]).then(([Plot, { parseHTML }]) => {
      const { document } = parseHTML("<html><body></body></html>") as unknown as { document: unknown };
      return { Plot, document };
    }));
  return { ...drawsWith, pen };
}

/**
 * The markup of marks whose scales span the box exactly, as one group.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Pen } from "./pen.ts";
 * const canvas = await openCanvas(new Pen("page"));
 * const box = { left: 0, top: 0, width: 100, height: 50 };
 * const x = { type: "linear", domain: [0, 1], ticks: [], labels: [] } as const;
 * assert.match(drawMarks(canvas, box, { x }, [canvas.Plot.ruleX([0.5])]), /<line x1="50" x2="50"/);
 * ```
 */
export function drawMarks(
  { Plot, document, pen }: Canvas,
  box: Box,
  scales: { readonly x?: Scale; readonly y?: Scale },
  marks: Markish[],
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
  return serialiseChildren(plot as unknown as DomNode, pen.target === "page" ? PAGE_SKIPS : SKIPS, pen.decimals).join(
    "",
  );
}

/**
 * Options that give a mark the colour and dash of a method.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Pen } from "./pen.ts";
 * assert.equal(lineStyle(new Pen("page"), "dr").stroke, "var(--m-dr)");
 * ```
 */
export function lineStyle(
  pen: Pen,
  method: string,
): { className: string | undefined; stroke: string; strokeDasharray: string | undefined; strokeWidth: number } {
  return {
    className: pen.series(method),
    stroke: pen.method(method),
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
 * import { Pen } from "./pen.ts";
 * assert.equal(dotStyle(new Pen("page"), "cpo", 4).fill, "var(--paper)");
 * ```
 */
export function dotStyle(
  pen: Pen,
  method: string,
  radius: number,
): {
  className: string | undefined;
  symbol: MethodSymbol;
  r: number;
  fill: string;
  stroke: string;
  strokeWidth: number;
} {
  const { symbol, filled } = methodStyle(method);
  const colour = pen.method(method), paper = pen.colour("paper");
  return {
    className: pen.series(method),
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
 * import { Pen } from "./pen.ts";
 * assert.equal(markStyle(new Pen("page"), 1, "#1a1a1a", 4).fill, "var(--paper)");
 * ```
 */
export function markStyle(
  pen: Pen,
  mark: number,
  colour: string,
  radius: number,
): { symbol: SymbolType; r: number; fill: string; stroke: string; strokeWidth: number } {
  const filled = mark === 0, paper = pen.colour("paper");
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
 * import { Pen } from "./pen.ts";
 * import assert from "node:assert/strict";
 * assert.equal(tipChannel(new Pen("page")), undefined);
 * ```
 */
export function tipChannel(pen: Pen): ((point: Pick<Point, "tip">) => string) | undefined {
  return pen.tipLabels && (({ tip }) => pen.tip(tip));
}

/**
 * Points that carry a tip, as dots of their method.
 *
 * @param radius px
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Pen } from "./pen.ts";
 * const canvas = await openCanvas(new Pen("page", [""]));
 * const dots = tippedDots(canvas, [{ method: "dr", panel: "", x: 1, y: 2, mark: 0, tip: ["DR"] }], "dr", 4);
 * const box = { left: 0, top: 0, width: 10, height: 10 };
 * assert.match(drawMarks(canvas, box, {}, [dots]), /<title>DR<\/title>/);
 * ```
 */
export function tippedDots(
  { Plot, pen }: Canvas,
  points: readonly Point[],
  method: string,
  radius: number,
): Markish {
  return Plot.dot(points, { x: "x", y: "y", title: tipChannel(pen), ...dotStyle(pen, method, radius) });
}

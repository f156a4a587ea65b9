/**
 * One panel of a figure: grid, reference lines, bands or intervals, lines, dots.
 *
 * @module
 */
import type { Markish } from "@observablehq/plot";
import { drawCells } from "./cells.ts";
import type { Arrow } from "./arrows.ts";
import { drawArrows } from "./field.ts";
import type { Box } from "./box.ts";
import {
  type Canvas,
  clamp,
  type Drawing,
  drawMarks,
  lineStyle,
  markStyle,
  REFERENCE_DASHES,
  tipChannel,
  tippedDots,
} from "./marks.ts";
import { seriesOf } from "./pen.ts";
import type { Gap, Interval, Point } from "./points.ts";
import type { ReferenceLine } from "./references.ts";
import type { Scale } from "./scales.ts";
import { methodVariable, named } from "./theme.ts";
import type { FigureSpec } from "./types.ts";

/** What a panel shows. */
interface Panel {
  /** The points of this panel. */
  readonly points: readonly Point[];
  /** Arrows of the whole figure, which share a scale. */
  readonly arrows: readonly Arrow[];
  /** Value of the panel column as text. */
  readonly name: string;
  /** Places without a value in the whole figure. */
  readonly gaps: readonly Gap[];
  /** Method ids of the whole figure, so that a method has one place in all panels. */
  readonly methods: readonly string[];
  /** Names of the dots of a row, of the whole figure; none where a row has one. */
  readonly marks: readonly string[];
  /** Reference lines of this panel. */
  readonly references: readonly ReferenceLine[];
  /** Scales of the figure, the same in all its panels. */
  readonly scales: { readonly x: Scale; readonly y: Scale };
}

/** Half-transparent enough that ten bands can lie on each other. */
const BAND_OPACITY = 0.13;

/** Beyond this many methods bands turn into mud: each point gets a bar instead. Lines keep their true x all the same. */
const BANDS = 6;
/** So faint that bars on one another leave lines and markers to be seen. */
const BAR_OPACITY = 0.4;

/** Markers on a line beyond this many points hide the line. */
const MARKERS = 14;

/**
 * A panel's inside, in the coordinates of its box.
 *
 * @example
 * ```ts
 * import { openCanvas } from "./marks.ts";
 * import { Pen } from "./pen.ts";
 * import { figurePoints } from "./points.ts";
 * import { figureScales } from "./scales.ts";
 * import { forest } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const found = figurePoints(forest);
 * const scales = figureScales(forest, found, { width: 400, height: 100 });
 * const box = { left: 0, top: 0, width: 400, height: 100 };
 * const canvas = await openCanvas({ tips: true });
 * const drawing = drawPanel(canvas, forest, { ...found, name: "", references: [], scales }, box, 4);
 * assert.equal(drawing(new Pen("page")).match(/<title>/g)?.length, found.points.length);
 * ```
 */
export function drawPanel(canvas: Canvas, spec: FigureSpec, panel: Panel, box: Box, radius: number): Drawing {
  const { Plot } = canvas;
  const { x, y } = panel.scales;
  if (spec.kind === "cells") return (pen) => drawCells(pen, spec, panel.points, panel.scales, box);
  const marks: Markish[] = [];
  if (y.type !== "point") marks.push(Plot.gridY([...y.ticks], { stroke: named("grid"), strokeOpacity: 1 }));
  else marks.push(Plot.ruleY([...y.domain], { stroke: named("grid") }));
  marks.push(Plot.gridX([...x.ticks], { stroke: named("grid"), strokeOpacity: 1 }));
  marks.push(Plot.frame({ stroke: named("rule"), anchor: "bottom" }));
  if (spec.kind === "scatter" && spec.diagonal) {
    const [low, high] = x.domain;
    marks.push(Plot.line([[low, low], [high, high]], { stroke: named("muted"), strokeDasharray: "2 3" }));
  }
  for (const { value, interval, dash } of panel.references) {
    if (interval) marks.push(referenceBand(canvas, spec, clamp(interval, spec.kind === "dots" ? x : y)));
    const style = {
      stroke: named("ink"),
      strokeDasharray: REFERENCE_DASHES[dash % REFERENCE_DASHES.length],
      strokeWidth: 1.2,
    };
    marks.push(spec.kind === "dots" ? Plot.ruleX([value], style) : Plot.ruleY([value], style));
  }
  const { highlight } = spec.kind === "lines" ? spec : {};
  // Grey lines lie below the others.
  const byMethod = panel.methods.map((method) => ({
    method,
    faint: highlight !== undefined && !highlight.includes(method),
    points: panel.points.filter((point) => point.method === method),
  })).filter(({ points }) => points.length).sort((a, b) => Number(b.faint) - Number(a.faint));
  if (spec.kind === "field") {
    const axes = drawMarks(canvas, box, panel.scales, [
      ...marks,
      Plot.ruleX([0], { stroke: named("rule") }),
      Plot.ruleY([0], { stroke: named("rule") }),
    ]);
    const arrows = panel.arrows.filter((arrow) => arrow.panel === panel.name);
    const over = drawMarks(canvas, box, panel.scales, paths(canvas, byMethod, radius));
    return (pen) => axes(pen) + drawArrows(pen, arrows, panel.arrows, panel.scales, box) + over(pen);
  }
  if (spec.kind === "lines") {
    const gaps = panel.gaps.filter((gap) => gap.panel === panel.name);
    marks.push(...lines(canvas, byMethod, gaps, panel.scales, radius));
  } else marks.push(...dots(canvas, byMethod, panel, radius));
  return drawMarks(canvas, box, panel.scales, marks);
}

/** The interval of a reference, across the whole panel. */
function referenceBand({ Plot }: Canvas, spec: FigureSpec, [low, high]: Interval): Markish {
  const style = { fill: named("ink"), fillOpacity: 0.09 };
  return spec.kind === "dots"
    ? Plot.rectX([0], { x1: low, x2: high, ...style })
    : Plot.rectY([0], { y1: low, y2: high, ...style });
}

/** The points of one method. */
interface Series {
  readonly method: string;
  /** One of many that show what is usual: a grey line, without markers and intervals. */
  readonly faint: boolean;
  readonly points: readonly Point[];
}

/** Bands below all lines, lines below all markers: a band never hides another method's line. */
function lines(
  canvas: Canvas,
  all: readonly Series[],
  gaps: readonly Gap[],
  scales: Panel["scales"],
  radius: number,
): Markish[] {
  const { Plot } = canvas;
  const pointed = (points: readonly Point[]) =>
    Plot.dot(points, { x: "x", y: "y", r: 3, fill: named("paper"), fillOpacity: 0, title: tipChannel(canvas) });
  const bands: Markish[] = [], strokes: Markish[] = [], markers: Markish[] = [];
  const bars = all.filter(({ faint }) => !faint).length > BANDS;
  for (const { method, points: unordered, faint } of all) {
    const byX = (a: { x: number | string }, b: { x: number | string }) => Number(a.x) - Number(b.x);
    const points = [...unordered].sort(byX);
    // What is not a number breaks a line and its band.
    const breaks = gaps.filter((gap) => gap.method === method).map(({ x }) => ({
      x,
      y: NaN,
      interval: [NaN, NaN] as const,
    }));
    if (faint) {
      const grey = { x: "x", y: "y", stroke: named("rule"), strokeWidth: 1.2 };
      strokes.push(Plot.lineY([...points, ...breaks].sort(byX), grey), pointed(points));
      continue;
    }
    const banded = points.filter((point) => point.yInterval).map((point) => ({
      x: point.x,
      interval: clamp(point.yInterval!, scales.y),
    })).concat(breaks).sort(byX);
    const ends = {
      x: "x",
      y1: (d: typeof banded[number]) => d.interval[0],
      y2: (d: typeof banded[number]) => d.interval[1],
    };
    bands.push(
      bars
        ? Plot.ruleX(banded, {
          ...ends,
          className: seriesOf(method),
          stroke: named(methodVariable(method)),
          strokeOpacity: BAR_OPACITY,
          strokeWidth: 1.4,
        })
        : Plot.areaY(banded, {
          ...ends,
          className: seriesOf(method),
          fill: named(methodVariable(method)),
          fillOpacity: BAND_OPACITY,
        }),
    );
    strokes.push(Plot.lineY([...points, ...breaks].sort(byX), { x: "x", y: "y", ...lineStyle(method) }));
    const every = Math.ceil(points.length / MARKERS);
    markers.push(tippedDots(canvas, points.filter((_, i) => i % every === 0), method, radius));
    // Points without a marker still answer the pointer.
    const hidden = points.filter((_, i) => i % every !== 0);
    if (hidden.length) markers.push(pointed(hidden));
  }
  return [...bands, ...strokes, ...markers];
}

/** Stations joined in the order of their rows. */
function paths(canvas: Canvas, all: readonly Series[], radius: number): Markish[] {
  return [
    ...all.map(({ method, points }) => canvas.Plot.line(points, { x: "x", y: "y", ...lineStyle(method) })),
    ...all.map(({ method, points }) => tippedDots(canvas, points, method, 0.75 * radius)),
  ];
}

/** Dots with their intervals. */
function dots(canvas: Canvas, all: readonly Series[], panel: Panel, radius: number): Markish[] {
  const { Plot } = canvas;
  const { x, y } = panel.scales;
  return all.flatMap(({ method, points }) => {
    const style = { className: seriesOf(method), stroke: named(methodVariable(method)), strokeWidth: 1.6 };
    const vertical = points.filter((point) => point.yInterval);
    const horizontal = points.filter((point) => point.xInterval);
    // Hollow dots and their intervals are what the filled ones are held against.
    const strength = panel.marks.length > 0 && { strokeOpacity: (d: Point) => d.mark === 0 ? 1 : BAR_OPACITY };
    const marked = panel.marks.map((_, mark) => mark).reverse().map((mark) =>
      Plot.dot(points.filter((point) => point.mark === mark), {
        x: "x",
        y: "y",
        title: tipChannel(canvas),
        className: seriesOf(method),
        ...markStyle(mark, named(methodVariable(method)), radius),
      })
    );
    const end = (axis: "x" | "y", scale: Scale, i: 0 | 1) => (d: Point) => clamp(d[`${axis}Interval`]!, scale)[i];
    return [
      Plot.ruleX(vertical, { x: "x", y1: end("y", y, 0), y2: end("y", y, 1), ...style }),
      Plot.ruleY(horizontal, { y: "y", x1: end("x", x, 0), x2: end("x", x, 1), ...style, ...strength }),
      ...panel.marks.length === 0 ? [tippedDots(canvas, points, method, radius)] : marked,
    ];
  });
}

/**
 * The text around a panel: tick labels, heading, names of reference lines, numbers of a forest plot.
 *
 * @module
 */
import { cellTexts, slantedFoot, slantedLabel } from "./cells.ts";
import type { Box } from "./box.ts";
import { forestText, type PanelPlace, TEXT_LINE, xTickLines } from "./layout.ts";
import type { Pen, TextStyle } from "./pen.ts";
import type { Point } from "./points.ts";
import type { ReferenceLine } from "./references.ts";
import { fraction, type Scale } from "./scales.ts";
import { LABEL_TEXT, textWidth, TICK_TEXT, wrapText } from "./text_width.ts";
import type { FigureSpec } from "./types.ts";

/**
 * The markup of all text of a panel, in the figure's coordinates.
 *
 * @example
 * ```ts
 * import { layOut } from "./layout.ts";
 * import { Pen } from "./pen.ts";
 * import { figurePoints } from "./points.ts";
 * import { figureScales } from "./scales.ts";
 * import { forest } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const points = figurePoints(forest);
 * const scales = figureScales(forest, points, { width: 500, height: 100 });
 * const [place] = layOut(forest, points, scales, 720).panels;
 * const texts = drawAxes(new Pen("page"), forest, place, scales, points.points, [], true);
 * assert.ok(texts.some((text) => text.includes(">Naive<")));
 * ```
 */
export function drawAxes(
  pen: Pen,
  spec: FigureSpec,
  place: PanelPlace,
  scales: { readonly x: Scale; readonly y: Scale },
  points: readonly Point[],
  references: readonly ReferenceLine[],
  numbers: boolean,
): string[] {
  const { box } = place;
  const forest = spec.kind === "dots", cells = spec.kind === "cells";
  const parts: string[] = [];
  const bottom = box.top + box.height;
  const nameLines = place.names.flatMap(({ lines }) => lines).length;
  for (const [i, line] of place.title.entries()) {
    const y = box.top - 8 - TEXT_LINE * (place.title.length - 1 - i + nameLines);
    parts.push(pen.text(line, box.left, y, { size: LABEL_TEXT, colour: "ink", bold: true }));
  }
  const step = box.width / scales.x.ticks.length, slanted = slantedFoot(spec, scales.x, step) !== undefined;
  for (const [i, lines] of xTickLines(scales.x, step).entries()) {
    const x = box.left + fraction(scales.x, scales.x.ticks[i]) * box.width;
    if (slanted) {
      parts.push(slantedLabel(pen, scales.x.labels[i], x, bottom));
      continue;
    }
    for (const [j, line] of lines.entries()) {
      const y = bottom + 16 + j * TEXT_LINE;
      parts.push(pen.text(line, x, y, { size: TICK_TEXT, colour: "muted", anchor: "middle" }));
    }
  }
  if (place.first) {
    for (const [i, tick] of scales.y.ticks.entries()) {
      const y = box.top + placeY(scales.y, tick) * box.height + 4;
      const style: TextStyle = forest || cells
        ? { size: LABEL_TEXT, colour: "ink", anchor: "end" }
        : { size: TICK_TEXT, colour: "muted", anchor: "end" };
      // A name that is too long for its room stands in lines, around its place.
      const lines = wrapText(scales.y.labels[i], style.size, box.left - 9);
      for (const [k, line] of lines.entries()) {
        const down = (k - (lines.length - 1) / 2) * style.size;
        parts.push(pen.text(line, box.left - 8, y + down, style));
      }
    }
  }
  if (numbers) {
    for (const point of points.filter(({ mark }) => mark === 0)) {
      const y = box.top + placeY(scales.y, point.y) * box.height + 4;
      parts.push(
        pen.text(forestText(point), box.left + box.width + 12, y, { size: TICK_TEXT, colour: "muted" }),
      );
    }
  }
  if (cells) return [...parts, ...cellTexts(pen, points, scales, box)];
  return [...parts, ...(forest ? namesAbove(pen, place, scales.x) : namesInside(pen, box, scales, points, references))];
}

/** Where a value lies from the top, 0 to 1: rows of a forest plot run downwards, numbers upwards. */
function placeY(scale: Scale, value: number | string): number {
  return scale.type === "point" ? fraction(scale, value) : 1 - fraction(scale, value);
}

/** Names of a forest plot's vertical lines, each on lines of its own above the panel. */
function namesAbove(pen: Pen, { box, names }: PanelPlace, scale: Scale): string[] {
  const rows = names.flatMap(({ value, lines }) => lines.map((line) => ({ value, line })));
  return rows.map(({ value, line }, i) => {
    const half = textWidth(line, TICK_TEXT) / 2;
    const wanted = box.left + fraction(scale, value) * box.width;
    const x = Math.max(box.left + half, Math.min(box.left + box.width - half, wanted));
    const y = box.top - 6 - TEXT_LINE * (rows.length - 1 - i);
    return pen.text(line, x, y, { size: TICK_TEXT, colour: "muted", anchor: "middle" });
  });
}

/** Names of lines that belong to one panel: above or below the line, at the end where least is drawn. */
function namesInside(
  pen: Pen,
  box: Box,
  scales: { readonly x: Scale; readonly y: Scale },
  points: readonly Point[],
  references: readonly ReferenceLine[],
): string[] {
  const drawn = samples(box, scales, points);
  return references.filter((line) => line.local).map((line) => {
    const level = (1 - fraction(scales.y, line.value)) * box.height;
    const width = textWidth(line.label, TICK_TEXT);
    const places = [-5, 13].flatMap((below) => [box.width - 4 - width, 4].map((x) => ({ x, y: level + below })));
    const cost = ({ x, y }: { x: number; y: number }) =>
      (y < 10 || y > box.height ? 1e6 : 0) +
      drawn.filter((at) => at.x > x - 3 && at.x < x + width + 3 && at.y > y - 12 && at.y < y + 4).length;
    const best = places.reduce((a, b) => cost(b) < cost(a) ? b : a);
    const style = { size: TICK_TEXT, colour: "ink", halo: true } as const;
    return pen.text(line.label, box.left + best.x, box.top + best.y, style);
  });
}

/** Places along the lines between neighbouring points of each method, px from the panel's top left. */
function samples(box: Box, scales: { readonly x: Scale; readonly y: Scale }, points: readonly Point[]) {
  const at = (point: Point) => ({
    x: fraction(scales.x, point.x) * box.width,
    y: (1 - fraction(scales.y, point.y)) * box.height,
  });
  return [...new Set(points.map((point) => point.method))].flatMap((method) => {
    const own = points.filter((point) => point.method === method).map(at).sort((a, b) => a.x - b.x);
    return own.flatMap((start, i) => {
      const end = own[i + 1] ?? start;
      return [0, 0.2, 0.4, 0.6, 0.8].map((t) => ({
        x: start.x + t * (end.x - start.x),
        y: start.y + t * (end.y - start.y),
      }));
    });
  });
}

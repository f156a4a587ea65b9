/**
 * The text around a panel: tick labels, heading, names of reference lines, numbers of a forest plot.
 *
 * @module
 */
import { LABEL_TEXT, type PanelPlace, TEXT_LINE, TICK_TEXT, xTickLines } from "./layout.ts";
import { forestText } from "./layout.ts";
import type { Point } from "./points.ts";
import type { ReferenceLine } from "./references.ts";
import { fraction, type Scale } from "./scales.ts";
import { label } from "./svg.ts";
import { textWidth } from "./text_width.ts";
import type { FigureSpec } from "./types.ts";

/** Text with a halo in the page's colour, so that it can lie on lines. */
const HALO = { stroke: "var(--paper)", "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" };

/** The markup of all text of a panel, in the figure's coordinates. */
export function drawAxes(
  spec: FigureSpec,
  place: PanelPlace,
  scales: { readonly x: Scale; readonly y: Scale },
  points: readonly Point[],
  references: readonly ReferenceLine[],
  single: boolean,
): string[] {
  const { box } = place;
  const forest = spec.kind === "dots";
  const parts: string[] = [];
  const bottom = box.top + box.height;
  const referenceLines = forest ? references.length : 0;
  for (const [i, line] of place.title.entries()) {
    const y = box.top - 8 - TEXT_LINE * (place.title.length - 1 - i + referenceLines);
    parts.push(label(line, box.left, y, { "font-size": LABEL_TEXT, "font-weight": 600, fill: "var(--ink)" }));
  }
  for (const [i, lines] of xTickLines(scales.x, box.width / scales.x.ticks.length).entries()) {
    const x = box.left + fraction(scales.x, scales.x.ticks[i]) * box.width;
    for (const [j, line] of lines.entries()) {
      const y = bottom + 16 + j * TEXT_LINE;
      parts.push(label(line, x, y, { "font-size": TICK_TEXT, "text-anchor": "middle", fill: "var(--muted)" }));
    }
  }
  if (place.first) {
    for (const [i, tick] of scales.y.ticks.entries()) {
      const y = box.top + placeY(scales.y, tick) * box.height + 4;
      const style = forest
        ? { "font-size": LABEL_TEXT, fill: "var(--ink)" }
        : { "font-size": TICK_TEXT, fill: "var(--muted)" };
      parts.push(label(scales.y.labels[i], box.left - 8, y, { "text-anchor": "end", ...style }));
    }
  }
  if (forest && single) {
    for (const point of points) {
      const y = box.top + placeY(scales.y, point.y) * box.height + 4;
      parts.push(
        label(forestText(point), box.left + box.width + 12, y, { "font-size": TICK_TEXT, fill: "var(--muted)" }),
      );
    }
  }
  return [...parts, ...(forest ? namesAbove(box, scales.x, references) : namesInside(box, scales, points, references))];
}

/** Where a value lies from the top, 0 to 1: rows of a forest plot run downwards, numbers upwards. */
function placeY(scale: Scale, value: number | string): number {
  return scale.type === "point" ? fraction(scale, value) : 1 - fraction(scale, value);
}

/** Names of a forest plot's vertical lines, each on a line of its own above the panel. */
function namesAbove(box: PanelPlace["box"], scale: Scale, references: readonly ReferenceLine[]): string[] {
  return references.map((line, i) => {
    const half = textWidth(line.label, TICK_TEXT) / 2;
    const wanted = box.left + fraction(scale, line.value) * box.width;
    const x = Math.max(box.left + half, Math.min(box.left + box.width - half, wanted));
    const y = box.top - 6 - TEXT_LINE * (references.length - 1 - i);
    return label(line.label, x, y, { "font-size": TICK_TEXT, "text-anchor": "middle", fill: "var(--muted)" });
  });
}

/** Names of lines that belong to one panel, on the line at the end with fewer points near it. */
function namesInside(
  box: PanelPlace["box"],
  scales: { readonly x: Scale; readonly y: Scale },
  points: readonly Point[],
  references: readonly ReferenceLine[],
): string[] {
  return references.filter((line) => line.local).map((line) => {
    const at = fraction(scales.y, line.value);
    const crowd = (side: "left" | "right") =>
      points.filter((point) =>
        (fraction(scales.x, point.x) > 0.5) === (side === "right") && Math.abs(fraction(scales.y, point.y) - at) < 0.15
      ).length;
    const right = crowd("right") <= crowd("left");
    const y = box.top + (1 - at) * box.height + (at > 0.9 ? 13 : -5);
    return label(line.label, right ? box.left + box.width - 4 : box.left + 4, y, {
      "font-size": TICK_TEXT,
      "text-anchor": right ? "end" : "start",
      fill: "var(--ink)",
      ...HALO,
    });
  });
}

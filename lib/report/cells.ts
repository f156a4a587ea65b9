/**
 * Heat maps: cells shaded by a number, with text in them.
 *
 * Shades are opacities of one colour over the page, so that they work on light and dark; text stays in the page's ink, and
 * the strongest shade leaves it a contrast of 3:1 or more.
 *
 * @module
 */
import type { Box } from "./box.ts";
import type { Point } from "./points.ts";
import type { Pen } from "./pen.ts";
import { fraction, type Scale } from "./scales.ts";
import { coordinates, element } from "./svg.ts";
import { escapeText } from "./escape.ts";
import { textWidth, TICK_TEXT } from "./text_width.ts";
import type { ColourName } from "./theme.ts";
import type { CellsFigure, FigureSpec } from "./types.ts";

/** Opacity of the faintest and the strongest shade. */
const OPACITY = [0.04, 0.55] as const;
/** Gap between neighbouring cells, px. */
const GAP = 1;
/** Slant of column names that have no room side by side, degrees. */
const SLANT = 45;

/** Style rules for the cells of heat maps on pages. */
export const CELL_STYLE =
  ".cells rect{width:var(--w);height:var(--h)}.cells .l{fill:var(--link)}.cells .f{fill:var(--fails)}";

/** How a cell is filled. */
interface Shade {
  /** A colour of the theme. */
  readonly colour: ColourName;
  /** From 0 to 1. */
  readonly opacity: number;
}

/**
 * The shade of a value.
 *
 * @example Beyond the domain nothing gets stronger
 * ```ts
 * import assert from "node:assert/strict";
 * const domain = [0, 10] as const;
 * assert.deepEqual(shadeOf({ domain }, 99), shadeOf({ domain }, 10));
 * assert.notEqual(shadeOf({ domain, middle: 5 }, 0).colour, shadeOf({ domain, middle: 5 }, 10).colour);
 * ```
 */
export function shadeOf({ domain, middle }: Pick<CellsFigure, "domain" | "middle">, value: number): Shade {
  const [first, last] = domain, from = middle ?? first;
  const towards = (end: number) => end === from ? 0 : (value - from) / (end - from);
  const low = middle !== undefined && towards(last) < 0;
  const strength = Math.min(1, Math.max(0, towards(low ? first : last)));
  return {
    colour: low ? "fails" : "link",
    opacity: OPACITY[0] + (OPACITY[1] - OPACITY[0]) * strength,
  };
}

/** Width and height of a cell, px. */
function cellSize(box: Box, scales: { readonly x: Scale; readonly y: Scale }): { width: number; height: number } {
  return { width: box.width / scales.x.domain.length, height: box.height / scales.y.domain.length };
}

/**
 * The markup of the cells of a panel, in the coordinates of its box.
 *
 * @example
 * ```ts
 * import { figurePoints } from "./points.ts";
 * import { figureScales } from "./scales.ts";
 * import { Pen } from "./pen.ts";
 * import { heatMap } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const points = figurePoints(heatMap), scales = figureScales(heatMap, points, { width: 300, height: 100 });
 * const svg = drawCells(new Pen("page"), heatMap, points.points, scales, { left: 0, top: 0, width: 300, height: 100 });
 * assert.equal(svg.match(/<rect/g)?.length, heatMap.data.length);
 * ```
 */
export function drawCells(
  pen: Pen,
  spec: CellsFigure,
  points: readonly Point[],
  scales: { readonly x: Scale; readonly y: Scale },
  box: Box,
): string {
  const { width, height } = cellSize(box, scales);
  // A page has thousands of cells: what they share is said once, by class and variables.
  const page = pen.target === "page", size = { width: pen.round(width - GAP), height: pen.round(height - GAP) };
  const cells = points.map((point) => {
    const { colour, opacity } = shadeOf(spec, point.cell!.value);
    const place = {
      x: pen.round(fraction(scales.x, point.x) * box.width - width / 2 + GAP / 2),
      y: pen.round(fraction(scales.y, point.y) * box.height - height / 2 + GAP / 2),
    };
    const fill = page ? { class: colour[0] } : { ...size, fill: pen.colour(colour) };
    const strength = { "fill-opacity": Number(opacity.toFixed(page ? 2 : 3)) };
    const tip = pen.tipLabels ? [element("title", {}, escapeText(pen.tip(point.tip)))] : [];
    return element("rect", { ...place, ...fill, ...strength }, ...tip);
  }).join("");
  const style = page ? `--w:${size.width}px;--h:${size.height}px` : undefined;
  return element("g", { class: page ? "cells" : undefined, style }, cells);
}

/**
 * The texts of the cells of a panel, in the figure's coordinates: all of them, or none where one has no room.
 *
 * @example
 * ```ts
 * import { figurePoints } from "./points.ts";
 * import { figureScales } from "./scales.ts";
 * import { Pen } from "./pen.ts";
 * import { heatMap } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const points = figurePoints(heatMap), scales = figureScales(heatMap, points, { width: 300, height: 100 });
 * const pen = new Pen("page");
 * const texts = (width: number) => cellTexts(pen, points.points, scales, { left: 0, top: 0, width, height: 100 }).length;
 * assert.deepEqual([texts(300), texts(30)], [heatMap.data.length, 0]);
 * ```
 */
export function cellTexts(
  pen: Pen,
  points: readonly Point[],
  scales: { readonly x: Scale; readonly y: Scale },
  box: Box,
): string[] {
  const { width } = cellSize(box, scales);
  if (points.some(({ cell }) => textWidth(cell!.text, TICK_TEXT) > width - 2)) return [];
  return points.map(({ x, y, cell }) =>
    pen.text(
      cell!.text,
      box.left + fraction(scales.x, x) * box.width,
      box.top + fraction(scales.y, y) * box.height + 4,
      { size: TICK_TEXT, colour: "ink", anchor: "middle" },
    )
  );
}

/**
 * Height that slanted column names take below a heat map, px; undefined where names have room side by side.
 *
 * @param step room for one name, px
 * @example
 * ```ts
 * import { heatMap } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const scale = { type: "point", domain: ["noisy labels"], ticks: ["noisy labels"], labels: ["noisy labels"] } as const;
 * assert.equal(slantedFoot(heatMap, scale, 200), undefined);
 * assert.ok(slantedFoot(heatMap, scale, 20)! > 40);
 * ```
 */
export function slantedFoot(spec: FigureSpec, scale: Scale, step: number): number | undefined {
  if (spec.kind !== "cells") return undefined;
  const words = scale.labels.flatMap((text) => text.split(" "));
  if (words.every((word) => textWidth(word, TICK_TEXT) <= step - 6)) return undefined;
  const longest = Math.max(...scale.labels.map((text) => textWidth(text, TICK_TEXT)));
  return 14 + longest * Math.sin(SLANT * Math.PI / 180);
}

/**
 * A slanted column name that ends below its column.
 *
 * @param x middle of the column, px
 * @param y lower edge of the cells, px
 * @example
 * ```ts
 * import { Pen } from "./pen.ts";
 * import assert from "node:assert/strict";
 * assert.match(slantedLabel(new Pen("file"), "DPO", 10, 20), /transform="rotate\(-45 14 32\)"/);
 * ```
 */
export function slantedLabel(pen: Pen, text: string, x: number, y: number): string {
  const [right, base] = [x + 4, y + 12];
  const transform = coordinates(`rotate(-${SLANT} ${right} ${base})`);
  return pen.text(text, right, base, { size: TICK_TEXT, colour: "muted", anchor: "end", transform });
}

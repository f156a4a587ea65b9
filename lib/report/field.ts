/**
 * Vector fields: arrows on a grid.
 *
 * @module
 */
import { type Arrow, spacing } from "./arrows.ts";
import type { Box } from "./box.ts";
import type { Pen } from "./pen.ts";
import { fraction, type Scale } from "./scales.ts";
import { coordinates, element } from "./svg.ts";

/** Part of the distance to the next arrow that the longest arrow fills. */
const FILL = 0.92;
/** Longest barb of an arrow head, px. */
const BARB = 4.5;
/** Shorter arrows are dots, px. */
const LEAST = 1;

/**
 * The markup of a panel's arrows in the coordinates of its box. Directions are as the axes show them; lengths grow with the
 * square root of the magnitude, in units of the axes, on one scale for all panels.
 *
 * @param all the arrows of the figure, which set the scale
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Pen } from "./pen.ts";
 * const scale = { type: "linear", domain: [0, 2], ticks: [], labels: [] } as const;
 * const arrows = [{ panel: "", x: 1, y: 1, dx: 1, dy: 0 }];
 * const box = { left: 0, top: 0, width: 100, height: 100 };
 * assert.match(drawArrows(new Pen("page"), arrows, arrows, { x: scale, y: scale }, box), /^<path d="M4,50L96,50/);
 * ```
 */
export function drawArrows(
  pen: Pen,
  arrows: readonly Arrow[],
  all: readonly Arrow[],
  scales: { readonly x: Scale; readonly y: Scale },
  box: Box,
): string {
  const magnitude = ({ dx, dy }: Arrow) => Math.hypot(dx, dy);
  const most = all.reduce((top, arrow) => Math.max(top, magnitude(arrow)), 0);
  if (most === 0) return "";
  const perUnit = (axis: "x" | "y", length: number) => {
    const [low, high] = scales[axis].domain.map(Number);
    return length / (high - low);
  };
  const across = perUnit("x", box.width), up = perUnit("y", box.height);
  const cell = Math.min(spacing(all, "x") * across || box.width, spacing(all, "y") * up || box.height);
  let d = "";
  for (const arrow of arrows) {
    const x = fraction(scales.x, arrow.x) * box.width, y = (1 - fraction(scales.y, arrow.y)) * box.height;
    const length = FILL * cell * Math.sqrt(magnitude(arrow) / most);
    if (length < LEAST) {
      d += `M${x - LEAST / 2},${y}L${x + LEAST / 2},${y}`;
      continue;
    }
    const angle = Math.atan2(-arrow.dy * up, arrow.dx * across), barb = Math.min(BARB, 0.4 * length);
    const to = (from: { x: number; y: number }, turn: number, far: number) => ({
      x: from.x + far * Math.cos(angle + turn),
      y: from.y + far * Math.sin(angle + turn),
    });
    const tail = to({ x, y }, Math.PI, length / 2), head = to({ x, y }, 0, length / 2);
    const [left, right] = [2.6, -2.6].map((turn) => to(head, turn, barb));
    d += `M${tail.x},${tail.y}L${head.x},${head.y}M${left.x},${left.y}L${head.x},${head.y}L${right.x},${right.y}`;
  }
  return d &&
    element("path", { d: coordinates(d, pen.decimals), stroke: pen.colour("muted"), "stroke-width": 1, fill: "none" });
}

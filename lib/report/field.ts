/**
 * Vector fields: arrows on a grid.
 *
 * @module
 */
import type { Box } from "./marks.ts";
import { fraction, type Scale } from "./scales.ts";
import { coordinates, element } from "./svg.ts";
import type { FigureSpec, Row } from "./types.ts";

/** An arrow of a field, in the units of the axes. */
export interface Arrow {
  /** Value of the panel column as text; empty without panels. */
  readonly panel: string;
  /** Middle of the arrow. */
  readonly x: number;
  /** Middle of the arrow. */
  readonly y: number;
  /** Where it points, per unit of x. */
  readonly dx: number;
  /** Where it points, per unit of y. */
  readonly dy: number;
}

/** Part of the distance to the next arrow that the longest arrow fills. */
const FILL = 0.92;
/** Longest barb of an arrow head, px. */
const BARB = 4.5;
/** Shorter arrows are dots, px. */
const LEAST = 1;

/**
 * True for a row that is an arrow; the other rows of a field are stations of a path.
 *
 * @example
 * ```ts
 * import { field } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.ok(isArrow(field, { dx: 0, dy: -1 }));
 * assert.ok(!isArrow(field, { dx: null, dy: null }));
 * ```
 */
export function isArrow(spec: FigureSpec, row: Row): boolean {
  return spec.kind === "field" && typeof row[spec.dx] === "number" && typeof row[spec.dy] === "number";
}

/**
 * Distance between neighbouring places of arrows along an axis; 0 when there is one place.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const arrow = { panel: "", y: 0, dx: 1, dy: 0 };
 * assert.equal(spacing([{ ...arrow, x: 2 }, { ...arrow, x: 0 }, { ...arrow, x: 1 }], "x"), 1);
 * ```
 */
export function spacing(arrows: readonly Arrow[], axis: "x" | "y"): number {
  const places = [...new Set(arrows.map((arrow) => arrow[axis]))].sort((a, b) => a - b);
  if (places.length < 2) return 0;
  return Math.min(...places.slice(1).map((place, i) => place - places[i]));
}

/**
 * The markup of a panel's arrows in the coordinates of its box. Directions are as the axes show them; lengths grow with the
 * square root of the magnitude, in units of the axes, on one scale for all panels.
 *
 * @param all the arrows of the figure, which set the scale
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const scale = { type: "linear", domain: [0, 2], ticks: [], labels: [] } as const;
 * const arrows = [{ panel: "", x: 1, y: 1, dx: 1, dy: 0 }];
 * const box = { left: 0, top: 0, width: 100, height: 100 };
 * assert.match(drawArrows(arrows, arrows, { x: scale, y: scale }, box), /^<path d="M4,50L96,50/);
 * ```
 */
export function drawArrows(
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
  return d && element("path", { d: coordinates(d), stroke: "var(--muted)", "stroke-width": 1, fill: "none" });
}

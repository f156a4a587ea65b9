/**
 * Which rows of a vector field are arrows, and how far apart they stand.
 *
 * @module
 */
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

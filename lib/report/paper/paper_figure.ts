/**
 * A figure at the size it has on paper.
 *
 * @module
 */
import { drawFigure, frame } from "../plot.ts";
import { withLightColours } from "../theme.ts";
import type { FigureSpec } from "../types.ts";

/** The face of paper figures; it is embedded in PDF and drawn into PNG. */
export const PAPER_FACE = "Source Sans 3";
/**
 * Points for a px of the drawing: labels of 13 px become 8.7 pt, tick labels of 12 px become 8 pt, which is within the
 * 7 to 9 pt that venues ask for.
 */
const POINTS_PER_PX = 2 / 3;

/** A figure for print. */
export interface PaperFigure {
  /** SVG markup, its size in points; nothing has to be scaled. */
  readonly svg: string;
  /** Width, pt of 1/72 inch. */
  readonly width: number;
  /** Height, pt. */
  readonly height: number;
}

/**
 * A figure drawn at its final width with text of 8 to 9 pt.
 *
 * @param width pt of 1/72 inch
 * @example
 * ```ts
 * import { lines } from "../testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const { svg } = await paperFigure(lines, 234);
 * assert.match(svg, /width="234pt"/);
 * ```
 * @throws RangeError and TypeError as drawFigure does
 */
export async function paperFigure(spec: FigureSpec, width: number): Promise<PaperFigure> {
  const drawn = await drawFigure(spec, width / POINTS_PER_PX), height = drawn.height * POINTS_PER_PX;
  const size = { width: `${round(width)}pt`, height: `${round(height)}pt` };
  return { svg: frame(spec, { ...drawn, content: withLightColours(drawn.content) }, size), width, height };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}

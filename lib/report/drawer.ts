/**
 * Who draws the figures of reports: this thread, or one beside it.
 *
 * @module
 */
import { renderForReport, renderThumbnail, type ReportFigure } from "./plot.ts";
import type { FigureSpec } from "./types.ts";

/** What draws figures; the same bytes whoever does. Both throw as the functions of `plot.ts` do. */
export interface Drawer {
  /** A figure as {@linkcode renderForReport} draws it, once: asking for it early begins it. */
  figure(spec: FigureSpec): Promise<ReportFigure>;
  /** A figure as {@linkcode renderThumbnail} draws it. */
  thumbnail(spec: FigureSpec, prefix: string): Promise<string>;
}

/**
 * A function of figures that keeps what it has made of each.
 *
 * @example
 * ```ts
 * import { forest } from "./testdata/sample_report.ts";
 * import { renderForReport } from "./plot.ts";
 * import assert from "node:assert/strict";
 * const kept = once(renderForReport);
 * assert.equal(kept(forest), kept(forest));
 * ```
 */
export function once(draw: (spec: FigureSpec) => Promise<ReportFigure>): Drawer["figure"] {
  const kept = new WeakMap<FigureSpec, Promise<ReportFigure>>();
  return (spec) =>
    kept.getOrInsertComputed(spec, () => {
      const drawing = draw(spec);
      drawing.catch(() => {}); // told to whoever waits for it
      return drawing;
    });
}

/** Draws in this thread. */
export const drawHere: Drawer = { figure: once(renderForReport), thumbnail: renderThumbnail };

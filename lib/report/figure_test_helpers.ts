/** Figures as markup alone, for tests that look at it. */
import { renderFigure } from "./plot.ts";
import type { FigureSpec } from "./types.ts";

/** A figure that stands alone; `width` in px. */
export async function fileSvg(spec: FigureSpec, width?: number): Promise<string> {
  return (await renderFigure(spec, { target: "file", width })).svg;
}

/** A figure as it stands on a page. */
export async function pageSvg(spec: FigureSpec): Promise<string> {
  return (await renderFigure(spec, { target: "page" })).svg;
}

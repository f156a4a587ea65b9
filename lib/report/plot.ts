/**
 * Figures as SVG.
 *
 * @module
 */
import { drawAxes } from "./axes.ts";
import { escapeText } from "./escape.ts";
import { drawsLines, FIGURE_WIDTH, type Layout, layOut, panelSize, TEXT_LINE } from "./layout.ts";
import { drawKey } from "./legend.ts";
import { openCanvas } from "./marks.ts";
import { drawPanel } from "./panel.ts";
import { figurePoints } from "./points.ts";
import { referencesIn } from "./references.ts";
import { figureScales } from "./scales.ts";
import { coordinates, element, label } from "./svg.ts";
import { LABEL_TEXT, TICK_TEXT } from "./text_width.ts";
import { withLightColours } from "./theme.ts";
import { FONT_FAMILY, fontFaces } from "./typeface/typeface.ts";
import type { FigureSpec } from "./types.ts";

const NAMESPACE = "http://www.w3.org/2000/svg";
const MARKER = 3.9;

/**
 * "page" names colours as CSS variables that the page defines for light and dark, and has its typeface from it; "file"
 * stands alone.
 */
type FigureTarget = "page" | "file";

/** A figure that was drawn, with its size in px. */
interface DrawnFigure {
  /** What is inside the outer element. */
  readonly content: string;
  readonly width: number;
  readonly height: number;
}

/**
 * A figure as SVG markup, the same bytes for the same rows.
 *
 * @param width px; text keeps its size, so that panels and ticks are chosen for the room there is
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const svg = await renderFigure({
 *   kind: "dots", id: "corners", caption: "", alt: "Two estimates.", xLabel: "bias", yLabel: "",
 *   x: "bias", lower: "lo", upper: "hi", by: "arm",
 *   data: [{ arm: "dr", bias: 0, lo: -0.1, hi: 0.1 }, { arm: "ipw", bias: 0.2, lo: 0.1, hi: 0.3 }],
 * }, "file");
 * assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="720"/);
 * ```
 * @throws RangeError for an unknown method id, or two dots of one method in one panel
 * @throws TypeError when a column of numbers is missing or holds text
 */
export async function renderFigure(spec: FigureSpec, target: FigureTarget, width = FIGURE_WIDTH): Promise<string> {
  const drawn = await drawFigure(spec, width);
  if (target === "page") return frame(spec, drawn);
  const content = withLightColours(drawn.content);
  const texts = [...content.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text).join("");
  return frame(spec, { ...drawn, content: `<style>${await fontFaces(texts)}</style>\n${content}` });
}

/**
 * A figure without its outer element, in the colours of pages.
 *
 * @throws as {@linkcode renderFigure} does
 */
export async function drawFigure(spec: FigureSpec, width: number): Promise<DrawnFigure> {
  const canvas = await openCanvas();
  const points = figurePoints(spec);
  const size = panelSize(points.panels.length, width);
  // Names beside the panel can leave it less room than was guessed: then there is room for fewer ticks.
  const drafted = layOut(spec, points, figureScales(spec, points, size), width).panels[0].box;
  const scales = figureScales(spec, points, { ...size, width: Math.min(size.width, drafted.width) });
  const layout = layOut(spec, points, scales, width);
  const parts: string[] = [];
  for (const place of layout.panels) {
    const here = points.points.filter((point) => point.panel === place.name);
    const references = referencesIn(spec, place.name);
    const inside = drawPanel(
      canvas,
      spec,
      { ...points, points: here, name: place.name, references, scales },
      place.box,
      MARKER,
    );
    parts.push(
      element("g", { transform: `translate(${place.box.left.toFixed(2)},${place.box.top.toFixed(2)})` }, inside),
      ...drawAxes(spec, place, scales, here, references, points.panels.length === 1),
    );
  }
  const { box } = layout.panels[0];
  const placeRight = Math.max(box.left + box.width, ...layout.direct.map(({ end }) => end.x + 6));
  for (const { x, y, end } of layout.direct) {
    const d = coordinates(`M${end.x + 6},${end.y}L${placeRight},${end.y}L${x - 3},${y}`);
    parts.push(element("path", { d, stroke: "var(--rule)", fill: "none" }));
  }
  const keyed = [...layout.key, ...layout.direct];
  const whole = { left: 0, top: 0, width, height: layout.height };
  if (keyed.length) parts.push(drawKey(canvas, keyed, whole, drawsLines(spec)));
  if (points.points.length + points.arrows.length === 0) {
    const style = { "text-anchor": "middle", "font-size": LABEL_TEXT, fill: "var(--muted)" };
    parts.push(label("No data", box.left + box.width / 2, box.top + box.height / 2, style));
  }
  parts.push(...outerLabels(layout));
  const ground = element("rect", { width, height: layout.height, fill: "var(--paper)" });
  return { content: [ground, ...parts].join("\n"), width, height: layout.height };
}

/** The labels of the axes and the footnote. */
function outerLabels({ yLabel, xLabel, footnote }: Layout): string[] {
  const style = { "font-size": LABEL_TEXT, fill: "var(--muted)" };
  const parts = [
    ...yLabel.lines.map((line, i) => label(line, 0, yLabel.y + i * TEXT_LINE, style)),
    ...xLabel.lines.map((line, i) =>
      label(line, xLabel.x, xLabel.y + i * TEXT_LINE, { ...style, "text-anchor": "middle" })
    ),
  ];
  if (footnote) parts.push(label(footnote.text, 0, footnote.y, { "font-size": TICK_TEXT, fill: "var(--muted)" }));
  return parts;
}

/**
 * The outer element with its accessible name and description around what was drawn.
 *
 * @param size attributes of its size, where it is not that of the drawing in px
 */
export function frame(
  spec: FigureSpec,
  { content, width, height }: DrawnFigure,
  size: { readonly width: number | string; readonly height: number | string } = { width, height },
): string {
  const id = `figure-${spec.id}`;
  const name = [spec.yLabel, spec.xLabel].filter(Boolean).join(" by ");
  return element(
    "svg",
    {
      xmlns: NAMESPACE,
      ...size,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-labelledby": `${id}-name ${id}-alt`,
      "font-family": FONT_FAMILY,
      "font-variant": "tabular-nums",
    },
    element("title", { id: `${id}-name` }, escapeText(name)),
    element("desc", { id: `${id}-alt` }, escapeText(spec.alt)),
    "\n",
    content,
  );
}

/**
 * A figure's first panel without text, small: a picture for an index page, with the page's colours.
 *
 * @param prefix begins the id inside, since figures of several reports stand on one page
 * @example
 * ```ts
 * import { forest } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.doesNotMatch(await renderThumbnail(forest, "cpo"), /<text/);
 * ```
 */
export async function renderThumbnail(spec: FigureSpec, prefix: string): Promise<string> {
  const canvas = await openCanvas();
  const points = figurePoints(spec);
  const scales = figureScales(spec, points, { width: 228, height: 128 });
  const first = points.panels[0];
  const panel = {
    points: points.points.filter((point) => point.panel === first),
    methods: points.methods,
    marks: points.marks,
    arrows: points.arrows,
    gaps: points.gaps,
    name: first,
    references: referencesIn(spec, first),
    scales,
  };
  const inside = drawPanel(canvas, spec, panel, { left: 0, top: 0, width: 228, height: 128 }, 1.9);
  const id = `${prefix}-${spec.id}-alt`;
  return element(
    "svg",
    { xmlns: NAMESPACE, viewBox: "0 0 240 140", width: 240, height: 140, role: "img", "aria-labelledby": id },
    element("desc", { id }, escapeText(spec.alt)),
    element("g", { transform: "translate(6,6)" }, inside.replace(/<title>[^<]*<\/title>/g, "")),
  );
}

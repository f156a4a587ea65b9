/**
 * Figures as SVG.
 *
 * @module
 */
import { drawAxes } from "./axes.ts";
import { escapeText } from "./escape.ts";
import { drawsLines, FIGURE_WIDTH, type Layout, layOut, panelSize, TEXT_LINE } from "./layout.ts";
import { drawKey } from "./legend.ts";
import { type Drawing, openCanvas } from "./marks.ts";
import { drawPanel } from "./panel.ts";
import { type FigureTarget, Pen } from "./pen.ts";
import { type FigurePoints, figurePoints, type Point } from "./points.ts";
import { referencesIn } from "./references.ts";
import { figureScales } from "./scales.ts";
import { coordinates, element } from "./svg.ts";
import { LABEL_TEXT, TICK_TEXT } from "./text_width.ts";
import { FONT_FAMILY, fontFaces } from "./typeface/typeface.ts";
import type { FigureSpec } from "./types.ts";

const NAMESPACE = "http://www.w3.org/2000/svg";
const MARKER = 3.9;

/**
 * Points of 1/72 inch for a px of a drawing on paper: labels of 13 px become 8.7 pt, tick labels of 12 px become 8 pt, which
 * is within the 7 to 9 pt that venues ask for.
 */
const POINTS_PER_PX = 2 / 3;

/** What a figure is drawn for. */
interface Rendering {
  /** Where it is shown. */
  readonly target: FigureTarget;
  /** Width, px, on paper pt of 1/72 inch; text keeps its size, so that panels and ticks are chosen for the room there is. */
  readonly width?: number;
  /** Behind each point stand its numbers, on paper not; a second drawing of a figure on one page has no need of them. */
  readonly tips?: boolean;
}

/** A figure as markup. */
export interface RenderedFigure {
  /** SVG markup. */
  readonly svg: string;
  /** Width, px; on paper pt of 1/72 inch. */
  readonly width: number;
  /** Height in the same unit. */
  readonly height: number;
  /** The characters of its text, each once: those that its typeface must have. */
  readonly characters: string;
}

/**
 * A figure as SVG, the same bytes for the same rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { svg } = await renderFigure({
 *   kind: "dots", id: "corners", caption: "", alt: "Two estimates.", xLabel: "bias", yLabel: "",
 *   x: "bias", lower: "lo", upper: "hi", by: "arm",
 *   data: [{ arm: "dr", bias: 0, lo: -0.1, hi: 0.1 }, { arm: "ipw", bias: 0.2, lo: 0.1, hi: 0.3 }],
 * }, { target: "file" });
 * assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="720"/);
 * ```
 * @throws RangeError for an unknown method id, or two dots of one method in one panel
 * @throws TypeError when a column of numbers is missing or holds text
 */
export async function renderFigure(
  spec: FigureSpec,
  { target, width, tips = target !== "paper" }: Rendering,
): Promise<RenderedFigure> {
  const perPx = target === "paper" ? POINTS_PER_PX : 1, size = width === undefined ? FIGURE_WIDTH : width / perPx;
  const drawn = await drawFigure(spec, size, tips), { height } = drawn.layout;
  return { ...await written(spec, drawn, target), width: size * perPx, height: height * perPx };
}

/** A figure as a report has it: SVG markup. */
export interface ReportFigure {
  /** What stands in its file, with its typeface. */
  readonly file: string;
  /** The page's own at full width, with tips. */
  readonly wide: string;
  /** The page's own for a phone. */
  readonly narrow: string;
}

/** Width of a page's text on a phone, px: figures are drawn a second time for it. */
const PHONE_WIDTH = 342;

/**
 * A figure as its file and its page show it; what both show at full width is drawn once.
 *
 * @example
 * ```ts
 * import { forest } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const { file, narrow } = await renderForReport(forest);
 * assert.equal(file, (await renderFigure(forest, { target: "file" })).svg);
 * assert.match(narrow, /^<svg width="342"/);
 * ```
 * @throws RangeError and TypeError as {@linkcode renderFigure} does
 */
export async function renderForReport(spec: FigureSpec): Promise<ReportFigure> {
  const drawn = await drawFigure(spec, FIGURE_WIDTH, true), phone = await drawFigure(spec, PHONE_WIDTH, false);
  return {
    file: (await written(spec, drawn, "file")).svg,
    wide: (await written(spec, drawn, "page")).svg,
    narrow: (await written(spec, phone, "page")).svg,
  };
}

/** A figure before it is known where it is shown. */
interface DrawnFigure {
  readonly width: number;
  /** Whether points carry their numbers. */
  readonly tips: boolean;
  readonly points: FigurePoints;
  readonly scales: ReturnType<typeof figureScales>;
  readonly layout: Layout;
  /** The inside of each panel. */
  readonly panels: readonly Drawing[];
  readonly key?: Drawing;
}

/** A drawn figure for a target. */
async function written(
  spec: FigureSpec,
  drawn: DrawnFigure,
  target: FigureTarget,
): Promise<Pick<RenderedFigure, "svg" | "characters">> {
  const pen = new Pen(target, drawn.tips ? drawn.points.tipLabels : undefined), content = write(pen, spec, drawn);
  const characters = [...pen.characters].join("");
  // A file has its typeface inside; writers of PDF and PNG bring it.
  const style = target === "file" ? `<style>${await fontFaces(characters, "truetype")}</style>\n` : "";
  return { svg: frame(spec, pen, style + content, drawn), characters };
}

async function drawFigure(spec: FigureSpec, width: number, tips: boolean): Promise<DrawnFigure> {
  const canvas = await openCanvas({ tips }), points = figurePoints(spec);
  const size = panelSize(points.panels.length, width);
  // Names beside the panel can leave it less room than was guessed: then there is room for fewer ticks.
  const drafted = layOut(spec, points, figureScales(spec, points, size), width).panels[0].box;
  const scales = figureScales(spec, points, { ...size, width: Math.min(size.width, drafted.width) });
  const layout = layOut(spec, points, scales, width);
  const panels = layout.panels.map(({ name, box }) => {
    const references = referencesIn(spec, name);
    return drawPanel(
      canvas,
      spec,
      { ...points, points: pointsIn(points, name), name, references, scales },
      box,
      MARKER,
    );
  });
  const keyed = [...layout.key, ...layout.direct], whole = { left: 0, top: 0, width, height: layout.height };
  const key = keyed.length ? drawKey(canvas, keyed, whole, drawsLines(spec)) : undefined;
  return { width, tips, points, scales, layout, panels, key };
}

function pointsIn({ points }: FigurePoints, panel: string): Point[] {
  return points.filter((point) => point.panel === panel);
}

/** What is inside the outer element. */
function write(pen: Pen, spec: FigureSpec, { width, points, scales, layout, panels, key }: DrawnFigure): string {
  const parts: string[] = [];
  for (const [i, place] of layout.panels.entries()) {
    const here = pointsIn(points, place.name), references = referencesIn(spec, place.name);
    const transform = coordinates(`translate(${place.box.left},${place.box.top})`, pen.decimals);
    parts.push(
      // A line has no inside, but writers of PDF fill one.
      element("g", { class: pen.target === "page" ? "marks" : undefined, fill: "none", transform }, panels[i](pen)),
      ...drawAxes(pen, spec, place, scales, here, references, layout.numbers),
    );
  }
  const { box } = layout.panels[0];
  const placeRight = Math.max(box.left + box.width, ...layout.direct.map(({ end }) => end.x + 6));
  for (const { x, y, end } of layout.direct) {
    const d = coordinates(`M${end.x + 6},${end.y}L${placeRight},${end.y}L${x - 3},${y}`);
    parts.push(element("path", { d, stroke: pen.colour("rule"), fill: "none" }));
  }
  if (key) parts.push(key(pen));
  if (points.points.length + points.arrows.length === 0) {
    const style = { size: LABEL_TEXT, colour: "muted", anchor: "middle" } as const;
    parts.push(pen.text("No data", box.left + box.width / 2, box.top + box.height / 2, style));
  }
  parts.push(...outerLabels(pen, layout));
  // A page is the ground of its figures.
  const ground = pen.target === "page"
    ? []
    : [element("rect", { width, height: layout.height, fill: pen.colour("paper") })];
  return [...ground, ...parts].join("\n");
}

/** The labels of the axes and the footnote. */
function outerLabels(pen: Pen, { yLabel, xLabel, footnote }: Layout): string[] {
  const style = { size: LABEL_TEXT, colour: "muted" } as const;
  const parts = [
    ...yLabel.lines.map((line, i) => pen.text(line, 0, yLabel.y + i * TEXT_LINE, style)),
    ...xLabel.lines.map((line, i) =>
      pen.text(line, xLabel.x, xLabel.y + i * TEXT_LINE, { ...style, anchor: "middle" })
    ),
  ];
  if (footnote) parts.push(pen.text(footnote.text, 0, footnote.y, { size: TICK_TEXT, colour: "muted" }));
  return parts;
}

/** The outer element with its accessible name and description around what was drawn. */
function frame(
  spec: FigureSpec,
  { target, tipLabels }: Pen,
  content: string,
  { width, layout: { height } }: DrawnFigure,
): string {
  const name = [spec.yLabel, spec.xLabel].filter(Boolean).join(" by "), viewBox = `0 0 ${width} ${height}`;
  if (target === "page") {
    // The browser would show a title over the whole figure as a tip.
    const tips = tipLabels?.join("\n");
    return element(
      "svg",
      { width, height, viewBox, role: "img", "aria-label": `${name}. ${spec.alt}`, "data-tip": tips },
      content,
    );
  }
  const points = (px: number) => `${Number((px * POINTS_PER_PX).toFixed(3))}pt`;
  const id = `figure-${spec.id}`;
  return element(
    "svg",
    {
      xmlns: NAMESPACE,
      ...target === "paper" ? { width: points(width), height: points(height) } : { width, height },
      viewBox,
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
  const canvas = await openCanvas({ tips: false }), points = figurePoints(spec);
  const scales = figureScales(spec, points, { width: 228, height: 128 });
  const first = points.panels[0];
  const panel = {
    points: pointsIn(points, first),
    methods: points.methods,
    marks: points.marks,
    arrows: points.arrows,
    gaps: points.gaps,
    name: first,
    references: referencesIn(spec, first),
    scales,
  };
  const inside = drawPanel(canvas, spec, panel, { left: 0, top: 0, width: 228, height: 128 }, 1.9)(new Pen("page"));
  const id = `${prefix}-${spec.id}-alt`;
  return element(
    "svg",
    { xmlns: NAMESPACE, viewBox: "0 0 240 140", width: 240, height: 140, role: "img", "aria-labelledby": id },
    element("desc", { id }, escapeText(spec.alt)),
    element("g", { fill: "none", transform: "translate(6,6)" }, inside),
  );
}

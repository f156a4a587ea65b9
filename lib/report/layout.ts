/**
 * Where the parts of a figure go.
 *
 * @module
 */
import { slantedFoot } from "./cells.ts";
import { type Entry, entryWidth, flow, KEY_LINE, type PlacedEntry, spread } from "./legend.ts";
import type { Box } from "./box.ts";
import { formatInterval, formatNumber } from "./numbers.ts";
import { type FigurePoints, nameOf, type Point } from "./points.ts";
import { referencesIn, referencesInKey } from "./references.ts";
import { fraction, type Scale } from "./scales.ts";
import { LABEL_TEXT, textWidth, TICK_TEXT, wrapText } from "./text_width.ts";
import type { FigureSpec } from "./types.ts";

/** Width of a report's figures, px: the text width of a page. */
export const FIGURE_WIDTH = 720;
/** Below this width, px, a row has room for two panels at most, and panels are low. */
const NARROW = 480;
/** Distance of lines of text, px. */
export const TEXT_LINE = 15;

/** A panel's place and what stands around it. */
export interface PanelPlace {
  /** Value of the panel column as text; empty without panels. */
  readonly name: string;
  /** The inside of the panel, between its axes. */
  readonly box: Box;
  /** First of its row: it shows the labels of the y axis. */
  readonly first: boolean;
  /** Lines of the heading; none without panels. */
  readonly title: readonly string[];
  /** Names of reference lines above the panel, in lines. */
  readonly names: readonly { readonly value: number; readonly lines: readonly string[] }[];
}

/** A name at the end of its line: the entry's place, and the line's end from which a leader goes to it. */
interface DirectLabel extends PlacedEntry {
  /** The line's end, px from the figure's top left. */
  readonly end: { readonly x: number; readonly y: number };
}

/** The scales of a figure. */
interface Scales {
  /** The horizontal one. */
  readonly x: Scale;
  /** The vertical one, of numbers upwards; the rows of a forest plot downwards. */
  readonly y: Scale;
}

/** Where everything goes. */
export interface Layout {
  /** Height of the figure, px. */
  readonly height: number;
  /** Panels in rows, from left to right. */
  readonly panels: readonly PanelPlace[];
  /** Whether the rows of a forest plot end in their numbers. */
  readonly numbers: boolean;
  /** Entries above the panels, or in a column beside a scatter plot. */
  readonly key: readonly PlacedEntry[];
  /** Names at the ends of lines; they stand in for the key. */
  readonly direct: readonly DirectLabel[];
  /** Lines of the y label and the baseline of the first. */
  readonly yLabel: { readonly lines: readonly string[]; readonly y: number };
  /** Lines of the x label, their middle, and the baseline of the first. */
  readonly xLabel: { readonly lines: readonly string[]; readonly x: number; readonly y: number };
  /** Says how many values a log axis cannot show, with its baseline; absent when it shows all. */
  readonly footnote?: { readonly text: string; readonly y: number };
}

const FOREST_ROW = 25;
const CELL_ROW = 22;
const PANEL_GAP = 24;
const ROW_GAP = 10;
const DIRECT_GAP = 15;
const DIRECT_LEAD = 16;
/** Farthest a name may stand from its line's end, px; beyond that the key goes above the panels. */
const DIRECT_SHIFT = 60;
/** Room behind the last letter, which some faces draw past its advance, px. */
const EDGE = 2;
/** Widest column of names beside a panel, px. */
const SIDE_LIMIT = 210;

/**
 * True when points are joined by lines, which the key then shows.
 *
 * @example
 * ```ts
 * import { forest } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.equal(drawsLines(forest), false);
 * ```
 */
export function drawsLines(spec: FigureSpec): boolean {
  return spec.kind === "field" || spec.kind === "lines";
}

/**
 * Panels in a row.
 *
 * @param width of the figure, px
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([1, 3, 4, 8].map((panels) => columnsFor(panels, 720)), [1, 3, 2, 3]);
 * assert.equal(columnsFor(3, 350), 2);
 * ```
 */
export function columnsFor(panels: number, width: number): number {
  if (width < NARROW) return Math.min(panels, 2);
  return panels <= 3 ? panels : panels === 4 ? 2 : 3;
}

/**
 * About how wide and high one panel will be, px: enough to choose ticks before the labels that they need are known.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(panelSize(1, 720), { width: 560, height: 300 });
 * assert.ok(panelSize(4, 350).width < 175);
 * ```
 */
export function panelSize(panels: number, width: number): { readonly width: number; readonly height: number } {
  const columns = columnsFor(panels, width);
  if (width < NARROW) {
    return columns === 1 ? { width: width - 70, height: 170 } : { width: width / 2 - 45, height: 105 };
  }
  return { width: [560, 310, 190][columns - 1] * width / FIGURE_WIDTH, height: [300, 215, 170][columns - 1] };
}

/**
 * The text beside a row of a forest plot.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(forestText({ method: "dr", panel: "", x: 5, y: "dr", xInterval: [4, 6], mark: 0, tip: [] }), "5.0 [4.0, 6.0]");
 * ```
 */
export function forestText(point: Point): string {
  return point.xInterval ? formatInterval(Number(point.x), ...point.xInterval) : formatNumber(Number(point.x));
}

/**
 * Lines of each x tick label.
 *
 * @param step room for one label, px
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const scale = { type: "point", domain: ["a long name"], ticks: ["a long name"], labels: ["a long name"] } as const;
 * assert.deepEqual(xTickLines(scale, 50), [["a long", "name"]]);
 * ```
 */
export function xTickLines(scale: Scale, step: number): string[][] {
  return scale.labels.map((text) => scale.type === "point" ? wrapText(text, TICK_TEXT, step - 6) : [text]);
}

/** Height of a panel's inside, px. */
function panelHeight(spec: FigureSpec, points: FigurePoints, total: number, width: number): number {
  if (spec.kind === "dots") return FOREST_ROW * points.methods.length;
  if (spec.kind === "cells") return CELL_ROW * points.methods.length;
  const panels = points.panels.length;
  if (spec.kind === "scatter" && spec.diagonal) return Math.min(width, panels === 1 ? 380 : Infinity);
  return panelSize(panels, total).height;
}

/** Methods that have a look of their own. */
function explained(spec: FigureSpec, methods: readonly string[]): readonly string[] {
  const { highlight } = spec.kind === "lines" ? spec : {};
  return highlight === undefined ? methods : methods.filter((method) => highlight.includes(method));
}

/** The entries of the key: methods, unless a forest plot's rows carry their names, then reference lines. */
function keyEntries(spec: FigureSpec, points: FigurePoints): Entry[] {
  return [
    ...(spec.kind === "dots" || spec.kind === "cells" ? [] : explained(spec, points.methods))
      .map((method) => ({ method, name: nameOf(spec, method) })),
    ...points.marks.map((marked, mark) => ({ marked, mark })),
    ...referencesInKey(spec, points.panels).map(({ label, dash }) => ({ reference: label, dash })),
  ];
}

/**
 * Where the lines of a single panel end, as fractions of its width and height from its top left, or undefined when they
 * do not all end at the last x.
 */
function lineEnds(
  spec: FigureSpec,
  points: FigurePoints,
  entries: readonly Entry[],
  scales: Scales,
): { readonly x: number; readonly y: number }[] | undefined {
  const last = Math.max(...points.points.map((point) => Number(point.x)));
  const ends = [];
  for (const entry of entries) {
    if ("marked" in entry) return undefined;
    const reference = "reference" in entry;
    const value = reference
      ? spec.references?.find((line) => line.label === entry.reference)?.value
      : points.points.find((point) => point.method === entry.method && point.x === last)?.y;
    if (value === undefined) return undefined;
    ends.push({ x: reference ? 1 : fraction(scales.x, last), y: 1 - fraction(scales.y, value) });
  }
  return ends;
}

/** Names beside a single panel: at the ends of its lines where these leave room, or as a column beside a scatter plot. */
interface Beside {
  readonly entries: readonly Entry[];
  /** Heights of the entries below the panel's top, px. */
  readonly places: readonly number[];
  /** Ends of the lines, as fractions; absent in a column. */
  readonly ends?: readonly { readonly x: number; readonly y: number }[];
}

/** The names beside the panel, or undefined when the key has to go above. */
function namesBeside(
  spec: FigureSpec,
  points: FigurePoints,
  entries: readonly Entry[],
  scales: Scales,
  total: number,
  height: number,
): Beside | undefined {
  const widest = spec.names === undefined ? Math.min(SIDE_LIMIT, 0.3 * total) : 0.45 * total;
  if (points.panels.length > 1 || entries.length < 2 || sideWidth(spec, entries) > widest) {
    return undefined;
  }
  if (spec.kind === "scatter" || spec.kind === "field") {
    return { entries, places: entries.map((_, i) => KEY_LINE * (i + 0.5)) };
  }
  const ends = drawsLines(spec) ? lineEnds(spec, points, entries, scales) : undefined;
  if (!ends) return undefined;
  const places = spread(ends.map((end) => end.y * height), DIRECT_GAP, 4, height - 4);
  const near = places.every((place, i) => Math.abs(place - ends[i].y * height) <= DIRECT_SHIFT);
  return near ? { entries, places, ends } : undefined;
}

/** Width of the column of names beside a panel, px. */
function sideWidth(spec: FigureSpec, entries: readonly Entry[]): number {
  return DIRECT_LEAD + EDGE + Math.max(...entries.map((entry) => entryWidth(entry, drawsLines(spec))));
}

/** Room to the right of the panels, px: names, the numbers of a forest plot, or half a tick label. */
function rightMargin(spec: FigureSpec, points: FigurePoints, beside: Beside | undefined): number {
  if (beside) return sideWidth(spec, beside.entries);
  if (spec.kind !== "dots" || points.panels.length > 1) return EDGES;
  return EDGES +
    Math.max(
      0,
      ...points.points.filter(({ mark }) => mark === 0).map((point) => textWidth(forestText(point), TICK_TEXT)),
    );
}

/** What stands above a panel of that width: its heading, and names of its own reference lines in a forest plot. */
function headingOf(spec: FigureSpec, name: string, width: number): Pick<PanelPlace, "title" | "names"> {
  const title = spec.panelLabel ? `${spec.panelLabel}: ${name}` : name;
  const own = spec.kind === "dots" ? referencesIn(spec, name).filter((line) => line.local) : [];
  return {
    title: name === "" ? [] : wrapText(title, LABEL_TEXT, width, true),
    names: own.map(({ value, label }) => ({ value, lines: wrapText(label, TICK_TEXT, width) })),
  };
}

/** Places of the panels, the first row's headings beginning at `top`, and the bottom of the last row's tick labels. */
function placePanels(
  spec: FigureSpec,
  points: FigurePoints,
  scales: Scales,
  size: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  columns: number,
): { readonly panels: PanelPlace[]; readonly bottom: number } {
  const { left, top, width, height } = size;
  const headings = points.panels.map((name) => headingOf(spec, name, width));
  const ticks = Math.max(1, ...xTickLines(scales.x, width / scales.x.ticks.length).map((lines) => lines.length));
  const foot = slantedFoot(spec, scales.x, width / scales.x.ticks.length) ?? 8 + ticks * TEXT_LINE;
  const panels: PanelPlace[] = [];
  let rowTop = top;
  for (let start = 0; start < headings.length; start += columns) {
    const row = headings.slice(start, start + columns);
    const titleLines = Math.max(...row.map(({ title }) => title.length));
    const nameLines = Math.max(...row.map(({ names }) => names.flatMap(({ lines }) => lines).length));
    const boxTop = rowTop + (titleLines + nameLines) * TEXT_LINE + 6;
    for (const [i, heading] of row.entries()) {
      const box = { left: left + i * (width + PANEL_GAP), top: boxTop, width, height };
      panels.push({ name: points.panels[start + i], first: i === 0, ...heading, box });
    }
    rowTop = boxTop + height + foot + ROW_GAP;
  }
  return { panels, bottom: panels[panels.length - 1].box.top + height + foot };
}

/** Least share of a figure for the dots of a forest plot whose rows end in numbers. */
const DOTS = 0.3;
/** Room to the right of panels for half a tick label, px. */
const EDGES = 14;
/** Share of a figure that names of rows may take: the rest is for what they are names of. */
const NAMES = 0.47;

/** Width of a row's name, px; a long one is broken into lines. */
function rowLabelWidth(text: string, size: number, total: number): number {
  return Math.max(...wrapText(text, size, NAMES * total).map((line) => textWidth(line, size)), 0);
}

/**
 * The layout of a figure: key, y label, rows of panels with headings above and ticks below, x label, footnote.
 *
 * @param total width of the figure, px
 * @example
 * ```ts
 * import { figurePoints } from "./points.ts";
 * import { figureScales } from "./scales.ts";
 * import { forest } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const points = figurePoints(forest);
 * const layout = layOut(forest, points, figureScales(forest, points, { width: 500, height: 100 }), 720);
 * assert.ok(layout.panels.every(({ box }) => box.left + box.width <= 720));
 * ```
 */
export function layOut(spec: FigureSpec, points: FigurePoints, scales: Scales, total: number): Layout {
  const columns = columnsFor(points.panels.length, total), gaps = PANEL_GAP * (columns - 1);
  const entries = keyEntries(spec, points);
  const rowText = spec.kind === "dots" || spec.kind === "cells" ? LABEL_TEXT : TICK_TEXT;
  const left = 10 + Math.max(0, ...scales.y.labels.map((text) => rowLabelWidth(text, rowText, total)));
  const height = panelHeight(spec, points, total, (total - left - 14 - gaps) / columns);
  const beside = namesBeside(spec, points, entries, scales, total, height);
  const wanted = rightMargin(spec, points, beside);
  const forest = spec.kind === "dots" && points.panels.length === 1;
  // Numbers that leave their dots no room say less than the dots.
  const numbers = forest && total - left - wanted >= DOTS * total;
  let width = (total - left - (forest && !numbers ? EDGES : wanted) - gaps) / columns;
  if (spec.kind === "scatter" && spec.diagonal) width = Math.min(width, height);

  const above = beside ? [] : flow(entries, total, drawsLines(spec));
  const keyBottom = above.length ? above[above.length - 1].y + KEY_LINE / 2 + 8 : 0;
  const yLines = wrapText(spec.yLabel, LABEL_TEXT, total);
  const top = keyBottom + (yLines.length ? yLines.length * TEXT_LINE + 6 : 0);
  const { panels, bottom } = placePanels(spec, points, scales, { left, top, width, height }, columns);
  const xLines = wrapText(spec.xLabel, LABEL_TEXT, total - left);
  const xEnd = bottom + xLines.length * TEXT_LINE + 4;
  const { box } = panels[0];
  const side = (beside?.entries ?? []).map((entry, i) => ({
    entry,
    x: box.left + width + DIRECT_LEAD,
    y: box.top + beside!.places[i],
  }));
  const ends = beside?.ends;
  return {
    height: Math.ceil(xEnd + (points.dropped || points.cut || points.gaps.length > 0 ? 16 : 0)),
    panels,
    numbers,
    key: ends ? [] : [...above, ...side],
    direct: ends
      ? side.map((placed, i) => ({
        ...placed,
        end: { x: box.left + width * ends[i].x, y: box.top + height * ends[i].y },
      }))
      : [],
    yLabel: { lines: yLines, y: keyBottom + LABEL_TEXT },
    xLabel: { lines: xLines, x: left + (columns * width + gaps) / 2, y: bottom + LABEL_TEXT },
    footnote: footnoteOf(points, xEnd + TICK_TEXT),
  };
}

/** What a figure does not show. */
function footnoteOf({ dropped, cut, gaps }: FigurePoints, y: number): Layout["footnote"] {
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const text = [
    ...(dropped > 0 ? [`${counted(dropped, "value")} at or below zero not shown on the log axis.`] : []),
    ...(cut > 0 ? [`${counted(cut, "interval")} cut a decade below the point.`] : []),
    ...(gaps.length > 0 ? [`${counted(gaps.length, "value")} missing: lines break there.`] : []),
  ].join(" ");
  return text === "" ? undefined : { text, y };
}

/**
 * Where the parts of a figure go.
 *
 * @module
 */
import { type Entry, entryWidth, flow, KEY_LINE, type PlacedEntry, spread } from "./legend.ts";
import type { Box } from "./marks.ts";
import { formatInterval, formatNumber } from "./numbers.ts";
import type { FigurePoints, Point } from "./points.ts";
import { referencesIn, referencesInKey } from "./references.ts";
import { fraction, type Scale } from "./scales.ts";
import { LABEL_TEXT, textWidth, TICK_TEXT, wrapText } from "./text_width.ts";
import type { FigureSpec } from "./types.ts";

/** Width of every figure, px: the text width of a page. */
export const FIGURE_WIDTH = 720;
/** Distance of lines of text, px. */
export const TEXT_LINE = 15;

/** A panel's place and what stands around it. */
export interface PanelPlace {
  readonly name: string;
  readonly box: Box;
  /** First of its row: it shows the labels of the y axis. */
  readonly first: boolean;
  readonly title: readonly string[];
  /** Names of reference lines above the panel, in lines. */
  readonly names: readonly { readonly value: number; readonly lines: readonly string[] }[];
}

/** A name at the end of its line: the entry's place, and the line's end from which a leader goes to it. */
export interface DirectLabel extends PlacedEntry {
  readonly end: { readonly x: number; readonly y: number };
}

/** Where everything goes. */
export interface Layout {
  readonly height: number;
  readonly panels: readonly PanelPlace[];
  readonly key: readonly PlacedEntry[];
  readonly direct: readonly DirectLabel[];
  /** Lines of the y label and the baseline of the first. */
  readonly yLabel: { readonly lines: readonly string[]; readonly y: number };
  /** Lines of the x label, their middle, and the baseline of the first. */
  readonly xLabel: { readonly lines: readonly string[]; readonly x: number; readonly y: number };
  readonly footnote?: { readonly text: string; readonly y: number };
}

const FOREST_ROW = 25;
const PANEL_GAP = 24;
const DIRECT_GAP = 15;
const DIRECT_LEAD = 16;
/** Farthest a name may stand from its line's end, px; beyond that the key goes above the panels. */
const DIRECT_SHIFT = 60;
/** Widest column of names beside a panel, px. */
const SIDE_LIMIT = 210;

/** True when points are joined by lines, which the key then shows. */
export function drawsLines(spec: FigureSpec): boolean {
  return spec.kind === "lines" && spec.xScale !== "point";
}

/** Panels in a row. */
export function columnsFor(panels: number): number {
  return panels <= 3 ? panels : panels === 4 ? 2 : 3;
}

/** The text beside a row of a forest plot. */
export function forestText(point: Point): string {
  return point.xInterval ? formatInterval(Number(point.x), ...point.xInterval) : formatNumber(Number(point.x));
}

/** Lines of each x tick label. @param step room for one label, px */
export function xTickLines(scale: Scale, step: number): string[][] {
  return scale.labels.map((text) => scale.type === "point" ? wrapText(text, TICK_TEXT, step - 6) : [text]);
}

/** Height of a panel's inside, px. */
function panelHeight(spec: FigureSpec, points: FigurePoints, columns: number, width: number): number {
  if (spec.kind === "dots") return FOREST_ROW * points.methods.length;
  if (spec.kind === "scatter" && spec.diagonal) return Math.min(width, columns === 1 ? 380 : Infinity);
  return [300, 215, 170][columns - 1];
}

/** The entries of the key: methods, unless a forest plot's rows carry their names, then reference lines. */
function keyEntries(spec: FigureSpec, points: FigurePoints): Entry[] {
  return [
    ...(spec.kind === "dots" ? [] : points.methods.map((method) => ({ method }))),
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
  scales: { readonly x: Scale; readonly y: Scale },
): { readonly x: number; readonly y: number }[] | undefined {
  const last = Math.max(...points.points.map((point) => Number(point.x)));
  const ends = [];
  for (const entry of entries) {
    const reference = "reference" in entry;
    const value = reference
      ? spec.references?.find((line) => line.label === entry.reference)?.value
      : points.points.find((point) => point.method === entry.method && point.x === last)?.y;
    if (value === undefined) return undefined;
    ends.push({ x: reference ? 1 : fraction(scales.x, last), y: 1 - fraction(scales.y, value) });
  }
  return ends;
}

/** The layout of a figure. */
export function layOut(
  spec: FigureSpec,
  points: FigurePoints,
  scales: { readonly x: Scale; readonly y: Scale },
): Layout {
  const count = points.panels.length, columns = columnsFor(count);
  const entries = keyEntries(spec, points);
  const forest = spec.kind === "dots";
  const left = 10 + Math.max(0, ...scales.y.labels.map((text) => textWidth(text, forest ? LABEL_TEXT : TICK_TEXT)));
  const side = DIRECT_LEAD + Math.max(0, ...entries.map((entry) => entryWidth(entry, drawsLines(spec))));
  const besideAllowed = count === 1 && entries.length > 1 && side <= SIDE_LIMIT;
  const ends = besideAllowed && drawsLines(spec) ? lineEnds(spec, points, entries, scales) : undefined;
  const height = panelHeight(spec, points, columns, (FIGURE_WIDTH - left - 14 - PANEL_GAP * (columns - 1)) / columns);
  const places = ends && spread(ends.map((end) => end.y * height), DIRECT_GAP, 4, height - 4);
  const direct = places?.every((place, i) => Math.abs(place - ends![i].y * height) <= DIRECT_SHIFT)
    ? places
    : undefined;
  const beside = direct || (besideAllowed && spec.kind === "scatter");
  const values = forest && count === 1
    ? 14 + Math.max(0, ...points.points.map((p) => textWidth(forestText(p), TICK_TEXT)))
    : 0;
  const right = beside ? side : Math.max(14, values);
  let width = (FIGURE_WIDTH - left - right - PANEL_GAP * (columns - 1)) / columns;
  if (spec.kind === "scatter" && spec.diagonal) width = Math.min(width, height);

  // Key, y label, then rows of panels with their headings above and ticks below.
  const above = beside ? [] : flow(entries, FIGURE_WIDTH, drawsLines(spec));
  let top = above.length ? above[above.length - 1].y + KEY_LINE / 2 + 8 : 0;
  const yLines = wrapText(spec.yLabel, LABEL_TEXT, FIGURE_WIDTH);
  const yLabel = { lines: yLines, y: top + LABEL_TEXT };
  top += yLines.length * TEXT_LINE + (yLines.length ? 6 : 0);
  const titles = points.panels.map((name) =>
    name === "" ? [] : wrapText(spec.panelLabel ? `${spec.panelLabel}: ${name}` : name, LABEL_TEXT, width, true)
  );
  const headLines = Math.max(...titles.map((title) => title.length));
  const names = points.panels.map((name) =>
    forest
      ? referencesIn(spec, name).filter((line) => line.local)
        .map(({ value, label }) => ({ value, lines: wrapText(label, TICK_TEXT, width) }))
      : []
  );
  const nameLines = Math.max(...names.map((list) => list.flatMap(({ lines }) => lines).length));
  const head = (headLines + nameLines) * TEXT_LINE + 6;
  const ticks = Math.max(1, ...xTickLines(scales.x, width / scales.x.ticks.length).map((lines) => lines.length));
  const foot = 8 + ticks * TEXT_LINE;
  const panels = points.panels.map((name, i): PanelPlace => ({
    name,
    first: i % columns === 0,
    title: titles[i],
    names: names[i],
    box: {
      left: left + (i % columns) * (width + PANEL_GAP),
      top: top + head + Math.floor(i / columns) * (head + height + foot + 10),
      width,
      height,
    },
  }));
  const bottom = panels[panels.length - 1].box.top + height + foot;
  const xLines = wrapText(spec.xLabel, LABEL_TEXT, FIGURE_WIDTH - left);
  const middle = left + (columns * width + (columns - 1) * PANEL_GAP) / 2;
  const xEnd = bottom + xLines.length * TEXT_LINE + 4;
  const footnote = points.dropped
    ? {
      text: `${points.dropped} ${
        points.dropped === 1 ? "value" : "values"
      } at or below zero not shown on the log axis.`,
      y: xEnd + TICK_TEXT,
    }
    : undefined;
  const box = panels[0].box;
  const sideX = box.left + width + DIRECT_LEAD;
  return {
    height: Math.ceil(xEnd + (footnote ? 16 : 0)),
    panels,
    key: beside && !direct
      ? entries.map((entry, i) => ({ entry, x: sideX, y: box.top + KEY_LINE * (i + 0.5) }))
      : above,
    direct: (direct ?? []).map((y, i) => ({
      entry: entries[i],
      x: sideX,
      y: box.top + y,
      end: { x: box.left + width * ends![i].x, y: box.top + ends![i].y * height },
    })),
    yLabel,
    xLabel: { lines: xLines, x: middle, y: bottom + LABEL_TEXT },
    footnote,
  };
}

/**
 * The key of a figure: a sample of each line with its symbol and name, above the panels or at the ends of the lines.
 *
 * @module
 */
import type { Box } from "./box.ts";
import { type Canvas, dotStyle, type Drawing, drawMarks, lineStyle, markStyle, REFERENCE_DASHES } from "./marks.ts";
import { seriesOf } from "./pen.ts";
import { element } from "./svg.ts";
import { textWidth, TICK_TEXT } from "./text_width.ts";
import { named } from "./theme.ts";

/** Something the key explains: a method, a reference line by the index of its dash, or which dot of a row is which. */
export type Entry =
  | { readonly method: string; readonly name: string }
  | { readonly reference: string; readonly dash: number }
  | { readonly marked: string; readonly mark: number };

/** An entry with the place of its sample's left end and middle line. */
export interface PlacedEntry {
  /** What is explained. */
  readonly entry: Entry;
  /** Left end of the sample, px from the left edge of the key's box. */
  readonly x: number;
  /** Middle of the sample, px from the upper edge of the key's box. */
  readonly y: number;
}

const LINE_SAMPLE = 26;
const DOT_SAMPLE = 10;
const GAP = 6;
const BETWEEN = 18;
/** Height of a line of the key, px. */
export const KEY_LINE = 18;

/**
 * The text of an entry.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(entryLabel({ method: "dr", name: "DR = IPW" }), "DR = IPW");
 * ```
 */
export function entryLabel(entry: Entry): string {
  return "method" in entry ? entry.name : "marked" in entry ? entry.marked : entry.reference;
}

/**
 * The width of an entry, px.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(entryWidth({ reference: "truth", dash: 0 }, false) > entryWidth({ method: "dr", name: "truth" }, false));
 * ```
 */
export function entryWidth(entry: Entry, withLines: boolean): number {
  return (withLines || "reference" in entry ? LINE_SAMPLE : DOT_SAMPLE) + GAP + textWidth(entryLabel(entry), TICK_TEXT);
}

/**
 * Entries in rows from left to right, none wider than `width`; `y` counts from the key's top.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const placed = flow([{ method: "ipw", name: "IPW" }, { method: "dr", name: "DR" }], 100, true);
 * assert.deepEqual(placed.map(({ x, y }) => [x, y]), [[0, 9], [0, 27]]);
 * ```
 */
export function flow(entries: readonly Entry[], width: number, withLines: boolean): PlacedEntry[] {
  let x = 0, y = KEY_LINE / 2;
  return entries.map((entry) => {
    const needed = entryWidth(entry, withLines);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += KEY_LINE;
    }
    const placed = { entry, x, y };
    x += needed + BETWEEN;
    return placed;
  });
}

/**
 * Moves labels apart so that none is nearer than `gap` to the next and all stay within the bounds, keeping their order:
 * the least squares solution, by pooling neighbours that collide.
 *
 * @param wanted places, in any order
 * @returns places in the same order as `wanted`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(spread([10, 10], 4, 0, 100), [8, 12]);
 * assert.deepEqual(spread([1, 50], 4, 5, 100), [5, 50]);
 * ```
 */
export function spread(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || a - b);
  // Without the gaps the order constraint is monotonicity, which pooling adjacent violators solves.
  const pools: { sum: number; count: number }[] = [];
  for (const [rank, i] of order.entries()) {
    pools.push({ sum: wanted[i] - rank * gap, count: 1 });
    while (pools.length > 1 && mean(pools[pools.length - 2]) > mean(pools[pools.length - 1])) {
      const last = pools.pop()!, previous = pools[pools.length - 1];
      previous.sum += last.sum;
      previous.count += last.count;
    }
  }
  const top = Math.max(low, high - (wanted.length - 1) * gap);
  const flat = pools.flatMap((pool) => Array<number>(pool.count).fill(Math.min(top, Math.max(low, mean(pool)))));
  const places = Array<number>(wanted.length);
  for (const [rank, i] of order.entries()) places[i] = flat[rank] + rank * gap;
  return places;
}

function mean(pool: { sum: number; count: number }): number {
  return pool.sum / pool.count;
}

/**
 * Placed entries within a box.
 *
 * @example
 * ```ts
 * import { openCanvas } from "./marks.ts";
 * import { Pen } from "./pen.ts";
 * import assert from "node:assert/strict";
 * const box = { left: 0, top: 0, width: 100, height: 20 };
 * const canvas = await openCanvas({ tips: false });
 * const drawing = drawKey(canvas, [{ entry: { method: "dr", name: "DR" }, x: 0, y: 9 }], box, true);
 * assert.match(drawing(new Pen("file")), />DR<\/text>/);
 * ```
 */
export function drawKey(canvas: Canvas, placed: readonly PlacedEntry[], box: Box, withLines: boolean): Drawing {
  const { Plot } = canvas;
  const marks = placed.flatMap(({ entry, x, y }) => {
    const ends = [[x, y], [x + LINE_SAMPLE, y]];
    if ("reference" in entry) {
      const strokeDasharray = REFERENCE_DASHES[entry.dash % REFERENCE_DASHES.length];
      return [Plot.line(ends, { stroke: named("ink"), strokeWidth: 1.2, strokeDasharray })];
    }
    const middle = [[x + (withLines ? LINE_SAMPLE : DOT_SAMPLE) / 2, y]];
    if ("marked" in entry) return [Plot.dot(middle, markStyle(entry.mark, named("ink"), 4.5))];
    const dot = Plot.dot(middle, dotStyle(entry.method, 3.8));
    return withLines ? [Plot.line(ends, lineStyle(entry.method)), dot] : [dot];
  });
  const samples = drawMarks(canvas, box, {}, marks);
  return (pen) => {
    const texts = placed.map(({ entry, x, y }) => {
      const sample = withLines || "reference" in entry ? LINE_SAMPLE : DOT_SAMPLE;
      const series = "method" in entry ? seriesOf(entry.method) : undefined;
      return pen.text(entryLabel(entry), x + sample + GAP, y + 4, { size: TICK_TEXT, colour: "ink", series });
    });
    const style = pen.target === "page" ? "key" : undefined, transform = `translate(${box.left},${box.top})`;
    return element("g", { class: style, fill: "none", transform }, samples(pen), ...texts);
  };
}

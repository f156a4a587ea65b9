/**
 * The small plot of a loss and its slope against the margin.
 *
 * @module
 */
import { ticks as roundTicks } from "d3-array";
import { FONT_FAMILY } from "./typeface/typeface.ts";
import type { LossCurve } from "../losses/curves.ts";
import { escapeText } from "./escape.ts";
import { element, label } from "./svg.ts";
import { tickLabels } from "./ticks.ts";

const SIZE = { width: 300, height: 176 };
const BOX = { left: 34, top: 8, width: 258, height: 130 };
const TEXT = { "font-size": 11, fill: "var(--muted)" };

/** How the two lines look, in the plot and in its key. */
const LINES = {
  loss: { stroke: "var(--ink)", "stroke-width": 1.8, fill: "none" },
  slope: { stroke: "var(--link)", "stroke-width": 1.8, "stroke-dasharray": "5 3", fill: "none" },
} as const;

/**
 * Loss (solid) and slope (dashed) against the margin as SVG markup, with the page's colours.
 *
 * @param id unique on the page
 * @param alt text for readers who do not see it
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const svg = renderLossCurve({ margin: [-1, 0, 1], loss: [2, 1, 0], slope: [-1, -1, -1] }, "hinge", "Falls to 0.");
 * assert.equal(svg.match(/<path/g)?.length, 2);
 * ```
 */
export function renderLossCurve(curve: LossCurve, id: string, alt: string): string {
  const { margin, loss, slope } = curve;
  const [left, right] = [margin[0], margin[margin.length - 1]];
  const values = [0, ...loss, ...slope], low = Math.min(...values);
  const high = Math.max(...values, low + 1e-6), pad = 0.04 * (high - low);
  const x = (v: number) => BOX.left + BOX.width * (v - left) / (right - left);
  const y = (v: number) => BOX.top + BOX.height * (high + pad - v) / (high - low + 2 * pad);
  const path = (values: readonly number[]) => values.map((v, i) => `${i ? "L" : "M"}${x(margin[i])},${y(v)}`).join("");
  const horizontal: number[] = roundTicks(left, right, 4), vertical: number[] = roundTicks(low, high, 4);
  const rule = (x1: number, y1: number, x2: number, y2: number, stroke: string) =>
    element("line", { x1, y1, x2, y2, stroke });
  const bottom = BOX.top + BOX.height;
  const parts = [
    ...vertical.map((v) => rule(BOX.left, y(v), BOX.left + BOX.width, y(v), v === 0 ? "var(--rule)" : "var(--grid)")),
    ...horizontal.map((v) => rule(x(v), BOX.top, x(v), bottom, v === 0 ? "var(--rule)" : "var(--grid)")),
    element("path", { d: path(loss), ...LINES.loss }),
    element("path", { d: path(slope), ...LINES.slope }),
    ...tickLabels(vertical, "linear").map((text, i) =>
      label(text, BOX.left - 5, y(vertical[i]) + 4, { ...TEXT, "text-anchor": "end" })
    ),
    ...tickLabels(horizontal, "linear").map((text, i) =>
      label(text, x(horizontal[i]), bottom + 15, { ...TEXT, "text-anchor": "middle" })
    ),
    label("margin", BOX.left + BOX.width / 2, bottom + 31, { ...TEXT, "text-anchor": "middle" }),
  ];
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      ...SIZE,
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      role: "img",
      "aria-labelledby": `curve-${id}`,
      "font-family": FONT_FAMILY,
    },
    element("desc", { id: `curve-${id}` }, escapeText(alt)),
    ...parts,
  );
}

/**
 * What the two lines are, as SVG markup for the head of the page.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(lossCurveKey(), /slope/);
 * ```
 */
export function lossCurveKey(): string {
  const names = Object.keys(LINES) as (keyof typeof LINES)[];
  const parts = names.flatMap((name, i) => [
    element("line", { x1: 90 * i, y1: 8, x2: 90 * i + 26, y2: 8, ...LINES[name] }),
    label(name, 90 * i + 32, 12, TEXT),
  ]);
  return element(
    "svg",
    { width: 180, height: 16, viewBox: "0 0 180 16", role: "img", "aria-label": "Key", "font-family": FONT_FAMILY },
    ...parts,
  );
}

import assert from "node:assert/strict";
import { fileSvg } from "./figure_test_helpers.ts";
import { Pen } from "./pen.ts";
import { renderFigure, renderThumbnail } from "./plot.ts";
import { figurePoints } from "./points.ts";
import { cellTexts, shadeOf } from "./cells.ts";
import { figureScales } from "./scales.ts";
import { heatMap } from "./testdata/sample_report.ts";
import { themeVariables } from "./theme.ts";

const pen = new Pen("file");

/** Red, green and blue of `#rrggbb`, 0 to 255. */
const rgb = (hex: string): number[] => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/** Relative luminance of WCAG 2. */
function luminance(colour: readonly number[]): number {
  const [r, g, b] = colour.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

Deno.test("text keeps a contrast of 3:1 on the strongest shade, light and dark", () => {
  for (const theme of ["light", "dark"] as const) {
    const variables = new Map(
      themeVariables(theme).split(";").map((line) => line.slice(2).split(":") as [string, string]),
    );
    for (const value of [0, 10]) {
      const { colour, opacity } = shadeOf({ domain: [0, 10], middle: 5 }, value);
      const [over, under, ink] = [colour, "paper", "ink"].map((name) => rgb(variables.get(name)!));
      const shaded = under.map((v, i) => opacity * over[i] + (1 - opacity) * v);
      const [bright, dim] = [luminance(shaded), luminance(ink)].sort((a, b) => b - a);
      assert.ok((bright + 0.05) / (dim + 0.05) > 3, `${theme} ${value}`);
    }
  }
});

Deno.test("shades grow away from the faintest value, in a reversed domain too", () => {
  const rank = (value: number) => shadeOf({ domain: [5, 1] }, value).opacity;
  assert.ok(rank(1) > rank(2) && rank(2) > rank(5));
  const share = (value: number) => shadeOf({ domain: [0, 1], middle: 0.5 }, value);
  assert.ok(share(0.9).opacity > share(0.6).opacity);
  assert.ok(Math.abs(share(0.9).opacity - share(0.1).opacity) < 1e-12);
  assert.notEqual(share(0.9).colour, share(0.1).colour);
});

Deno.test("a heat map has a cell a row, named rows and columns, a tip and text in each cell", async () => {
  const svg = await fileSvg(heatMap);
  assert.equal(svg.match(/fill-opacity="0\.\d+"/g)?.length, 9);
  for (const name of ["IPW", "SNIPW", "DR", "noisy labels", "mean rank, 1 is best"]) {
    assert.ok(svg.includes(`>${name}<`), name);
  }
  assert.match(svg, /<title>DR\ncondition: confounded\nmean rank, 1 is best: 2<\/title>/);
  assert.equal(svg.match(/>[123]\.0<\/text>/g)?.length, 9);
  assert.doesNotMatch(svg, /NaN|undefined|var\(--/);
});

Deno.test("many columns have slanted names, and a cell without number is left out", async () => {
  const arms = ["ipw", "snipw", "clipped", "dr", "sndr", "switch-dr", "dros", "cpo", "dr-cpo", "naive", "outcome-only"];
  const data = arms.flatMap((arm) =>
    arms.map((other) => ({ arm, condition: other, rank: arm === other ? null : 2, shown: arm === other ? "" : "2" }))
  );
  const svg = await fileSvg({ ...heatMap, data }, 560);
  assert.equal(svg.match(/rotate\(-45 /g)?.length, arms.length);
  assert.ok(svg.includes(">outcome-only<"));
  assert.equal(svg.match(/fill-opacity="0\.\d+"/g)?.length, arms.length * (arms.length - 1));
});

Deno.test("in print and in a thumbnail", async () => {
  const { svg } = await renderFigure(heatMap, { target: "paper", width: 234 });
  assert.match(svg, /width="234pt"/);
  assert.doesNotMatch(await renderThumbnail(heatMap, "compare"), /<text|<title/);
});

Deno.test("text stands in all cells or in none", () => {
  const points = figurePoints(heatMap), scales = figureScales(heatMap, points, { width: 300, height: 100 });
  for (const width of [20, 50, 60, 80, 300]) {
    const count = cellTexts(pen, points.points, scales, { left: 0, top: 0, width, height: 60 }).length;
    assert.ok(count === 0 || count === 9);
  }
});

import assert from "node:assert/strict";
import type { Arrow } from "./arrows.ts";
import { drawArrows } from "./field.ts";
import { fileSvg } from "./figure_test_helpers.ts";
import { Pen } from "./pen.ts";
import { field } from "./testdata/sample_report.ts";

const pen = new Pen("file");
const box = { left: 0, top: 0, width: 200, height: 100 };
const scale = (low: number, high: number) => ({ type: "linear", domain: [low, high], ticks: [], labels: [] }) as const;
const scales = { x: scale(0, 2), y: scale(0, 2) };
const arrow = (x: number, y: number, dx: number, dy: number): Arrow => ({ panel: "", x, y, dx, dy });

/** Tail and head of each arrow in the markup, px. */
function shafts(svg: string) {
  const number = "(-?[\\d.]+)";
  const pattern = new RegExp(`M${number},${number}L${number},${number}(?=M[^M]*L[^M]*L|["M])`, "g");
  return [...svg.matchAll(pattern)].map((m) => m.slice(1).map(Number));
}

Deno.test("an arrow points where a path there would go: up for growing y, sheared like the axes", () => {
  const [[x1, y1, x2, y2]] = shafts(
    drawArrows(pen, [arrow(1, 1, 0, 3)], [arrow(1, 1, 0, 3)], scales, box),
  );
  assert.deepEqual([x1, x2], [100, 100]);
  assert.ok(y2 < y1);
  // One unit is 100 px across and 50 px up: the direction (1, 1) rises half as fast as it runs.
  const diagonal = arrow(1, 1, 1, 1);
  const [[a, b, c, d]] = shafts(drawArrows(pen, [diagonal], [diagonal], scales, box));
  assert.ok(Math.abs((b - d) / (c - a) - 0.5) < 1e-3);
  assert.ok(Math.abs((a + c) / 2 - 100) < 0.02 && Math.abs((b + d) / 2 - 50) < 0.02);
});

Deno.test("lengths grow with the square root of the magnitude, on one scale for all panels", () => {
  const all = [arrow(0, 0, 4, 0), arrow(1, 0, 1, 0), arrow(0, 1, 0, 0)];
  const long = ([x1, y1, x2, y2]: number[]) => Math.hypot(x2 - x1, y2 - y1);
  const [first, second] = [all[0], all[1]].map((one) => long(shafts(drawArrows(pen, [one], all, scales, box))[0]));
  assert.ok(Math.abs(first / second - 2) < 1e-2);
  // Cells are 100 px wide and 50 px high; the longest arrow stays within the smaller.
  assert.ok(first <= 50 && first > 40);
  assert.equal(
    drawArrows(pen, [all[2]], all, scales, box),
    '<path d="M-0.5,50L0.5,50" stroke="#5c5c5c" stroke-width="1" fill="none"/>',
  );
  assert.equal(drawArrows(pen, [arrow(0, 0, 0, 0)], [arrow(0, 0, 0, 0)], scales, box), "");
});

Deno.test("a figure draws the arrows of each panel and joins stations in the order of the rows", async () => {
  const svg = await fileSvg(field);
  assert.equal([...svg.matchAll(/stroke="#5c5c5c"/g)].length, 2);
  // Three stations a panel.
  assert.equal([...svg.matchAll(/<title>DR/g)].length, 6);
  const reversed = { ...field, data: field.data.toReversed() };
  assert.notEqual(await fileSvg(reversed), svg);
  const arrowsAlone = { ...field, data: field.data.filter((row) => row.dx !== null) };
  assert.doesNotMatch(await fileSvg(arrowsAlone), /No data/);
});

Deno.test("a component that is no number is named", async () => {
  const data = [{ ...field.data[0], x: "left" }];
  await assert.rejects(fileSvg({ ...field, data }), {
    name: "TypeError",
    message: 'figure "slopes": column "x" must hold numbers, got "left"',
  });
});

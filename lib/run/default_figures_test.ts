import assert from "node:assert/strict";
import { figurePoints } from "../report/points.ts";
import { against, coinciding, curve, dots, finding, ranging, shown, tiles } from "./default_figures.ts";
import { measuresTable } from "./measures_table.ts";
import { place } from "./place.ts";
import { Metric } from "./quantity.ts";
import { summaryLines, viewOf } from "./view.ts";
import { blocksOf } from "./rows_test_helpers.ts";

const gain = new Metric("gain", "gain", 2), kl = new Metric("kl", "KL", 3, "KL, nats");
const conditions = ["clair", "stronger"].map((data) => ({ data }));
const rows = ["dpo", "kto"].flatMap((arm, a) =>
  conditions.flatMap((condition, c) =>
    ["gain", "kl"].flatMap((metric, m) =>
      [0, 1, 2].map((seed) => (
        { part: "synthetic", question: "q", arm, condition, metric, seed, value: 8 * m + 4 * a + 2 * c + seed / 10 }
      ))
    )
  )
);
const view = viewOf(blocksOf(rows), "q", ["dpo", "kto"], conditions);

Deno.test("panels of methods have their labels, others their values", () => {
  const figure = dots(view, gain, { id: "gain", caption: "", panels: { key: "data", methods: true } });
  assert.deepEqual([figure.panel, figure.panelLabel], ["panel", undefined]);
  assert.deepEqual(figure.data.map(({ panel, arm }) => `${panel} ${arm}`), [
    "CLAIR dpo",
    "CLAIR kto",
    "Stronger preferred dpo",
    "Stronger preferred kto",
  ]);
  const plain = curve(view, gain, {
    id: "gain",
    caption: "",
    knob: { x: "data", xLabel: "data" },
    panels: { key: "data", label: "from" },
  });
  assert.deepEqual([plain.panel, plain.panelLabel, "panel" in plain.data[0]], ["data", "from", false]);
});

Deno.test("two metrics against each other are those of the same arm and condition", () => {
  const figure = against(view, gain, kl, { id: "cost", caption: "", xScale: "log" });
  assert.deepEqual([figure.xLabel, figure.yLabel], ["KL, nats", "gain"]);
  for (const row of figure.data) {
    assert.ok(Math.abs(Number(row.kl) - Number(row.value) - 8) < 1e-12);
    assert.ok(Number(row["kl-lower"]) < Number(row.kl) && Number(row.kl) < Number(row["kl-upper"]));
  }
});

Deno.test("a table shows the labels of conditions that are ids of the registry, and only those conditions that are asked for", () => {
  const { columns, rows } = measuresTable(view, {
    id: "gains",
    caption: "",
    conditions: [{ key: "data", label: "data", method: true }],
    where: ({ data }) => data === "clair",
    measures: [gain],
  });
  assert.deepEqual(columns[0], { key: "data", label: "data", method: true });
  assert.deepEqual(rows.map(({ data, arm }) => `${data} ${arm}`), ["clair dpo", "clair kto"]);
});

Deno.test("dots of a row are told apart in the order that is asked for, and only those", () => {
  const marks = { key: "data", names: { stronger: "of a stronger model", clair: "revised" } };
  const { data } = dots(view, gain, { id: "gain", caption: "", marks });
  assert.deepEqual(data.map(({ arm, mark }) => `${arm} ${mark}`), [
    "dpo of a stronger model",
    "kto of a stronger model",
    "dpo revised",
    "kto revised",
  ]);
});

Deno.test("a tile shows its number, and shades are as far from 0 on both sides", () => {
  const figure = tiles(view, gain, { id: "gain", caption: "", column: "data", xLabel: "data" });
  assert.equal(figure.kind, "cells");
  assert.deepEqual(figure.data.map(({ shown }) => shown), [".10", "4.10", "2.10", "6.10"]);
  if (figure.kind === "cells") assert.deepEqual(figure.domain.map(Math.round), [-6, 6]);
});

Deno.test("lines that lie on each other are one, with all names, and it is said whether they are the same; others stay", () => {
  const near = (arm: string, shift: number) =>
    [1, 10, 100].map((n, i) => ({ arm, n, value: 1 / n + shift, lower: 0, upper: 1, i }));
  const figure = coinciding({
    ...summaryLines,
    id: "rates",
    caption: "",
    alt: "",
    x: "n",
    xLabel: "n",
    yLabel: "KL",
    yScale: "log",
    data: [...near("pmle", 0), ...near("dpo", 0.2), ...near("reverse-kl", 1e-4), ...near("distill-labelled", 1e-9)],
  });
  assert.deepEqual(figure.names, { pmle: "PMLE = Distillation, labelled ≈ Reverse KL", dpo: "DPO" });
  // What is not drawn is in the CSV beside the figure.
  assert.deepEqual([...new Set(figure.data.map(({ arm }) => arm))], ["pmle", "dpo", "reverse-kl", "distill-labelled"]);
  assert.deepEqual(figurePoints(figure).methods, ["pmle", "dpo"]);
});

Deno.test("of some arms those are shown that ran, or all", () => {
  assert.deepEqual(shown(view, ["kto", "ipo"]), ["kto"]);
  assert.deepEqual(shown(view, ["ipo"]), ["dpo", "kto"]);
});

Deno.test("a caption is a quantity in its own words, or how a metric ranges where there is none", () => {
  const clair = place("revisions", () => ({ data: "clair" }));
  assert.match(
    finding(view, {}, gain.of("kto", clair).minus("dpo"), gain, clair),
    /^Gain of KTO − DPO, revisions: 4\.0/,
  );
  assert.match(finding(view, {}, gain.of("ipo", clair), gain, clair), /^Gain, revisions: from DPO 0\.1.* to KTO 4/);
  assert.match(ranging(view, {}, kl, clair, ["kto"]), /^KL, revisions: KTO 12/);
});

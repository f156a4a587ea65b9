import assert from "node:assert/strict";
import { registerMethod } from "./methods.ts";
import { fileSvg, pageSvg } from "./figure_test_helpers.ts";
import { renderFigure, renderThumbnail } from "./plot.ts";
import { figurePoints } from "./points.ts";
import { parseXml } from "./xml_test_helpers.ts";
import { figures, forest, lines, logLog, marked, panels, scatter, singledOut } from "./testdata/sample_report.ts";
import { textWidth } from "./text_width.ts";
import type { FigureSpec } from "./types.ts";

const NASTY = `<script>&"'`;

/** Text elements with the box that the text takes, in the figure's coordinates. */
function textBoxes(svg: string) {
  const texts = svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g);
  return [...texts].map(([, attributes, escaped]) => {
    const get = (name: string) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1];
    const text = escaped.replaceAll("&#39;", "'").replaceAll("&amp;", "&");
    const size = Number(get("font-size")), width = textWidth(text, size, get("font-weight") === "600");
    const anchor = get("text-anchor") ?? "start", x = Number(get("x")), y = Number(get("y"));
    const left = anchor === "middle" ? x - width / 2 : anchor === "end" ? x - width : x;
    return { text, left, right: left + width, top: y - 0.75 * size, bottom: y + 0.2 * size };
  });
}

for (const spec of figures) {
  Deno.test(`figure ${spec.id}: well-formed, named, the same bytes twice`, async () => {
    const svg = await fileSvg(spec);
    const elements = parseXml(svg);
    assert.equal(elements[0].attributes.get("xmlns"), "http://www.w3.org/2000/svg");
    assert.equal(elements[0].attributes.get("role"), "img");
    const ids = elements.flatMap(({ attributes }) => attributes.get("id") ?? []);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of elements[0].attributes.get("aria-labelledby")!.split(" ")) assert.ok(ids.includes(id));
    assert.doesNotMatch(svg, /var\(|currentColor|NaN|undefined|Infinity/);
    assert.equal((svg.match(/https?:/g) ?? []).length, 1);
    await pageSvg(figures[0]);
    assert.equal(await fileSvg(spec), svg);
  });

  Deno.test(`figure ${spec.id}: no text is cut or lies on other text`, async () => {
    const svg = await fileSvg(spec);
    const height = Number(/height="(\d+)"/.exec(svg)![1]);
    // The key is drawn in the figure's own coordinates too: its group is moved by nothing.
    const boxes = textBoxes(svg);
    assert.ok(boxes.length > 5);
    for (const box of boxes) {
      assert.ok(box.left >= -0.5 && box.right <= 720.5, `"${box.text}" spans ${box.left} to ${box.right}`);
      assert.ok(box.top >= 0 && box.bottom <= height, `"${box.text}" at ${box.top} to ${box.bottom} of ${height}`);
    }
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        assert.ok(apart, `"${a.text}" and "${b.text}" overlap`);
      }
    }
  });
}

Deno.test("one tip a point, with the numbers of its row; on a page what they are stands once at the figure", async () => {
  const [page, file] = await Promise.all([pageSvg(forest), fileSvg(forest)]);
  const tips = (svg: string) => [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map((match) => match[1]);
  assert.equal(tips(file)[1], "IPW\nSupport: 51 [48, 54]");
  assert.equal(tips(page)[1], "IPW\n51 [48, 54]");
  assert.match(page, / data-tip="\nSupport: "/);
  for (const svg of [page, file]) assert.equal(tips(svg).length, forest.data.length);
  assert.equal(tips(await pageSvg(lines)).length, lines.data.length);
});

Deno.test("a figure's drawing for a phone has the marks of the wide one in the same order, and no tips", async () => {
  const { svg } = await renderFigure(lines, { target: "page", width: 342, tips: false }), wide = await pageSvg(lines);
  const marks = (svg: string) => [...svg.matchAll(/<g data-mark="(\w+)" class="(s-[^"]*)"/g)].map(([, ...it]) => it);
  assert.deepEqual(marks(svg), marks(wide));
  assert.ok(marks(svg).length > 20);
  assert.doesNotMatch(svg, /<title|data-tip/);
});

Deno.test("hostile text stays text", async () => {
  const hostile: FigureSpec = {
    ...panels,
    alt: NASTY,
    xLabel: NASTY,
    yLabel: NASTY,
    panelLabel: NASTY,
    data: panels.data.map((row) => ({ ...row, law: `${row.law}${NASTY}`, [NASTY]: NASTY })),
    references: [{ value: 0, label: NASTY }],
  };
  for (const target of ["page", "file"] as const) {
    const { svg } = await renderFigure(hostile, { target });
    parseXml(svg);
    assert.doesNotMatch(svg, /<script/);
    assert.match(svg, /&lt;script&gt;&amp;&quot;&#39;/);
  }
});

Deno.test("points that a log axis cannot show are counted under the figure", async () => {
  assert.match(await fileSvg(logLog), />1 value at or below zero not shown on the log axis\./);
});

Deno.test("on a log axis an interval is drawn no further than a decade below its point; its tip and the rows have all of it", async () => {
  const data = [{ arm: "dr", n: 1, mse: 100, lo: -5, hi: 200 }, { arm: "dr", n: 2, mse: 1000, lo: 200, hi: 2000 }];
  const spec: FigureSpec = {
    ...{ kind: "lines", id: "cut", caption: "", alt: "", xLabel: "n", yLabel: "error", yScale: "log" },
    ...{ x: "n", y: "mse", lower: "lo", upper: "hi", by: "arm", data },
  };
  const { points, cut } = figurePoints(spec);
  assert.deepEqual(points.map(({ yInterval }) => yInterval), [[10, 200], [200, 2000]]);
  assert.equal(cut, 1);
  const svg = await fileSvg(spec);
  assert.match(svg, /error: 100 \[−5, 200\]/);
  assert.match(svg, />1 interval cut a decade below the point\.</);
  const linear = figurePoints({ ...spec, yScale: "linear" });
  assert.deepEqual(linear.points[0].yInterval, [-5, 200]);
  assert.equal(linear.cut, 0);
});

Deno.test("a reference line that a log axis cannot show is left out", async () => {
  const references = [{ value: 0, label: "Zero" }, { value: 0.1, label: "Target" }, { value: NaN, label: "Unknown" }];
  const svg = await fileSvg({ ...logLog, references });
  assert.match(svg, />Target</);
  assert.doesNotMatch(svg, />Zero<|>Unknown<|NaN/);
});

Deno.test("missing values leave a gap, and a figure without any says so", async () => {
  const holes = { ...scatter, data: scatter.data.map((row, i) => i < 11 ? { ...row, bias: NaN } : row) };
  assert.equal([...(await fileSvg(holes)).matchAll(/<title>/g)].length, 1);
  for (const spec of figures) {
    const svg = await fileSvg({ ...spec, data: [] });
    parseXml(svg);
    assert.match(svg, />No data</);
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  }
});

Deno.test("rows that cannot be drawn are named", async () => {
  await assert.rejects(fileSvg({ ...lines, data: [{ ...lines.data[0], mean: "high" }] }), {
    name: "TypeError",
    message: 'figure "policies": column "mean" must hold numbers, got "high"',
  });
  await assert.rejects(fileSvg({ ...lines, data: [{ arm: "cpo", x: 0 }] }), {
    name: "TypeError",
    message: 'figure "policies": column "mean" must hold numbers, got no such column',
  });
  await assert.rejects(fileSvg({ ...forest, data: [forest.data[0], forest.data[0]] }), {
    name: "RangeError",
    message: 'figure "hong-kong": method "naive" has two dots in panel ""',
  });
  await assert.rejects(fileSvg({ ...lines, data: [{ ...lines.data[0], arm: "nobody" }] }), {
    name: "RangeError",
  });
});

Deno.test("one extreme interval, one value, and values of all signs are drawn inside the figure", async () => {
  for (const value of [0, -3, 1e9, 1e-9]) {
    const row = { arm: "dr", x: 1, mean: value, lower: value - 1e7, upper: value + 1e7, n: 5 };
    parseXml(await fileSvg({ ...lines, data: [row], references: [] }));
  }
  for (const value of [5e-324, 1e-320, -1e-300]) {
    const rows = [0, 1, 2].map((x) => ({ arm: "dr", x, mean: x * value, lower: -value, upper: 2 * value, n: 5 }));
    for (const data of [rows, rows.slice(1, 2)]) {
      const svg = await fileSvg({ ...lines, data, references: [] });
      parseXml(svg);
      assert.doesNotMatch(svg, /NaN|Infinity/);
    }
  }
});

Deno.test("a thumbnail has no text and no tips", async () => {
  for (const spec of figures) {
    const svg = await renderThumbnail(spec, "cpo");
    parseXml(svg);
    assert.doesNotMatch(svg, /<text|<title/);
  }
});

Deno.test("a line breaks where a value is missing, and says so", async () => {
  const rows = [1, 2, 3, 4].map((x) => ({ ...lines.data[0], x, mean: x === 2 ? null : x, lower: x - 1, upper: x + 1 }));
  const svg = await fileSvg({ ...lines, data: rows, references: [] });
  assert.match(svg, />1 value missing: lines break there\.</);
  const whole = await fileSvg({ ...lines, data: rows.filter(({ x }) => x !== 2), references: [] });
  assert.doesNotMatch(whole, /missing/);
  const strokes = (markup: string) => [...markup.matchAll(/<path d="(M[^"]*)"/g)].map(([, d]) => d);
  assert.ok(strokes(svg).some((d) => /^M[\d.,]+ZM[\d.,]+L/.test(d)), "a point alone, then the rest");
  assert.ok(!strokes(whole).some((d) => /^M[\d.,]+ZM/.test(d)));
});

Deno.test("a long name of a row leaves its panel room, from left to right", async () => {
  const style = { light: "#8a4a78", dark: "#cc62a4", dash: "", symbol: "star", filled: true } as const;
  registerMethod("long-name", { ...style, label: "Self-normalised DR-CPO with cross-fitted outcome model" });
  const data = [{ ...forest.data[0], arm: "long-name" }];
  const svg = await fileSvg({ ...forest, data, references: [] }, 351);
  const ticks = [...svg.matchAll(/<text x="([\d.]+)"[^>]*text-anchor="middle"[^>]*>−?[\d.]+</g)].map(([, x]) =>
    Number(x)
  );
  assert.ok(ticks.length > 1 && ticks.every((x, i) => i === 0 || x > ticks[i - 1]), ticks.join());
});

Deno.test("dots of a row: filled, hollow, and a tick without an interval; the key names them", async () => {
  const svg = await fileSvg(marked);
  for (const name of ["confounded", "unconfounded", "shown unevenly"]) assert.match(svg, new RegExp(`>${name}</text>`));
  assert.equal(svg.match(/<title>CPO/g)?.length, 3);
  assert.equal(svg.match(/<line [^>]*stroke-opacity="0.4"/g)?.length, 3);
  assert.equal(figurePoints(marked).points.filter(({ xInterval }) => xInterval).length, 2 * 3);
  assert.throws(() => figurePoints({ ...marked, data: [marked.data[0], marked.data[0]] }), /has two dots/);
});

Deno.test("the key explains singled-out methods alone, by the names that a figure gives them", async () => {
  const texts = [...(await fileSvg(singledOut)).matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text);
  assert.ok(texts.includes("CPO = CPO with baseline") && texts.includes("DR-CPO"));
  assert.ok(!texts.includes("Naive") && !texts.includes("CPO"));
});

Deno.test("where its dots have no room beside them, a forest plot leaves out its numbers", async () => {
  const [{ svg: wide }, { svg: narrow }] = await Promise.all(
    [720, 260].map((width) => renderFigure(forest, { target: "file", width })),
  );
  assert.match(wide, />50.0 \[47.0, 53.0\]</);
  assert.doesNotMatch(narrow, /\[47.0, 53.0\]<\/text>/);
});

import assert from "node:assert/strict";
import { sampleCurve } from "../losses/curves.ts";
import { losses } from "../losses/mod.ts";
import { startBackend } from "../tensor/backend.ts";
import { renderLossCurve } from "./loss_figure.ts";
import { lossesMarkdown, renderLossesPage } from "./losses_page.ts";

await startBackend("cpu");
const margins = [-4, -2, 0, 2, 4];
const sheets = losses.map((entry) => ({ entry, curve: sampleCurve(entry, margins) }));
const html = await renderLossesPage(sheets, []);

Deno.test("the page shows every loss once, with its formula, options and plot", () => {
  for (const { name, title, options, curve } of losses) {
    const articles = html.split(`<article class="loss" id="loss-${name}">`);
    assert.equal(articles.length, 2, name);
    const article = articles[1].split("</article>")[0];
    assert.ok(article.includes(`<code>${name}</code>`) && article.includes("<math"), title);
    assert.equal(article.includes("<svg"), curve !== undefined || article.includes("katex-svg"), name);
    for (const option of Object.keys(options)) {
      assert.ok(article.includes(`<code>${option}</code>`), `${name}: ${option}`);
    }
    assert.equal(html.split(`href="#loss-${name}"`).length, 2, `${name} is in the list`);
  }
});

Deno.test("the page asks for nothing and links to itself alone", () => {
  const addresses = [...html.matchAll(/\b(?:src|href|url)(?:="|\()([^")]*)/g)].map((match) => match[1]);
  assert.ok(addresses.length > losses.length);
  for (const address of addresses) assert.match(address, /^(#|data:)/);
  for (const [, anchor] of html.matchAll(/href="#([^"]*)"/g)) assert.ok(html.includes(`id="${anchor}"`), anchor);
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("slopes at margin 0, as the papers have them", () => {
  // Halves of the difference of the slopes in the two responses.
  const known = {
    "dpo": "−0.5",
    "apo-zero": "−0.25",
    "apo-down": "−0.125",
    "hinge": "−1",
    "ipo-sum": "−2",
    "wpo": "–",
  };
  const markdown = lossesMarkdown(sheets);
  for (const [name, slope] of Object.entries(known)) {
    assert.match(markdown, new RegExp(`\\| \`${name}\` \\| \\S+ \\| \\S+ \\| ${slope} \\|`), name);
  }
});

Deno.test("the page and the Markdown say which losses have a float64 form, and of what", () => {
  const markdown = lossesMarkdown(sheets);
  for (const { name, exact } of losses) {
    assert.match(markdown, new RegExp(`\\| \`${name}\` \\| \\S+ \\| ${exact?.of ?? "–"} \\|`), name);
    const article = html.split(`id="loss-${name}"`)[1].split("</article>")[0];
    assert.equal(article.includes("<dt>In float64</dt><dd>not</dd>"), exact === undefined, name);
  }
});

Deno.test("the Markdown has every loss, and its tables have as many cells as their heads", () => {
  const markdown = lossesMarkdown(sheets);
  for (const { name, tex, source } of losses) {
    assert.ok(markdown.includes(`(\`${name}\`)\n\n$$${tex}$$`), name);
    assert.ok(markdown.includes(`- **Source**: ${source}`), name);
  }
  let width = 0;
  for (const line of markdown.split("\n")) {
    if (!line.startsWith("|")) width = 0;
    else {
      const cells = line.replaceAll("\\|", "").split("|").length;
      if (width) assert.equal(cells, width, line);
      width = cells;
    }
  }
});

Deno.test("a curve without spread still has a plot, and its words are escaped", () => {
  const flat = renderLossCurve({ margin: [-1, 0, 1], loss: [1, 1, 1], slope: [0, 0, 0] }, "flat", "a < b");
  assert.match(flat, /a &lt; b/);
  assert.doesNotMatch(flat, /NaN|Infinity/);
  const zero = renderLossCurve({ margin: [-1, 0, 1], loss: [0, 0, 0], slope: [0, 0, 0] }, "zero", "nothing");
  assert.doesNotMatch(zero, /NaN|Infinity/);
});

Deno.test("curves have the loss's own slopes", () => {
  const { curve } = sheets.find(({ entry }) => entry.name === "hinge")!;
  assert.deepEqual(curve, { margin: margins, loss: [5, 3, 1, 0, 0], slope: [-1, -1, -1, 0, 0] });
  assert.equal(sheets.find(({ entry }) => entry.name === "wpo")!.curve, undefined);
});

import assert from "node:assert/strict";
import { renderClaimsPage } from "./claims_page.ts";
import { renderIndex } from "./index_page.ts";
import { SITE_PAGES } from "./site_nav.ts";
import { renderPage } from "./page.ts";
import { lines, sampleReport } from "./testdata/sample_report.ts";
import type { Report } from "./types.ts";

const NASTY = `<script>&"'`;

/** Replaces every text by a hostile one, except ids, references to ids and TeX. */
function hostile<T>(value: T, key = ""): T {
  if (typeof value === "string") {
    const structural = ["id", "question", "verdict", "kind", "part", "tex", "x", "y", "by", "lower", "upper", "panel"];
    const method = ["arm", "key", "dx", "dy", "xScale", "yScale", "yLower", "yUpper"];
    return [...structural, ...method].includes(key) ? value : NASTY as T;
  }
  if (Array.isArray(value)) return value.map((item) => hostile(item, key)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hostile(item, name)])) as T;
}

Deno.test("the page is one file that asks for nothing else", async () => {
  const html = await renderPage(sampleReport);
  assert.match(html, /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; /);
  const addresses = html.match(/https?:\/\/[^"'\s<>]*/g) ?? [];
  assert.deepEqual([...new Set(addresses)].sort(), [
    "http://www.w3.org/1998/Math/MathML",
  ]);
  assert.doesNotMatch(html, /<link(?! rel="icon" href="data:,")|<img|@import|src=|url\((?!data:)/);
});

Deno.test("the answer comes first with a figure and headlines, then a section a question with its claims, then all", async () => {
  const html = await renderPage(sampleReport);
  const order = [
    'class="answer"',
    "did not run",
    '<figure id="policies"',
    'class="headline"',
    'class="lead"',
    'aria-label="Contents"',
    'id="formulas"',
    'id="question-policies"',
    'id="claim-robust"',
    'id="question-hong-kong"',
    'id="claim-variance"',
    'id="claims"',
    'id="run"',
  ];
  const places = order.map((text) => html.indexOf(text));
  assert.ok(places.every((place) => place > 0));
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  for (const file of ["figures/policies.svg", "figures/policies.csv", "tables/policies.csv", "tables/policies.tex"]) {
    assert.ok(html.includes(`href="${file}"`), file);
  }
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, target] of html.matchAll(/href="#([^"]*)"/g)) assert.ok(ids.includes(target), target);
});

Deno.test("the same report is the same bytes", async () => {
  assert.equal(await renderPage(sampleReport), await renderPage(structuredClone(sampleReport)));
});

Deno.test("the answer stands on the page and at the head of the index, and every page links what is done of the papers", async () => {
  const answer = "Of 2 methods CPO survives.";
  const [page, plain] = await Promise.all(
    [{ ...sampleReport, answer }, sampleReport].map((report) => renderPage(report)),
  );
  const tally = "Of 2 claims of the paper that were tested, 1 holds, 1 fails.";
  assert.ok(page.includes(`<p class="answer">${answer} ${tally}</p>`));
  assert.ok(plain.includes(`<p class="answer">${tally} As the paper says: `));
  const untested = await renderPage({ ...sampleReport, claims: [] });
  assert.doesNotMatch(untested, /class="answer"|class="headline"/);
  for (const name of ["fidelity", "glossary"]) {
    for (const html of [page, plain]) assert.ok(html.includes(`<a href="../../docs/${name}.md">`), name);
    await Deno.stat(new URL(`../../docs/${name}.md`, import.meta.url));
  }
  const entry = {
    ...{ name: "compare", title: "All", lead: "", claims: [], backend: "wasm", preset: "quick" },
    ...{ answer, seeds: 20, wallSeconds: 4 },
  };
  const index = await renderIndex([entry], SITE_PAGES);
  assert.ok(index.includes(`<p class="answer">${answer} <a href="compare/index.html">All</a></p>`));
  assert.ok(index.indexOf('class="answer"') < index.indexOf('class="experiment"'));
});

Deno.test("figures are numbered down the page, each drawn once; the hero is the first wherever it belongs", async () => {
  const numbers = (html: string) =>
    [...html.matchAll(/<figure id="([^"]*)"|<figcaption><b>Figure (\d+)\./g)].map(([, id, n]) => id ?? n);
  const ids = sampleReport.sections.flatMap(({ figures }) => figures.map(({ id }) => id));
  assert.deepEqual(numbers(await renderPage(sampleReport)), ids.flatMap((id, i) => [id, String(i + 1)]));
  const last = ids.at(-1)!, html = await renderPage({ ...sampleReport, hero: last });
  assert.deepEqual(numbers(html), [last, ...ids.slice(0, -1)].flatMap((id, i) => [id, String(i + 1)]));
  assert.ok(html.includes(`<a href="#${last}">Figure 1</a>, at the top of the page.`));
});

Deno.test("under a figure stand the command that computes its numbers, and the commit", async () => {
  const git = { commit: "0123456789abcdef", dirty: false };
  const config = { command: "deno task cpo --preset quick", git, questions: {} };
  const html = await renderPage({ ...sampleReport, config });
  assert.ok(html.includes("<code>deno task cpo --preset quick --questions policies</code>, commit 0123456</span>"));
  const chosen = await renderPage({ ...sampleReport, config: { command: "deno task cpo --questions policies" } });
  assert.ok(chosen.includes("<code>deno task cpo --questions policies</code></span>"));
  const whole = await renderPage({ ...sampleReport, config: { command: "deno task train --steps 3" } });
  assert.ok(whole.includes("<code>deno task train --steps 3</code></span>"));
});

Deno.test("the page has losses of arms with their place, words with their meaning, and how it is cited", async () => {
  const href = "../losses.html#loss-dpo", loss = { name: "dpo", tex: "-\\log\\sigma(\\beta d)" };
  const losses = [{ ...loss, arm: "dpo", href }, { ...loss, arm: "dpo-all", href }];
  const html = await renderPage({ ...sampleReport, losses });
  assert.ok(html.includes(`<dt>DPO; DPO, all labels: <a href="${href}"><code>dpo</code></a></dt>`));
  assert.match(html, /<dd tabindex="0" data-arms="dpo dpo-all"><math /);
  const without = await renderPage({ ...sampleReport, losses: [{ ...loss, arm: "dpo" }] });
  assert.ok(without.includes("<dt>DPO: <code>dpo</code></dt>"));
  assert.match(
    html,
    /values? the <dfn title="the law by which responses are drawn given a prompt">policy<\/dfn> of wave 2/,
  );
  assert.match(html, /@misc\{cpo-run,\n {2}title = \{\{preflab: Causal preference optimisation\}\}/);
});

Deno.test("hostile text stays text everywhere", async () => {
  const report: Report = { ...hostile(sampleReport), config: { [NASTY]: { [NASTY]: [NASTY] } } };
  const html = await renderPage(report);
  const entry = {
    ...{ name: NASTY, title: NASTY, lead: NASTY, answer: NASTY, backend: NASTY, preset: NASTY },
    claims: report.claims,
    figure: { ...lines, alt: NASTY },
    seeds: 20,
    wallSeconds: 4,
  };
  const index = await renderIndex([entry], SITE_PAGES), claims = await renderClaimsPage([entry], SITE_PAGES);
  for (const page of [html, index, claims]) {
    assert.equal([...page.matchAll(/<script/g)].length, 1);
    assert.ok(page.includes("&lt;script&gt;&amp;&quot;&#39;"));
    assert.doesNotMatch(page, />&"|script>&"/);
  }
});

Deno.test("ids that cannot name files, or name two things, are refused", async () => {
  const [first, second] = sampleReport.sections;
  await assert.rejects(renderPage({ ...sampleReport, sections: [first, { ...second, id: "policies" }] }), {
    name: "RangeError",
    message: 'two sections of report "cpo" have the id "policies"',
  });
  const figures = [{ ...lines, id: "../escape" }];
  await assert.rejects(renderPage({ ...sampleReport, sections: [{ ...first, figures }] }), {
    name: "RangeError",
    message: 'figure id must be lower-case letters, digits and hyphens, got "../escape"',
  });
});

Deno.test("a formula that cannot be read is named", async () => {
  await assert.rejects(renderPage({ ...sampleReport, formulas: [{ label: "Broken", tex: "\\frac{" }] }), {
    name: "RangeError",
    message: /^formula "Broken": KaTeX parse error/,
  });
});

Deno.test("the index lists experiments with their tally and a link", async () => {
  const html = await renderIndex([{
    name: "cpo",
    title: sampleReport.title,
    lead: sampleReport.lead,
    claims: sampleReport.claims,
    figure: lines,
    seeds: 20,
    wallSeconds: 48.2,
    backend: "wasm",
    preset: "quick",
  }], ["index.html"]);
  assert.match(html, /href="cpo\/index\.html"/);
  assert.match(html, /20 seeds · preset quick · 48\.2 s · wasm backend/);
  // The tally is in words, by kind; each claim in the list has its mark.
  assert.equal([...html.matchAll(/class="verdict /g)].length, sampleReport.claims.length);
  assert.match(html, /Claims of the paper: 1 holds/);
  for (const { id } of sampleReport.claims) assert.match(html, new RegExp(`href="cpo/index\\.html#claim-${id}"`));
});

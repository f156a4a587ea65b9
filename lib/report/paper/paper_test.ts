import assert from "node:assert/strict";
import { PDFLATEX } from "../../optional/parts.ts";
import { needing } from "../../optional/skipping.ts";
import * as sample from "../testdata/sample_report.ts";
import { renderFigure } from "../plot.ts";
import type { FigureSpec } from "../types.ts";
import { paperTable } from "./paper_table.ts";
import { figurePdf } from "./pdf.ts";
import { figurePng } from "./png.ts";
import { venueNames, venueWidth } from "./venues.ts";

const { figures, lines } = sample;
const paperFigure = (spec: FigureSpec, width: number) => renderFigure(spec, { target: "paper", width });
/** PDF keeps its dictionaries as plain text, one byte a character. */
const latin = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

Deno.test("PDF figures embed their fonts, have no Type 3, no date, the paper's size, and the same bytes again", async () => {
  for (const spec of figures) {
    const figure = await paperFigure(spec, venueWidth("icml", "half"));
    const pdf = await figurePdf(figure);
    const text = latin(pdf);
    assert.match(text, /\/FontFile2 /);
    assert.doesNotMatch(text, /\/Type3|\/BaseFont \/(Helvetica|Times)/);
    assert.match(text, /\(D:19700101000000Z\)/);
    const box = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(text)!;
    assert.equal(Number(box[1]), 234);
    assert.ok(Math.abs(Number(box[2]) - figure.height) < 0.01);
    assert.deepEqual(await figurePdf(await paperFigure(spec, 234)), pdf);
  }
});

Deno.test("text is 7 to 9 pt on paper, whatever the width", async () => {
  for (const venue of venueNames) {
    for (const width of ["half", "full"]) {
      const points = venueWidth(venue, width);
      for (const spec of figures) {
        const { svg } = await paperFigure(spec, points);
        const [, size, px] = /width="([\d.]+)pt" .*?viewBox="0 0 ([\d.]+) /.exec(svg)!;
        assert.ok(Math.abs(Number(size) - points) < 1e-3);
        for (const [, text] of svg.matchAll(/font-size="([\d.]+)"/g)) {
          const printed = Number(text) * points / Number(px);
          assert.ok(printed >= 7 && printed <= 9, `${spec.id}: ${printed} pt`);
        }
      }
    }
  }
});

Deno.test("no text of a figure leaves the paper", async () => {
  for (const spec of figures) {
    const { svg } = await paperFigure(spec, 234);
    const width = Number(/viewBox="0 0 ([\d.]+) /.exec(svg)![1]);
    for (const [, x] of svg.matchAll(/<rect x="([\d.-]+)"/g)) assert.ok(Number(x) <= width);
    for (const [, x] of svg.matchAll(/<text x="([\d.-]+)"/g)) assert.ok(Number(x) >= 0 && Number(x) <= width);
  }
});

Deno.test("PNG figures have 300 dots an inch and the same bytes again", async () => {
  const figure = await paperFigure(lines, venueWidth("neurips", "full"));
  const png = await figurePng(figure);
  assert.equal(new DataView(png.buffer, png.byteOffset).getUint32(16), 1650);
  assert.deepEqual(await figurePng(figure), png);
});

Deno.test("a character that the face lacks is an error, not an empty box", async () => {
  const figure = await paperFigure({ ...lines, xLabel: "雪" }, 234);
  await assert.rejects(figurePdf(figure), {
    name: "UserError",
    message: /^the typeface of figures \(SourceSans3-SemiBold\) has no sign for 雪: [^\n]+$/,
  });
});

/** A table of one number with its interval. */
const table = (rows: [arm: string, v: number, lo: number, hi: number, n?: number][], better?: "higher" | "lower") =>
  paperTable({
    id: "t",
    caption: "Value",
    columns: [
      { key: "n", label: "n" },
      { key: "arm", label: "Method", method: true },
      { key: "v", label: "Value", digits: 2, lower: "lo", upper: "hi", better },
    ],
    rows: rows.map(([arm, v, lo, hi, n = 1]) => ({ n, arm, v, lo, hi })),
  });

Deno.test("the best value is bold only where its interval touches no other's, group by group", () => {
  const apart = table([["dpo", 0.9, 0.8, 1], ["ipo", 0.5, 0.4, 0.6]], "higher");
  assert.match(apart, /1 & DPO & \\textbf\{0\.90\} & \$\\pm\$0\.10 \\\\\n1 & IPO & 0\.50 &/);
  assert.doesNotMatch(table([["dpo", 0.9, 0.6, 1.2], ["ipo", 0.5, 0.4, 0.6]], "higher"), /textbf/);
  assert.match(table([["dpo", 0.9, 0.8, 1], ["ipo", 0.5, 0.4, 0.6]], "lower"), /IPO & \\textbf\{0\.50\}/);
  assert.doesNotMatch(table([["dpo", 0.9, 0.8, 1], ["ipo", 0.5, 0.4, 0.6]]), /textbf/);
  const groups = table(
    [["dpo", 0.9, 0.8, 1, 1], ["ipo", 0.5, 0.4, 0.6, 1], ["dpo", 0.1, 0, 0.2, 2], ["ipo", 0.5, 0.4, 0.6, 2]],
    "higher",
  );
  assert.equal(groups.match(/textbf/g)!.length, 2);
  assert.doesNotMatch(table([["dpo", 0.9, 0.8, 1]], "higher"), /textbf/, "alone there is nothing to beat");
});

Deno.test("the oracle is never set bold, and is no rival", () => {
  const tex = table([["oracle", 0.95, 0.9, 1], ["dpo", 0.9, 0.85, 0.95], ["ipo", 0.5, 0.4, 0.6]], "higher");
  assert.match(tex, /\\textbf\{0\.90\}/);
  assert.equal(tex.match(/textbf/g)!.length, 1);
});

Deno.test("a table longer than a page breaks over pages, with its head on each", () => {
  const rows = Array.from(
    { length: 46 },
    (_, n): [string, number, number, number, number] => ["dpo", 0.5, 0.4, 0.6, n],
  );
  const long = table(rows);
  assert.match(long, /needs \\usepackage\{booktabs,longtable\}\n\\begin\{longtable\}[^]*\\endhead\n/);
  assert.match(table(rows.slice(1)), /\\begin\{tabular\}/);
  assert.match(long, /^% behind \+-: half of a 95% interval/m);
});

Deno.test("an interval with unequal halves shows both", () => {
  // Numbers in powers of ten are mathematics there, too.
  const small = paperTable({
    id: "t",
    caption: "",
    columns: [{ key: "v", label: "v", lower: "lo", upper: "hi" }],
    rows: [{ v: 3e-5, lo: 1e-5, hi: 9e-5 }],
  });
  assert.match(small, /\$\^\{\+6\\times10\^\{-5\}\}_\{-2\\times10\^\{-5\}\}\$/);
  assert.match(table([["dpo", 0.5, 0.4, 0.9]]), /0\.50 & \$\^\{\+0\.40\}_\{-0\.10\}\$ /);
  assert.match(table([["dpo", -0.5, -0.6, -0.4]]), /\$-\$0\.50 & \$\\pm\$0\.10 /);
});

Deno.test("tables are plain ASCII, so that every TeX engine sets them", () => {
  const tables = sample.sampleReport.sections.flatMap((section) => section.tables);
  assert.ok(tables.length > 0);
  for (const spec of tables) {
    // deno-lint-ignore no-control-regex -- the range is meant
    assert.match(paperTable(spec), /^[\x00-\x7f]*$/);
  }
  const greek = paperTable({
    id: "t",
    caption: "KL(π* ‖ π), κ₀ ≤ 10⁻³",
    columns: [{ key: "a", label: "θ′" }],
    rows: [],
  });
  assert.match(greek, /\$\\kappa\$\$_\{0\}\$ \$\\leq\$ 10\$\^\{-3\}\$/);
});

Deno.test({
  ...await needing("LaTeX", "a paper with figures and tables compiles in pdflatex"),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeFile(`${folder}/figure.pdf`, await figurePdf(await paperFigure(lines, 234)));
      const tex = table([["dpo", 0.9, 0.8, 1], ["ipo", -0.5, -0.6, 0.6]], "higher");
      await Deno.writeTextFile(`${folder}/table.tex`, tex);
      await Deno.writeTextFile(
        `${folder}/paper.tex`,
        "\\documentclass{article}\\usepackage{booktabs,graphicx}\\begin{document}" +
          "\\includegraphics{figure.pdf}\\input{table.tex}\\end{document}\n",
      );
      const { code, stdout } = await new Deno.Command(PDFLATEX, {
        args: ["-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd: folder,
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stdout).slice(-2000));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

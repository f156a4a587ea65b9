import assert from "node:assert/strict";
import { escapeTex } from "./latex.ts";
import { tableLatex } from "./latex_table.ts";

Deno.test("every special of TeX is escaped", () => {
  assert.equal(
    escapeTex("\\{}$&#%_^~<>|"),
    "\\textbackslash{}\\{\\}\\$\\&\\#\\%\\_\\textasciicircum{}\\textasciitilde{}\\textless{}\\textgreater{}\\textbar{}",
  );
  assert.equal(escapeTex("a\nb"), "a b");
  assert.equal(escapeTex("−1.2×10⁻⁵"), "$-$1.2$\\times$10$^{-5}$");
});

Deno.test("a table with intervals, methods and missing values", () => {
  const tex = tableLatex({
    id: "corners",
    caption: "Bias, 50% & more",
    columns: [
      { key: "arm", label: "Method", method: true },
      { key: "bias", label: "Bias_1", digits: 2, lower: "lo", upper: "hi" },
      { key: "text", label: "[note]" },
    ],
    rows: [
      { arm: "dr-cpo", bias: -0.126, lo: -0.2, hi: 0.01, text: "a&b" },
      { arm: "ipw", bias: null, lo: null, hi: null, text: null },
    ],
  });
  assert.equal(
    tex,
    String.raw`% needs \usepackage{booktabs}
\begin{table}
\centering
\caption{Bias, 50\% \& more}
\label{tab:corners}
\begin{tabular}{@{}lrl@{}}
\toprule
Method & Bias\_1 & {[}note] \\
\midrule
DR-CPO & $-$0.13 {\footnotesize[$-$0.20, 0.01]} & a\&b \\
IPW & -- & -- \\
\bottomrule
\end{tabular}
\end{table}
`,
  );
});

Deno.test("long texts and headings are set in lines, and a row ends outside of them", () => {
  const tex = tableLatex({
    id: "methods",
    caption: "What is read",
    columns: [{ key: "arm", label: "Method", method: true }, { key: "n", label: "largest gradient of all" }, {
      key: "reads",
      label: "what it reads of readers",
    }],
    rows: [{ arm: "dpo", n: 1, reads: "which of two responses that were shown won" }],
  });
  assert.match(tex, /\\begin\{tabular\}\{@\{\}lrp\{0\.16\\linewidth\}@\{\}\}\n\\toprule\n/);
  assert.match(
    tex,
    /Method & \\shortstack\[r\]\{largest\\\\gradient of\\\\all\} & \\raggedright .*readers.* \\tabularnewline\n/,
  );
  assert.match(
    tex,
    /DPO & 1 & \\raggedright which of two responses that were shown won \\tabularnewline\n\\bottomrule/,
  );
});

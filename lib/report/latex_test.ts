import assert from "node:assert/strict";
import { escapeTex, tableLatex } from "./latex.ts";

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

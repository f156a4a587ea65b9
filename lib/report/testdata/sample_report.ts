/** A report of every kind of figure, with made-up numbers that depend on nothing. */
import type { FigureSpec, Report, Row } from "../types.ts";

const ARMS = ["naive", "outcome-only", "cpo", "cpo-baseline", "snipw", "clipped", "dr-cpo", "dr-cpo-cross-fitted"];
const LEVELS = [0, 0.25, 0.5, 0.75, 1];

/** One row per arm and level; the values are smooth in both. */
function curves(arms: readonly string[], levels: readonly number[], extra: Row = {}): Row[] {
  return arms.flatMap((arm, i) =>
    levels.map((x, j) => {
      const mean = 0.9 - 0.11 * i * (j + 1) / levels.length;
      return { ...extra, arm, x, mean, lower: mean - 0.04, upper: mean + 0.05, n: 20 };
    })
  );
}

const columns = { x: "x", y: "mean", lower: "lower", upper: "upper", by: "arm" } as const;

export const lines: FigureSpec = {
  kind: "lines",
  id: "policies",
  caption: "Outcome-only falls; DR-CPO stays.",
  alt: "Lines of value against confounding.",
  xLabel: "Confounding strength",
  yLabel: "Value of the learned policy",
  ...columns,
  data: curves(ARMS, LEVELS),
  references: [{ value: 0.93, label: "Oracle" }],
};

export const logLog: FigureSpec = {
  ...lines,
  id: "sample-size",
  kind: "lines",
  xScale: "log",
  yScale: "log",
  xLabel: "Logged examples n",
  yLabel: "Root mean squared error",
  references: undefined,
  data: [
    ...["ipw", "snipw", "dr"].flatMap((arm, i) =>
      [100, 200, 400, 800, 1600].map((x) => {
        const mean = (1 + i) / Math.sqrt(x);
        return { arm, x, mean, lower: mean - 0.06, upper: mean + 0.06, n: 200 };
      })
    ),
    { arm: "dr", x: 3200, mean: 0, lower: 0, upper: 0.01, n: 200 },
  ],
};

export const panels: FigureSpec = {
  ...lines,
  kind: "lines",
  id: "overlap",
  panel: "law",
  panelLabel: "Propensity",
  yLabel:
    "Bias of the value estimate, in units of the outcome's standard deviation, averaged over all texts of the world",
  data: ["right", "estimated", "wrong on purpose, tempered by one half", "boosted", "none"].flatMap((law) =>
    curves(["ipw", "dr"], LEVELS, { law })
  ),
  references: [{ value: 0, label: "No bias" }, { value: 0.4, label: "only here", panel: "estimated" }],
};

export const heatMap: FigureSpec & { kind: "cells" } = {
  kind: "cells",
  id: "heat-map",
  caption: "DR is first where reactions are confounded.",
  alt: "A heat map of mean ranks, methods by conditions.",
  xLabel: "condition",
  yLabel: "mean rank, 1 is best",
  x: "condition",
  value: "rank",
  text: "shown",
  by: "arm",
  domain: [3, 1],
  data: ["ipw", "snipw", "dr"].flatMap((arm, i) =>
    ["clean", "noisy labels", "confounded"].map((condition, j) => {
      const rank = 1 + (i + j) % 3;
      return { arm, condition, rank, shown: rank.toFixed(1) };
    })
  ),
};

export const forest: FigureSpec = {
  kind: "dots",
  id: "hong-kong",
  caption: "Estimates with intervals.",
  alt: "Forest plot.",
  xLabel: "Support",
  yLabel: "",
  x: "value",
  lower: "lower",
  upper: "upper",
  by: "arm",
  data: ["naive", "ipw", "snipw", "dr-cpo-cross-fitted"].map((arm, i) => ({
    arm,
    value: 50 + i,
    lower: 47 + i,
    upper: 53 + i,
  })),
  references: [{ value: 54, label: "A rather long name of the mean that wave 2 itself measured", interval: [53, 55] }],
};

export const marked: FigureSpec = {
  ...forest,
  kind: "dots",
  id: "survivors",
  alt: "Dots of three conditions a row.",
  mark: "readers",
  data: ["confounded", "unconfounded", "shown unevenly"].flatMap((readers, k) =>
    ["dr-cpo", "cpo", "naive"].map((arm, i) => ({ arm, readers, value: i + k, lower: i + k - 0.5, upper: i + k + 0.5 }))
  ),
  references: [{ value: 0, label: "untrained" }],
};

export const singledOut: FigureSpec = {
  ...lines,
  kind: "lines",
  id: "singled-out",
  highlight: ["cpo", "dr-cpo"],
  names: { cpo: "CPO = CPO with baseline" },
  references: undefined,
};

export const scatter: FigureSpec = {
  kind: "scatter",
  id: "identity",
  caption: "Measured against predicted.",
  alt: "Points near the diagonal.",
  xLabel: "Product of errors",
  yLabel: "Measured bias",
  x: "product",
  y: "bias",
  by: "arm",
  yLower: "lower",
  yUpper: "upper",
  diagonal: true,
  data: Array.from({ length: 12 }, (_, i) => {
    const product = (i - 4) / 20, bias = product + 0.01 * (i % 3 - 1);
    return { arm: i % 2 ? "dr" : "sndr", product, bias, lower: bias - 0.02, upper: bias + 0.02 };
  }),
};

const GRID = [-2, -1, 0, 1, 2];

export const field: FigureSpec = {
  kind: "field",
  id: "slopes",
  caption: "A swirl and a sink.",
  alt: "Arrows that turn, and arrows that lead to the middle, with a path in each.",
  xLabel: "Reward of the winner",
  yLabel: "Reward of the loser",
  panel: "loss",
  x: "x",
  y: "y",
  dx: "dx",
  dy: "dy",
  by: "arm",
  data: ["swirl", "sink"].flatMap((loss) => [
    ...GRID.flatMap((x) =>
      GRID.map((y): Row => ({ loss, arm: null, x, y, dx: loss === "swirl" ? -y : -x, dy: loss === "swirl" ? x : -y }))
    ),
    ...[[0, 0], [1, 0.5], [1.5, 2.5]].map(([x, y]): Row => ({ loss, arm: "dr", x, y, dx: null, dy: null })),
  ]),
};

export const figures = [lines, logLog, panels, forest, marked, singledOut, scatter, field];

export const sampleReport: Report = {
  name: "cpo",
  title: "Causal preference optimisation",
  paper: "Lin, Ben-Michael and Morency, UAI 2024, arXiv 2402.14979v2.",
  lead: "What survives when who got which text depended on the outcome.",
  formulas: [{ label: "Value of a policy", tex: "V(f) = \\mathbb{E}_{x \\sim f}\\left[ g(x) \\right]" }],
  claims: [
    {
      kind: "paper",
      id: "robust",
      statement: "DR-CPO beats outcome-only under confounding",
      source: "§5",
      paper: "robust",
      quantity: "difference in value",
      evidence: { estimate: 0.5, lower: 0.4, upper: 0.6, n: 30 },
      rule: "> 0",
      verdict: "holds",
      question: "policies",
      unit: "paired seeds",
    },
    {
      kind: "paper",
      id: "variance",
      statement: "DR-CPO has lower variance everywhere",
      source: "§5.2",
      paper: "lower",
      quantity: "log ratio of sd",
      evidence: { estimate: 0.3, lower: 0.1, upper: 0.5, n: 1000 },
      rule: "< 0",
      verdict: "fails",
      note: "The outcome model explains little.",
      question: "hong-kong",
      unit: "bootstrap resamples",
    },
    {
      kind: "paper",
      id: "headlines",
      statement: "Weights pick better headlines",
      source: "ours",
      paper: "–",
      quantity: "uplift",
      rule: "> 0",
      verdict: "not run",
      note: "No data.",
      question: "hong-kong",
      unit: "tests",
    },
  ],
  sections: [
    {
      id: "policies",
      asks: "Which learned policy survives confounding?",
      part: "synthetic",
      method: "Exact values by enumeration.",
      figures: [lines, logLog, panels, scatter, field],
      tables: [{
        id: "policies",
        caption: "Value at full confounding.",
        columns: [
          { key: "arm", label: "Method", method: true },
          { key: "mean", label: "Value", digits: 2, lower: "lower", upper: "upper" },
        ],
        rows: lines.data.filter((row) => row.x === 1),
      }],
      notes: ["Seeds are paired."],
    },
    {
      id: "hong-kong",
      asks: "Do estimators agree with an experiment?",
      part: "benchmark",
      method: "Logs of wave 1 value the policy of wave 2.",
      figures: [forest],
      tables: [],
      notes: [],
    },
  ],
  notices: ["The headline part did not run: run `deno task data`."],
  config: { preset: "quick", seeds: 20, flags: { texts: 200, confounding: [0, 0.5, 1] }, dirty: false },
};

/** Figures whose drawings are kept: every kind, and what has gone wrong once. */
import { registerMethod } from "../methods.ts";
import type { FigureSpec } from "../types.ts";
import { field, forest, heatMap, lines, logLog, marked, panels, scatter, singledOut } from "./sample_report.ts";

registerMethod("snapshot-long", {
  ...{ light: "#8a4a78", dark: "#cc62a4", dash: "", symbol: "star", filled: true },
  label: "Self-normalised DR-CPO with cross-fitted outcome model",
});
registerMethod("snapshot-cjk", {
  ...{ light: "#0060b0", dark: "#3d9bf2", dash: "", symbol: "circle", filled: true },
  label: "偏好优化",
});

/** Figures with the width that each is drawn at, px. */
export const snapshotFigures: readonly { readonly spec: FigureSpec; readonly width: number }[] = [
  ...[lines, logLog, panels, forest, marked, singledOut, scatter, field, heatMap].map((spec) => ({
    spec,
    width: 720,
  })),
  // Wide ranges of a forest plot, facets of it, and a line of one panel alone.
  {
    width: 720,
    spec: {
      ...forest,
      id: "facets",
      panel: "wave",
      data: [1, 2].flatMap((wave) => forest.data.map((row) => ({ ...row, wave }))),
      references: [{ value: 51, label: "Wave 1 itself", panel: 1 }],
    },
  },
  // A value is missing inside a line, and one at its end.
  {
    width: 720,
    spec: {
      ...lines,
      id: "missing",
      data: lines.data.filter(({ arm }) => arm === "cpo" || arm === "dr-cpo").map((row, i) =>
        i === 2 || i === 9 ? { ...row, mean: null, lower: null, upper: null } : row
      ),
    },
  },
  {
    width: 351,
    spec: {
      ...forest,
      id: "long-names",
      data: ["snapshot-long", "naive"].map((arm, i) => ({ ...forest.data[i], arm })),
    },
  },
  {
    width: 351,
    spec: {
      ...lines,
      id: "cjk",
      xLabel: "混淆强度",
      yLabel: "策略价值",
      data: lines.data.filter(({ arm }) => arm === "cpo" || arm === "naive").map((row) =>
        row.arm === "cpo" ? { ...row, arm: "snapshot-cjk" } : row
      ),
    },
  },
];

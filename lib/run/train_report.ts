/**
 * The report of a training.
 *
 * @module
 */
import { lossNamed } from "../losses/mod.ts";
import { registerMethod } from "../report/methods.ts";
import { formatNumber } from "../report/numbers.ts";
import type { FigureSpec, Report, Row } from "../report/types.ts";
import type { CurvePoint } from "../training/language/loop.ts";

/** Points of a line at most; of more steps several are one point, with a band from the least to the most. */
const POINTS = 200;

const SERIES = {
  "batches": { label: "Batches", light: "#6f6f6f", dark: "#a3a3a3", dash: "", symbol: "circle", filled: true },
  "held-out": { label: "Held out", light: "#0060b0", dark: "#3d9bf2", dash: "", symbol: "square", filled: true },
  "chosen": { label: "Chosen", light: "#00a070", dark: "#1fd394", dash: "", symbol: "circle", filled: true },
  "rejected": { label: "Rejected", light: "#9c3000", dark: "#e2581f", dash: "7 3", symbol: "triangle", filled: true },
} as const;

type Series = keyof typeof SERIES;

/** What a report is made of. */
interface Training {
  readonly loss: string;
  readonly curve: readonly CurvePoint[];
  /** Steps taken. */
  readonly steps: number;
  /** How it ended, in a sentence. */
  readonly ended: string;
  /** What is to be known, above everything. */
  readonly notices: readonly string[];
  /** The recorded run. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Points of one line: a step each, or means of some with the least and the most. */
function line(points: readonly CurvePoint[], method: Series, of: (point: CurvePoint) => number): Row[] {
  const kept = points.map((point) => ({ step: point.step, value: of(point) })).filter(({ value }) =>
    Number.isFinite(value)
  );
  const size = Math.ceil(kept.length / POINTS), rows: Row[] = [];
  for (let i = 0; i < kept.length; i += size) {
    const some = kept.slice(i, i + size), values = some.map(({ value }) => value);
    rows.push({
      method,
      step: some.reduce((sum, { step }) => sum + step, 0) / some.length,
      value: values.reduce((a, b) => a + b) / values.length,
      lower: Math.min(...values),
      upper: Math.max(...values),
    });
  }
  return rows;
}

function figure(id: string, yLabel: string, caption: string, data: readonly Row[]): FigureSpec[] {
  if (data.length === 0) return [];
  return [{
    ...{ id, caption, alt: caption, data, xLabel: "steps taken", yLabel },
    ...{ kind: "lines", x: "step", y: "value", lower: "lower", upper: "upper", by: "method" },
  }];
}

/**
 * The report of a training: curves of loss, log-ratios, accuracy and gradient, and the numbers of the beginning and the end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rest = { chosen: -2, rejected: -3, chosenRatio: 0, rejectedRatio: 0, gradientNorm: 1, learningRate: 1, accuracy: 0.5 };
 * const curve = [{ step: 0, on: "train" as const, loss: 0.7, ...rest }];
 * const report = trainReport({ loss: "dpo", curve, steps: 1, ended: "All steps were taken.", notices: [], config: {} });
 * assert.deepEqual(report.sections[0].figures.map(({ id }) => id), ["loss", "log-ratios", "accuracy", "gradient"]);
 * ```
 */
export function trainReport({ loss, curve, steps, ended, notices, config }: Training): Report {
  for (const [id, style] of Object.entries(SERIES)) registerMethod(id, style);
  const entry = lossNamed(loss);
  const batches = curve.filter(({ on }) => on === "train"), heldOut = curve.filter(({ on }) => on === "held-out");
  const both = (
    of: (point: CurvePoint) => number,
  ) => [...line(batches, "batches", of), ...line(heldOut, "held-out", of)];
  // What is held out is the same at every look; batches differ.
  const watched = heldOut.length > 0 ? heldOut : batches,
    where = heldOut.length > 0 ? "what is held out" : "the batches";
  const sides = (chosen: keyof CurvePoint, rejected: keyof CurvePoint) => [
    ...line(watched, "chosen", (point) => Number(point[chosen])),
    ...line(watched, "rejected", (point) => Number(point[rejected])),
  ];
  const names = entry.family === "unpaired" ? "desirable and undesirable" : "chosen and rejected";
  const ratios = sides("chosenRatio", "rejectedRatio");
  const first = watched[0], last = watched.at(-1)!;
  const table = (["loss", "accuracy", "chosen", "rejected", "chosenRatio", "rejectedRatio"] as const)
    .filter((key) => first !== undefined && Number.isFinite(first[key]))
    .map((key) => ({ quantity: QUANTITIES[key], before: first[key], after: last[key] }));
  return {
    name: "train",
    title: `Training: ${entry.title}`,
    paper: entry.source,
    lead: `${steps} ${steps === 1 ? "step" : "steps"} of AdamW on ${entry.title}. ${ended}`,
    formulas: [{ tex: entry.tex, label: entry.title }],
    claims: [],
    notices,
    config,
    sections: [{
      id: "curves",
      asks: "What did training change?",
      part: "benchmark",
      method:
        `Log-probs are in nats, summed over the tokens of a response. Where more than ${POINTS} steps are drawn, a ` +
        "point is the mean of several, and the band goes from the least to the most of them.",
      figures: [
        ...figure("loss", "loss", lossCaption(watched, where), both((point) => point.loss)),
        ...(ratios.length > 0
          ? figure(
            "log-ratios",
            "log π − log π_ref, nats",
            `Log-ratios to the reference of ${names} responses, on ${where}.`,
            ratios,
          )
          : figure(
            "log-probs",
            "log π, nats",
            `Log-probs of ${names} responses, on ${where}.`,
            sides("chosen", "rejected"),
          )),
        ...figure("accuracy", "share in the right order", "Pairs in the right order.", both((point) => point.accuracy)),
        ...figure(
          "gradient",
          "length",
          "Length of the gradient before clipping.",
          line(batches, "batches", (p) => p.gradientNorm),
        ),
      ],
      tables: table.length === 0 ? [] : [{
        id: "ends",
        caption: `Before and after, on ${where}.`,
        columns: [
          { key: "quantity", label: "quantity" },
          { key: "before", label: "before" },
          { key: "after", label: "after" },
        ],
        rows: table,
      }],
      notes: [],
    }],
  };
}

const QUANTITIES = {
  loss: "loss",
  accuracy: "share in the right order",
  chosen: "log π of chosen responses",
  rejected: "log π of rejected responses",
  chosenRatio: "log π − log π_ref of chosen responses",
  rejectedRatio: "log π − log π_ref of rejected responses",
};

function lossCaption(points: readonly CurvePoint[], where: string): string {
  if (points.length < 2) return "The loss.";
  const [from, to] = [points[0].loss, points.at(-1)!.loss].map((loss) => formatNumber(loss));
  return `The loss went from ${from} to ${to}, on ${where}.`;
}

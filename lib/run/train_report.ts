/**
 * The report of a training.
 *
 * @module
 */
import { registerMethod } from "../report/methods.ts";
import { formatNumber, formatPercent } from "../report/numbers.ts";
import type { FigureSpec, Report, Row, TableSpec } from "../report/types.ts";
import type { CurvePoint } from "../training/language/loop.ts";
import { NOTHING_SEEN, seen } from "../training/language/stopping.ts";
import { importedWords } from "./imported_told.ts";
import type { ImportedRecord, SavedTraining } from "./training_record.ts";
import { ownWords } from "./training_told.ts";
import { EXAMPLE_WORDS, type ExampleWords, MEASURE_WORDS } from "./training_words.ts";

/** Share of texts that still count, below which it is said; of a few completions of a prompt, one always does. */
const FEW = 0.1, FEW_OF_PROMPT = 0.25;
/** Under the law that texts came from, weights are 1 in the mean: where the largest is below this, the model has left them all. */
const LEFT = 0.1;

/** Points of a line at most; of more steps several are one point, with a band from the least to the most. */
const POINTS = 200;

const SERIES = {
  "batches": { label: "Batches", light: "#6f6f6f", dark: "#a3a3a3", dash: "", symbol: "circle", filled: true },
  "held-out": { label: "Held out", light: "#0060b0", dark: "#3d9bf2", dash: "", symbol: "square", filled: true },
  "chosen": { label: "Chosen", light: "#00a070", dark: "#1fd394", dash: "", symbol: "circle", filled: true },
  "rejected": { label: "Rejected", light: "#9c3000", dark: "#e2581f", dash: "7 3", symbol: "triangle", filled: true },
} as const;

type Series = keyof typeof SERIES;

/** How far a training is. */
interface TrainingState {
  /** Steps taken. */
  readonly steps: number;
  /** Whether no more are to be taken: all are, or the rule "patience" ended it. */
  readonly finished: boolean;
  /** How it ended, or that it did not, in a sentence. */
  readonly told: string;
}

/**
 * How far a training is, from its curve.
 *
 * @example
 * ```ts ignore
 * const { steps, finished } = trainingState(await readTraining("reports/train"));
 * ```
 */
export function trainingState({ record, curve }: SavedTraining): TrainingState {
  if (record.imported !== undefined) return importedState(record);
  const steps = curve.filter(({ on }) => on === "train").length, { patience } = record.options.numbers;
  if (steps >= record.steps) return { steps, finished: true, told: "All steps were taken." };
  const looks = curve.filter(({ on }) => on === "held-out");
  const watch = looks.reduce((state, { loss, step }) => seen(state, loss, step), NOTHING_SEEN);
  if (patience === 0 || watch.since < patience) {
    return {
      steps,
      finished: false,
      told: `${steps} of ${stepsTold(record.steps)} ${steps === 1 ? "was" : "were"} taken; the same command goes on.`,
    };
  }
  const told =
    `It was stopped by the rule "patience" after ${stepsTold(steps)}: for ${patience} looks in a row, the loss on ` +
    `what is held out was not below its lowest, that after ${stepsTold(watch.step)}, whose weights were kept.`;
  return { steps, finished: true, told };
}

/** Of a training of another tool, whose log may have lines of several steps. */
function importedState({ steps: planned, imported: { taken: steps, trainer } }: ImportedRecord): TrainingState {
  const finished = steps >= planned, all = finished ? "All steps were taken." : undefined;
  return { steps, finished, told: all ?? `${steps} of ${stepsTold(planned)} were taken by ${trainer} until its log.` };
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
      step: mean(some.map(({ step }) => step)),
      value: mean(values),
      lower: Math.min(...values),
      upper: Math.max(...values),
    });
  }
  return rows;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function figure(id: string, yLabel: string, caption: string, data: readonly Row[]): FigureSpec[] {
  if (data.length === 0) return [];
  return [{
    ...{ id, caption, alt: caption, data, xLabel: "steps taken", yLabel },
    ...{ kind: "lines", x: "step", y: "value", lower: "lower", upper: "upper", by: "method" },
  }];
}

/** What is compared before and after. */
const MEASURES = [
  ...["loss", "accuracy", "chosen", "rejected", "chosenRatio", "rejectedRatio"] as const,
  ...["value", "effective", "largest"] as const,
];
type Ends = Readonly<Record<typeof MEASURES[number], readonly [before: number, after: number]>>;

/** Share of a log-prob below which its distance from another is rounding of float32. */
const ROUNDING = 2 ** -22;

/**
 * Numbers before and after: of what is held out those of the first and the last look, which are of the same lines; of
 * batches, which differ, means over the first and the last tenth of them.
 */
function endsOf(points: readonly CurvePoint[], differ: boolean): Ends {
  const size = differ ? Math.ceil(points.length / 10) : 1, sides = [points.slice(0, size), points.slice(-size)];
  const of = (name: typeof MEASURES[number]) => {
    const [before, after] = sides.map((side) => mean(side.map((point) => point[name] ?? NaN)));
    return [before, after] as const;
  };
  const ratio = (name: "chosen" | "rejected") => {
    const logp = of(name), [before, after] = of(`${name}Ratio`);
    const told = (value: number, i: number) => Math.abs(value) <= ROUNDING * Math.abs(logp[i]) ? 0 : value;
    return [told(before, 0), told(after, 1)] as const;
  };
  return {
    ...{ loss: of("loss"), accuracy: of("accuracy"), chosen: of("chosen"), rejected: of("rejected") },
    ...{ chosenRatio: ratio("chosen"), rejectedRatio: ratio("rejected") },
    ...{ value: of("value"), effective: of("effective"), largest: of("largest") },
  };
}

/** "went from 0.6931 to 0.6929", with as many digits as their difference takes. */
function moved([from, to]: readonly [number, number]): string {
  const short = (value: number, digits: number) => Number(value.toPrecision(digits)), difference = to - from;
  const digits = [3, 4, 5, 6, 7].find((n) => {
    return Math.abs(short(to, n) - short(from, n) - difference) < 0.2 * Math.abs(difference);
  });
  if (digits === undefined) return `stayed at ${formatNumber(from)}`;
  return `went from ${formatNumber(from, digits)} to ${formatNumber(to, digits)}`;
}

const stepsTold = (count: number) => `${formatNumber(count)} ${count === 1 ? "step" : "steps"}`;

/**
 * The report of a training: curves of loss, log-ratios, accuracy and gradient, and the numbers of the beginning and the end.
 *
 * @param name of its folder
 * @example
 * ```ts
 * import { trainOptions } from "./train_options.ts";
 * import assert from "node:assert/strict";
 * const rest = { chosen: -2, rejected: -3, chosenRatio: 0, rejectedRatio: 0, gradientNorm: 1, learningRate: 1, accuracy: 0.5 };
 * const curve = [{ step: 0, on: "train" as const, loss: 0.7, ...rest }];
 * const record = {
 *   ...{ command: "deno task train", git: { commit: "0123abc", dirty: false }, versions: {}, engine: "wasm", engineFacts: {} },
 *   ...{ checkpoint: "", data: "", lines: 4, heldOut: 0, steps: 1, kept: 0, seconds: 1 },
 *   options: trainOptions(["--model", "m", "--pairs", "p"])!,
 * };
 * const { title, sections } = trainReport("train", { record, curve });
 * assert.equal(title, "Training: DPO");
 * assert.deepEqual(sections[0].figures.map(({ id }) => id), ["loss", "log-ratios", "accuracy", "gradient"]);
 * ```
 */
export function trainReport(name: string, saved: SavedTraining): Report {
  for (const [id, style] of Object.entries(SERIES)) registerMethod(id, style);
  const { record, curve } = saved, state = trainingState(saved), steps = stepsTold(record.steps);
  const words = record.imported === undefined ? ownWords(record, state, steps) : importedWords(record, state, steps);
  const { per, nats, clip, data } = words, { sides: names, order } = EXAMPLE_WORDS[data];
  const batches = curve.filter(({ on }) => on === "train"), heldOut = curve.filter(({ on }) => on === "held-out");
  const both = (of: (point: CurvePoint) => number) => [
    ...line(batches, "batches", of),
    ...line(heldOut, "held-out", of),
  ];
  const looks = heldOut.length > 0, watched = looks ? heldOut : batches, ends = endsOf(watched, !looks);
  const where = looks ? "the held-out lines" : "the batches";
  const sides = (chosen: keyof CurvePoint, rejected: keyof CurvePoint) => [
    ...line(watched, "chosen", (point) => Number(point[chosen])),
    ...line(watched, "rejected", (point) => Number(point[rejected])),
  ];
  const isKnown = (key: typeof MEASURES[number]) => Number.isFinite(ends[key][0]) && Number.isFinite(ends[key][1]);
  const ratios = sides("chosenRatio", "rejectedRatio"), beside = words.beside === undefined ? [] : [words.beside];
  const findings = watched.length > 1 ? lossFinding(watched, ends, where, looks) : `The loss on ${where}.`;
  const ordered = isKnown("accuracy") && watched.length > 1
    ? orderFinding(order, ends.accuracy, watched[0], looks, state.finished)
    : `The ${order[2]}.`;
  const weighs = isKnown("effective") && watched.length > 1;
  return {
    name,
    ...{ title: words.title, paper: words.paper, lead: words.lead, formulas: words.formulas, config: words.config },
    ...(watched.length > 1 && {
      answer: [findings, ...isKnown("accuracy") ? [ordered] : [], ...beside.map(({ finding }) => finding)].join(" "),
    }),
    claims: [],
    notices: [
      ...(record.failure === undefined ? [] : [record.failure]),
      ...(state.finished ? [] : [`Not finished: ${state.told}`]),
      ...(weighs && ends.effective[1] < (isKnown("value") ? FEW_OF_PROMPT : FEW)
        ? [
          `Few texts still count: of those ${looks ? "held out" : "in a batch"}, as many as ${
            formatPercent(ends.effective[1])
          } would in equal parts. The policy is far from what wrote them, and what it is trained by is noise; take fewer ` +
          "steps or a smaller rate.",
        ]
        : []),
      ...(weighs && ends.largest[1] < LEFT
        ? [
          `The model has left the texts: none of those ${looks ? "held out" : "in a batch"} has a weight above ` +
          `${
            formatNumber(ends.largest[1])
          } at the end, where 1 is their mean under the law that they came from. The loss ` +
          "is near 0 since no text counts, and tells nothing of what the model writes now; take fewer steps, a smaller " +
          "rate or, where the loss has it, a larger --kl-weight.",
        ]
        : []),
    ],
    sections: [{
      id: "curves",
      asks: "What did training change?",
      part: "training",
      method: `Log-probs, log π, are in nats and ${words.reduction} the tokens of a response; ℓ, its log-ratio, is ` +
        "log π − log π_ref. " +
        `A batch is measured before its step. Where more than ${POINTS} steps are drawn, a point is the mean of several, ` +
        "and the band goes from the least to the most of them.",
      figures: [
        ...figure(
          "loss",
          `loss, mean over ${per}s`,
          findings,
          both((point) => point.loss),
        ),
        ...(ratios.length > 0
          ? figure(
            "log-ratios",
            "log-ratio ℓ of a response, nats",
            sidesFinding("log-ratio", names, where, [
              ends.chosenRatio,
              ends.rejectedRatio,
            ]),
            ratios,
          )
          : figure(
            "log-probs",
            `log π of a response, ${nats}`,
            sidesFinding("log-prob", names, where, [
              ends.chosen,
              ends.rejected,
            ]),
            sides("chosen", "rejected"),
          )),
        ...figure("accuracy", order[2], ordered, both((point) => point.accuracy)),
        ...figure(
          "value",
          MEASURE_WORDS.value,
          isKnown("value") ? `On ${where}, the mean reward ${moved(ends.value)}.` : "The mean reward.",
          both((point) => point.value ?? NaN),
        ),
        ...figure(
          "effective",
          MEASURE_WORDS.effective,
          weighs ? weightsFinding(watched, ends, where) : "The effective sample size.",
          both((point) => point.effective ?? NaN),
        ),
        ...figure(
          "gradient",
          "length of the gradient before clipping",
          gradientFinding(batches, clip),
          line(batches, "batches", (p) => p.gradientNorm),
        ),
      ],
      tables: watched.length === 0 ? [] : [
        {
          id: "ends",
          caption: looks
            ? `${
              watched[0].step === 0 ? "Before the first step" : `After ${stepsTold(watched[0].step)}`
            } and after the last one, ` +
              `on ${where}.`
            : "Means over the first and the last tenth of the batches.",
          columns: [
            { key: "quantity", label: "quantity" },
            { key: "before", label: "before", digits: 4 },
            { key: "after", label: "after", digits: 4 },
          ],
          rows: MEASURES.filter(isKnown).map((key) => {
            const [before, after] = ends[key];
            return { quantity: quantityOf(key, names, order[2], nats), before, after };
          }),
        },
        ...beside.map(({ caption, lines }): TableSpec => ({
          ...{ id: "held-out", caption, rows: lines.map((row) => ({ ...row })) },
          columns: [
            { key: "quantity", label: "held out" },
            { key: "theirs", label: "log", digits: 4 },
            { key: "ours", label: "by pairs", digits: 4, lower: "lower", upper: "upper" },
          ],
        })),
      ],
      notes: words.notes,
    }],
  };
}

function quantityOf(
  key: typeof MEASURES[number],
  [chosen, rejected]: readonly [string, string],
  share: string,
  nats: string,
): string {
  return {
    ...MEASURE_WORDS,
    loss: "loss",
    accuracy: share,
    chosen: `log π of ${chosen} responses, ${nats}`,
    rejected: `log π of ${rejected} responses, ${nats}`,
    chosenRatio: `log-ratio of ${chosen} responses, nats`,
    rejectedRatio: `log-ratio of ${rejected} responses, nats`,
  }[key];
}

function orderFinding(
  [subject, predicate]: ExampleWords["order"],
  accuracy: Ends["accuracy"],
  first: CurvePoint,
  looks: boolean,
  finished: boolean,
): string {
  const [before, after] = accuracy.map((share) => formatPercent(share));
  if (!looks) {
    return `Of ${subject} in the batches, ${before} ${predicate} in the first tenth and ${after} in the last.`;
  }
  const [from, to] = first.step === 0
    ? ["before training", "after it"]
    : [`after ${stepsTold(first.step)}`, "at its end"];
  return `Of ${subject} held out, ${before} ${predicate} ${from} and ${after} ${finished ? to : "now"}.`;
}

function weightsFinding(points: readonly CurvePoint[], { effective: [first, last] }: Ends, where: string): string {
  const largest = points.reduce((most, point) => Math.max(most, point.largest ?? 0), 0);
  return `On ${where}, the effective sample size went from ${formatPercent(first)} of the texts to ` +
    `${formatPercent(last)}; the largest weight of a text was ${formatNumber(largest)}.`;
}

function lossFinding(points: readonly CurvePoint[], { loss }: Ends, where: string, looks: boolean): string {
  const lowest = points.reduce((best, point) => point.loss < best.loss ? point : best);
  const later = looks && lowest !== points.at(-1) && lowest !== points[0]
    ? `; it was lowest after ${stepsTold(lowest.step)}`
    : "";
  return `On ${where}, the loss ${moved(loss)}${later}.`;
}

function sidesFinding(
  what: string,
  [chosen, rejected]: readonly [string, string],
  where: string,
  [first, second]: readonly (readonly [number, number])[],
): string {
  if (!Number.isFinite(second[0])) return `On ${where}, the ${what} of ${chosen} responses ${moved(first)} nats.`;
  if (!Number.isFinite(first[0])) return `On ${where}, the ${what} of ${rejected} responses ${moved(second)} nats.`;
  return `On ${where}, the ${what} of ${chosen} responses ${moved(first)} nats, that of ${rejected} ones ` +
    `${moved(second)}.`;
}

function gradientFinding(batches: readonly CurvePoint[], clip: number | undefined): string {
  const lengths = batches.map(({ gradientNorm }) => gradientNorm).filter(Number.isFinite);
  if (lengths.length === 0) return "The length of the gradient.";
  const cut = clip === 0 || clip === undefined ? 0 : lengths.filter((length) => length > clip).length;
  const sorted = lengths.toSorted((a, b) => a - b),
    [least, most] = [sorted[0], sorted.at(-1)!].map((n) => formatNumber(n));
  const length = `The gradient was ${least === most ? least : `${least} to ${most}`} long`;
  if (clip === undefined) return `${length}.`;
  return `${length}; ` +
    (cut === 0 ? "it was never cut." : `it was cut to ${clip} in ${cut} of ${stepsTold(lengths.length)}.`);
}

/**
 * The report of methods on a user's data.
 *
 * @module
 */
import type { LearnData } from "../../learn/data.ts";
import type { Compared, MethodResult } from "../../learn/cross_validate.ts";
import { reliability } from "../../learn/evidence.ts";
import { lengthControlledWinRate, type WinRate } from "../../estimators/length_controlled.ts";
import { labelOf, methodStyle, registerMethod } from "../../report/methods.ts";
import { formatInterval, formatNumber } from "../../report/numbers.ts";
import type { FigureSpec, Report, Row, TableSpec } from "../../report/types.ts";
import { lossTitle } from "../../losses/mod.ts";
import { type ClaimResult, type Evidence, widest } from "../../statistics/claims.ts";
import { UserError } from "../../user_error.ts";
import type { GammaFacts } from "./gammas.ts";
import { learnGammaSection } from "./gamma_section.ts";
import { measured, measuresOf, weightsOf } from "./measures.ts";
import type { NamedMethod } from "./methods.ts";
import type { LearnOptions } from "./options.ts";
import type { LearnRead } from "./source.ts";
import { tiedRates } from "./tied_rates.ts";

/** Bins of predictions that calibration is read by. */
const BINS = 10;
/** Looks of methods that no experiment has. */
const LOOKS = [
  { light: "#0060b0", dark: "#3d9bf2", dash: "7 3", symbol: "triangle2", filled: false },
  { light: "#00a070", dark: "#1fd394", dash: "2 2", symbol: "square", filled: false },
  { light: "#9c3000", dark: "#e2581f", dash: "7 3", symbol: "circle", filled: false },
  { light: "#6f6f6f", dark: "#a3a3a3", dash: "2 2", symbol: "star", filled: true },
] as const;

/**
 * Gives each method a look, where it has none.
 */
export function registerMethods(methods: readonly NamedMethod[]): void {
  methods.forEach(({ id, loss, given }, i) => {
    try {
      methodStyle(id);
    } catch {
      registerMethod(id, { label: lossTitle(loss, given), ...LOOKS[i % LOOKS.length] });
    }
  });
}

/** What a report is made of. */
interface Parts {
  /** Bounds, where they were asked for. */
  readonly gamma?: GammaFacts;
  readonly options: LearnOptions;
  readonly read: LearnRead;
  readonly found: Compared;
  /** What policies are, in a sentence. */
  readonly policies: string;
  readonly claims: readonly ClaimResult[];
  readonly config: Readonly<Record<string, unknown>>;
}

/** Numbers as cells; null where there are none. */
const cells = (id: string, evidence: Evidence | undefined): Row => ({
  [id]: evidence?.estimate ?? null,
  [`${id}-lower`]: evidence?.lower ?? null,
  [`${id}-upper`]: evidence?.upper ?? null,
});

/** The win rate of the texts that a policy prefers over the others, were both equally long. */
function winRate({ rows }: MethodResult, data: LearnData): WinRate | string {
  try {
    return lengthControlledWinRate({
      preference: rows.map(({ won }) => won),
      length: rows.map((row) => row["picked-words"]),
      baselineLength: rows.map((row) => row["other-words"]),
      groups: data.groups,
      weights: weightsOf(data),
    });
  } catch (error) {
    // One side wins all, or lengths tell everything: there is no rate at equal length, and the reason is told.
    if (error instanceof RangeError || error instanceof UserError) return error.message;
    throw error;
  }
}

/** Expected calibration error over bins that {@linkcode reliability} gives. */
function calibrationOf(data: LearnData, { rows }: MethodResult) {
  const some = rows.map((row, i) => ({
    p: row.predicted,
    weight: weightsOf(data)[i],
    counts: !Number.isNaN(row.accuracy),
  }))
    .filter(({ counts }) => counts);
  const bins = reliability(some.map(({ p }) => p), some.map(({ weight }) => weight), BINS);
  const total = bins.reduce((sum, { weight }) => sum + weight, 0);
  return {
    bins,
    error: bins.reduce((sum, { predicted, won, weight }) => sum + weight * Math.abs(predicted - won), 0) / total,
  };
}

/**
 * The report.
 *
 * @param name of its folder
 * @example
 * ```ts ignore
 * const report = learnReport("learn", { options, read, found, policies, claims, config });
 * ```
 */
export function learnReport(name: string, { options, gamma, read, found, policies, claims, config }: Parts): Report {
  const { data } = read, { results } = found, isLanguage = options.language !== undefined;
  const measures = measuresOf(data.kind, isLanguage), [lead] = measures;
  const of = (measure: string, method: MethodResult, less?: MethodResult) =>
    measured(data, found, measures, measure, method, less);
  const told = leadOf(results, lead, of);
  const groups = new Set(data.groups).size;
  const intervals = `Intervals are of 95 % over ${
    formatNumber(groups)
  } groups of rows, for the policies of these ${options.numbers.folds} folds.`;
  const dots = (id: string, measure: typeof measures[number]): FigureSpec => {
    const caption = measure === lead
      ? told ?? `${lead.label}, by method.`
      : `${measure.label[0].toUpperCase()}${measure.label.slice(1)}, by method.`;
    return {
      ...{
        id,
        caption,
        alt: caption,
        intervals,
        kind: "dots",
        x: "value",
        lower: "lower",
        upper: "upper",
        by: "method",
      },
      ...{ xLabel: measure.label, yLabel: "" },
      data: results.flatMap((result) => {
        const found = of(measure.id, result);
        return found ? [{ method: result.id, value: found.estimate, lower: found.lower, upper: found.upper }] : [];
      }),
    };
  };
  const equal = measures.find(({ id }) => id.startsWith("equal-kl")), [first, ...others] = results;
  const column = ({ id, label, better }: typeof measures[number]) => ({
    ...{ key: id, label, lower: `${id}-lower`, upper: `${id}-upper` },
    ...(better && { better }),
  });
  const heads = [{ key: "method", label: "method", method: true }];
  const table: TableSpec = {
    id: "methods",
    caption: `Methods on what was held out. ${intervals}`,
    columns: [...heads, ...measures.map(column), { key: "betas", label: "β chosen by the folds" }],
    rows: results.map((result) => ({
      method: result.id,
      ...Object.assign({}, ...measures.map(({ id }) => cells(id, of(id, result)))),
      betas: result.betas.map((beta) => formatNumber(beta)).join(", "),
    })),
  };
  const differences: TableSpec = {
    id: "differences",
    caption: `Methods less ${labelOf(first.id)}, row by row. ${intervals}`,
    columns: [...heads, ...measures.map(column)],
    rows: others.map((result) => ({
      method: result.id,
      ...Object.assign({}, ...measures.map(({ id }) => cells(id, of(id, result, first)))),
    })),
  };
  const pairs = data.kind === "pairs" ? pairParts(data, results) : { figures: [], tables: [], notes: [] };
  const short = results.filter((result) => result.short > 0);
  return {
    name,
    title: data.kind === "pairs" ? "Methods on your preferences" : "Methods on your log",
    paper: "",
    lead: `${formatNumber(data.rows.length)} rows of ${formatNumber(data.prompts.length)} ` +
      `${
        data.prompts.length === 1 ? "prompt" : "prompts"
      } in ${options.source.path}: what ${results.length} methods learn, ` +
      `in ${options.numbers.folds} folds.`,
    ...(told !== undefined && { answer: told }),
    formulas: [],
    losses: options.methods.map(({ id, loss }) => ({ arm: id, name: loss.name, tex: loss.tex })),
    claims,
    sections: [{
      id: "methods",
      asks: "Which method learns most from these data?",
      part: "benchmark",
      method: policies + " Whole groups are held out." + chosenBy(options) +
        (equal
          ? ` At equal KL each policy is taken along its ray to ${options.numbers.kl} nat from π0 on what it learned from.`
          : ""),
      figures: [dots("lead", lead), ...(equal ? [dots("equal-kl", equal)] : []), ...pairs.figures],
      tables: [table, ...(others.length > 0 ? [differences] : []), ...pairs.tables],
      notes: [
        "Policies of different folds share most of what they learned from. Intervals over groups leave out how much policies " +
        "from other data would differ; verdicts of claims must also clear the interval over folds, with variance " +
        "(1/K + 1/(K − 1)) s² (Nadeau and Bengio, 2003).",
        ...short.map(({ id, short }) =>
          `${
            labelOf(id)
          } never gets ${options.numbers.kl} nat from π0 in ${short} of the folds: there it is compared where it ends.`
        ),
        ...pairs.notes,
        ...read.told,
      ],
    }, ...(gamma === undefined ? [] : [learnGammaSection(gamma, results.map(({ id }) => id))])],
    notices: [],
    config,
  };
}

/**
 * Which method is best by the measure that leads, and whether it is told apart from the next: by the interval of their
 * difference, with room for policies of other folds.
 *
 * @returns undefined where no method has the measure
 */
function leadOf(
  results: readonly MethodResult[],
  { id, label }: ReturnType<typeof measuresOf>[number],
  of: (measure: string, method: MethodResult, less?: MethodResult) => Evidence | undefined,
): string | undefined {
  const having = results.flatMap((result) => {
    const evidence = of(id, result);
    return evidence === undefined ? [] : [{ result, evidence }];
  }).toSorted((a, b) => b.evidence.estimate - a.evidence.estimate);
  if (having.length === 0) return undefined;
  const [{ result: best, evidence }, next] = having,
    at = formatInterval(evidence.estimate, evidence.lower, evidence.upper);
  const level = having.filter((one) => one.evidence.estimate === evidence.estimate).map(({ result }) =>
    labelOf(result.id)
  );
  if (level.length > 1) {
    return `${level.slice(0, -1).join(", ")} and ${level.at(-1)} have ${
      level.length < having.length ? "the best" : "the same"
    } ${label}: ${at}.`;
  }
  const found = `${level[0]} has ${next === undefined ? "a" : "the best"} ${label}: ${at}`;
  const ahead = next && of(id, best, next.result);
  if (ahead === undefined) return `${found}.`;
  const { lower, upper } = widest(ahead),
    by = formatInterval(ahead.estimate, lower, upper),
    other = labelOf(next.result.id);
  return lower > 0
    ? `${found}, ${by} more than ${other}, the next.`
    : `${found}; not told apart from ${other} (${by}).`;
}

/** How β is found, in a sentence. */
const chosenBy = ({ grid, language }: LearnOptions): string =>
  language && grid.length === 1
    ? ` β is ${grid[0]}.`
    : ` β is chosen among ${grid.join(", ")} by a quarter of the training groups, the same for every method.`;

/**
 * What policies of words are, in a sentence.
 *
 * @param dimensions of features of a text
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { logData } from "../../learn/data.ts";
 * const row = { prompt: "a", text: "b", outcome: 1, propensity: 0.5 };
 * assert.match(wordPolicies(logData([row, { ...row, text: "c" }], "names"), 2), /φ are one for each action\.$/);
 * ```
 */
export const wordPolicies = (data: LearnData, dimensions: number): string =>
  "A prompt's policy is π ∝ π0 exp(θ·φ) over its texts, π0 uniform" +
  (data.kind === "pairs" ? ", with texts of other prompts of the same fold up to eight" : "") + "; φ are " +
  (data.reads === "words"
    ? `${dimensions} directions of latent semantic analysis, learned from the training texts of each fold.`
    : "one for each action.");

/** What only pairs have: calibration, and win rates at equal length. */
function pairParts(data: LearnData, results: readonly MethodResult[]) {
  const calibrated = results.map((result) => ({ id: result.id, ...calibrationOf(data, result) }));
  const rates = results.map((result) => ({ id: result.id, rate: winRate(result, data) }));
  const told = rates.flatMap(({ id, rate }) => typeof rate === "string" ? [] : [{ id, rate }]);
  const caption = "How often a text won, by the probability that rewards, β times log-ratios, gave it.";
  const figure: FigureSpec = {
    ...{
      id: "calibration",
      caption,
      alt: caption,
      kind: "scatter",
      x: "predicted",
      y: "won",
      by: "method",
      diagonal: true,
    },
    ...{ xLabel: "predicted probability", yLabel: "share that won" },
    data: calibrated.flatMap(({ id, bins }) => bins.map(({ predicted, won }) => ({ method: id, predicted, won }))),
  };
  const table: TableSpec = {
    id: "win-rate",
    caption:
      "Of the text that a policy prefers against the other: how often it won, as it is and were both equally long, a tie " +
      "as a half; and the expected calibration error over ten bins, which noise alone makes larger than 0. Intervals are of " +
      "95 % over prompts.",
    columns: [
      { key: "method", label: "method", method: true },
      { key: "rate", label: "win rate at equal length", lower: "lower", upper: "upper", better: "higher" },
      { key: "raw", label: "win rate" },
      { key: "error", label: "calibration error", better: "lower" },
    ],
    rows: results.map(({ id }, i) => {
      const { rate } = rates[i], { error } = calibrated[i];
      return typeof rate === "string"
        ? { method: id, rate: null, lower: null, upper: null, raw: null, error }
        : { method: id, rate: rate.winRate, lower: rate.lower, upper: rate.upper, raw: rate.raw, error };
    }),
  };
  const notes = rates.flatMap(({ id, rate }) =>
    typeof rate === "string" ? [`No win rate at equal length of ${labelOf(id)}: ${rate}.`] : []
  );
  const ties = tiedRates(data, results);
  return {
    figures: [figure],
    tables: [...(told.length > 0 ? [table] : []), ...ties.tables],
    notes: [...notes, ...ties.notes],
  };
}

/**
 * Averaged or summed log-probs: what either does to the length of responses.
 *
 * @module
 */
import { mutualInformation } from "../../lib/losses/mutual_information.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval } from "../../lib/report/numbers.ts";
import { type Condition, question } from "../../lib/run/experiment.ts";
import { several } from "../../lib/run/needs.ts";
import { above } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { baseSequences, listSequences, nextTokens } from "../../lib/worlds/sequences.ts";
import type { SyntheticOptions } from "./options.ts";
import { paperSteps } from "./needs.ts";
import { CONSTITUTIONS, type Score, type SequenceStudy, trainSequences } from "./sequence_training.ts";
import { columns, curve, extremes, pairedClaim, told } from "./study.ts";

/** What the loss reads of a response, by arm. */
const scores = {
  /** The released code: averaged over tokens, the end not counted. */
  "sami-drawn": { averaged: true, end: false },
  "sami-sum": { averaged: false, end: false },
  /** The log-prob of the response, about which the bound speaks. */
  "sami-sum-end": { averaged: false, end: true },
} as const satisfies Record<string, Score>;

/** Standard deviation of the base policy's link in nats, and its logit of the end. */
const LINK = 0.3, END = 0.7;

function measureSequences({ settings }: SequenceStudy, logits: Float64Array) {
  const { logps, lengths } = listSequences(settings, nextTokens(logits, settings.vocabulary));
  const expected = (of: (length: number) => number) =>
    mean(logps.map((law) => law.reduce((sum, v, s) => sum + Math.exp(v) * of(lengths[s]), 0)));
  return {
    length: expected((length) => length),
    longest: expected((length) => length === settings.longest ? 1 : 0),
    information: mutualInformation(logps),
  };
}

const few = (o: SyntheticOptions): Condition => ({ multiple: Math.min(...o.longer) });
const many = (o: SyntheticOptions): Condition => ({ multiple: Math.max(...o.longer) });
const MULTIPLE = { x: "multiple", xScale: "log", xLabel: "multiple of the steps" } as const;

export const length = question({
  id: "length",
  asks: "Does averaging log-probs over tokens keep SAMI from writing at length?",
  part: "synthetic",
  method:
    "Responses are written token by token, each depending on the one before, until an end token; all responses can be " +
    "listed, so lengths and mutual information are exact. Constitutions differ in their tokens and not in length to begin " +
    "with. Responses are drawn. The released code averages log-probs over tokens and leaves the end out; summed with the end they are the " +
    "log-probs that the bound is about. Every seed is a new base policy, which all arms share.",
  arms: Object.keys(scores),
  conditions: ({ longer }: SyntheticOptions) => longer.map((multiple) => ({ multiple })),
  seeds: ({ seeds }) => seeds,
  run({ arm, condition, options, streams, seeds }) {
    const { vocabulary, longest, batch } = options, draws = streams("training");
    const steps = options.steps.map((count) => count * Number(condition.multiple));
    return columns(
      streams("base").map((rng, r) => {
        const settings = { vocabulary, longest, constitutions: CONSTITUTIONS };
        const study = { settings, base: baseSequences({ ...settings, link: LINK, endLogit: END }, rng) };
        const logits = trainSequences(study, scores[arm as keyof typeof scores], {
          steps,
          batch,
          run: { arm, seed: seeds[r] },
        }, draws[r]);
        const base = measureSequences(study, study.base);
        return {
          ...measureSequences(study, logits),
          "base-length": base.length,
          "base-information": base.information,
        };
      }),
    );
  },
  claims: [
    pairedClaim(["sami-sum", "sami-drawn"], "length", many, {
      id: "summed-longer",
      statement: "Summed log-probs make responses longer than averaged ones",
      source: "length normalisation of log-probs",
      paper: "averaged over tokens, against length bias",
      quantity: "mean length summed − averaged, most steps, tokens",
      rule: above(0),
      needs: several("longer"),
    }),
    {
      id: "averaged-still-longer",
      statement: "Averaged, responses still grow, by 0.05 tokens or more",
      source: "remark on length normalisation",
      paper: "still rewards long responses",
      quantity: "mean length averaged − base policy, most steps, tokens",
      rule: above(0.05),
      needs: several("longer"),
      unit: "paired seeds",
      arms: ["sami-drawn"],
      evidence: (view, o) =>
        view.statistic(
          ["length", "base-length"].map((metric) => view.series("sami-drawn", metric, many(o))),
          ([now, base]) => mean(now) - mean(base),
        ),
    },
    pairedClaim(["sami-sum-end", "sami-drawn"], "information", few, {
      kind: "question",
      id: "true-log-probs-information",
      statement: "Log-probs of whole responses raise the mutual information more than averaged ones",
      source: "equation 4 speaks of whole responses",
      paper: "averaged log-probs used",
      quantity: "I(Y;C) summed with end − averaged, fewest steps, nats",
      rule: above(0),
      needs: paperSteps,
    }),
  ],
  figures(view, o) {
    const [any] = view.arms, base = mean(view.series(any, "base-length", few(o)).values);
    return [
      curve(view, "length", {
        id: "length",
        ...MULTIPLE,
        yLabel: "mean length, tokens",
        references: [{ value: base, label: "base policy" }],
        caption: `Mean length at ${many(o).multiple} times the steps: ${
          view.arms.map((arm) => told(view, arm, "length", many(o))).join(", ")
        } tokens of at most ${o.longest}.`,
      }),
      curve(view, "information", {
        id: "length-information",
        ...MULTIPLE,
        yLabel: "I(Y;C), nats",
        references: [{ value: mean(view.series(any, "base-information", few(o)).values), label: "base policy" }],
        caption: `Mutual information of constitutions and whole responses after few steps: ${
          view.arms.map((arm) => told(view, arm, "information", few(o))).join(", ")
        } nats; at ${many(o).multiple} times as many: ${extremes(view, "information", many(o))}.`,
      }),
    ];
  },
  tables: (view) => [{
    id: "length",
    caption: "Exact measures of the autoregressive policies.",
    columns: [
      { key: "multiple", label: "steps ×" },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "mean length", digits: 3, lower: "lower", upper: "upper" },
      { key: "longest", label: "share at the longest", digits: 3 },
      { key: "information", label: "I(Y;C)", digits: 4 },
    ],
    rows: view.summary("length").map((row) => ({
      ...row,
      longest: view.mean(row.arm, "longest", { multiple: row.multiple }).estimate,
      information: view.mean(row.arm, "information", { multiple: row.multiple }).estimate,
    })),
  }],
  notes: (view, o) =>
    view.arms.includes("sami-drawn")
      ? [(() => {
        const { estimate, lower, upper } = view.statistic(
          ["length", "base-length"].map((metric) => view.series("sami-drawn", metric, few(o))),
          ([now, base]) => mean(now) - mean(base),
        );
        return `After few steps ${methodStyle("sami-drawn").label} has changed the mean length by ${
          formatInterval(estimate, lower, upper)
        } tokens.`;
      })()]
      : [],
});

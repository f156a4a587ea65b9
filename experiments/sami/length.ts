/**
 * Averaged or summed log-probs: what either does to the length of responses.
 *
 * @module
 */
import { mutualInformation } from "../../lib/losses/mutual_information.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval } from "../../lib/report/numbers.ts";
import { type Condition, question } from "../../lib/run/experiment.ts";
import { above } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/tensor/random.ts";
import { baseSequences, listSequences, nextTokens, type SequenceSettings } from "../../lib/worlds/sequences.ts";
import type { SyntheticOptions } from "./options.ts";
import { samiSlopes } from "./slopes.ts";
import { columns, curve, pairedClaim, told } from "./study.ts";

/** What the loss reads of a response, by arm. */
const scores = {
  /** The released code: averaged over tokens, the end not counted. */
  "sami": { averaged: true, end: false },
  "sami-sum": { averaged: false, end: false },
  /** The log-prob of the response, about which the bound speaks. */
  "sami-sum-end": { averaged: false, end: true },
} as const;

type Score = typeof scores[keyof typeof scores];

/** Constitutions, and e(c) of each: what all share, and two signs. */
const SIGNS = [[1, 1, 1], [1, -1, 1], [1, 1, -1], [1, -1, -1]];
/** Standard deviation of the link in nats; logit of the end; step size per matched response. */
const LINK = 0.3, END = 0.7, RATE = 0.5;

interface Study {
  readonly settings: SequenceSettings;
  /** Logits of the base policy. */
  readonly base: Float64Array;
}

/** One response: its tokens, the end not among them. */
function draw({ vocabulary: V, longest }: SequenceSettings, chances: Float64Array, c: number, rng: Rng): number[] {
  const tokens: number[] = [];
  let before = V;
  while (tokens.length < longest) {
    const from = (c * (V + 1) + before) * (V + 1);
    let u = rng.uniform(), token = 0;
    for (; token < V; token++) {
      u -= chances[from + token];
      if (u < 0) break;
    }
    if (token === V && tokens.length === 0) token = V - 1; // rounding: the end is impossible here
    if (token === V) break;
    tokens.push(token);
    before = token;
  }
  return tokens;
}

/** Calls with the place in the table of every transition that counts in a response's score under constitution c. */
function transitions(
  { vocabulary: V, longest }: SequenceSettings,
  tokens: readonly number[],
  { c, end }: { c: number; end: boolean },
  visit: (place: number) => void,
): void {
  let before = V;
  for (const token of tokens) {
    visit((c * (V + 1) + before) * (V + 1) + token);
    before = token;
  }
  if (end && tokens.length < longest) visit((c * (V + 1) + before) * (V + 1) + V);
}

/** Trains through all iterations, each from the base policy on responses of the one before; logits at the end. */
function trainSequences(
  { settings, base }: Study,
  score: Score,
  { steps, batch }: { steps: readonly number[]; batch: number },
  rng: Rng,
): Float64Array {
  const V = settings.vocabulary, size = V + 1, table = size * size;
  let logits = base;
  for (const [iteration, count] of steps.entries()) {
    const before = nextTokens(logits, V).map(Math.exp), stream = rng.fork(iteration);
    const examples = stream.fork("examples"), answers = stream.fork("responses");
    const theta = base.slice(), four = new Float64Array(4), slopes = new Float64Array(4);
    for (let step = 0; step < count; step++) {
      const next = nextTokens(theta, V), gradient = new Float64Array(theta.length);
      const totals = new Float64Array(theta.length / size);
      for (let i = 0; i < batch; i++) {
        const k = examples.integer(SIGNS.length), l = (k + 1 + examples.integer(SIGNS.length - 1)) % SIGNS.length;
        const pair = [k, l], responses = pair.map((c) => draw(settings, before, c, answers));
        const weight = responses.map((tokens) => score.averaged ? 1 / tokens.length : 1);
        for (let row = 0; row < 2; row++) {
          for (let column = 0; column < 2; column++) {
            let sum = 0;
            transitions(settings, responses[column], { c: pair[row], end: score.end }, (at) => sum += next[at]);
            four[2 * row + column] = weight[column] * sum;
          }
        }
        samiSlopes(four, "both", slopes);
        for (let row = 0; row < 2; row++) {
          for (let column = 0; column < 2; column++) {
            const slope = slopes[2 * row + column] * weight[column] / batch;
            transitions(settings, responses[column], { c: pair[row], end: score.end }, (at) => {
              gradient[at] += slope;
              totals[Math.floor(at / size)] += slope;
            });
          }
        }
      }
      for (let at = 0; at < gradient.length; at++) gradient[at] -= totals[Math.floor(at / size)] * Math.exp(next[at]);
      for (let place = 0; place < table; place++) {
        // Weights of what all constitutions share and of each sign: Δlogits(c) = −rate Σ_e e(c) Σ_c' e(c') gradient(c').
        for (let e = 0; e < SIGNS[0].length; e++) {
          let along = 0;
          for (const [c, signs] of SIGNS.entries()) along += signs[e] * gradient[c * table + place];
          for (const [c, signs] of SIGNS.entries()) theta[c * table + place] -= RATE * signs[e] * along;
        }
      }
    }
    logits = theta;
  }
  return logits;
}

function measureSequences({ settings }: Study, logits: Float64Array) {
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
    "with. The released code averages log-probs over tokens and leaves the end out; summed with the end they are the " +
    "log-probs that the bound is about. Every seed is a new base policy, which all arms share.",
  arms: Object.keys(scores),
  conditions: ({ longer }: SyntheticOptions) => longer.map((multiple) => ({ multiple })),
  seeds: ({ seeds }) => seeds,
  run({ arm, condition, options, streams }) {
    const { vocabulary, longest, batch } = options, draws = streams("training");
    const steps = options.steps.map((count) => count * Number(condition.multiple));
    return columns(
      streams("base").map((rng, r) => {
        const settings = { vocabulary, longest, constitutions: SIGNS.length };
        const study = { settings, base: baseSequences({ ...settings, link: LINK, endLogit: END }, rng) };
        const logits = trainSequences(study, scores[arm as keyof typeof scores], { steps, batch }, draws[r]);
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
    pairedClaim(["sami-sum", "sami"], "length", many, {
      id: "summed-longer",
      statement: "Summed log-probs make responses longer than averaged ones",
      source: "length normalisation of log-probs",
      paper: "averaged over tokens, against length bias",
      quantity: "mean length summed − averaged, most steps, tokens",
      rule: above(0),
    }),
    {
      id: "averaged-still-longer",
      statement: "Averaged, responses still grow, by 0.05 tokens or more",
      source: "remark on length normalisation",
      paper: "still rewards long responses",
      quantity: "mean length averaged − base policy, most steps, tokens",
      rule: above(0.05),
      unit: "paired seeds",
      arms: ["sami"],
      evidence: (view, o) =>
        view.statistic(
          ["length", "base-length"].map((metric) => view.series("sami", metric, many(o))),
          ([now, base]) => mean(now) - mean(base),
        ),
    },
    pairedClaim(["sami-sum-end", "sami"], "information", few, {
      id: "true-log-probs-information",
      statement: "Log-probs of whole responses raise the mutual information more than averaged ones",
      source: "equation 4 speaks of whole responses",
      paper: "averaged log-probs used",
      quantity: "I(Y;C) summed with end − averaged, fewest steps, nats",
      rule: above(0),
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
        } nats.`,
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
    view.arms.includes("sami")
      ? [(() => {
        const { estimate, lower, upper } = view.statistic(
          ["length", "base-length"].map((metric) => view.series("sami", metric, few(o))),
          ([now, base]) => mean(now) - mean(base),
        );
        return `After few steps ${methodStyle("sami").label} has changed the mean length by ${
          formatInterval(estimate, lower, upper)
        } tokens.`;
      })()]
      : [],
});

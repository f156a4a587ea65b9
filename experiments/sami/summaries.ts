/**
 * The paper's own TL;DR summaries, measured: length, conformity to the principles, and what they tell of their constitution.
 *
 * @module
 */
import { samiWriters } from "../../lib/datasets/mod.ts";
import type { TableSpec } from "../../lib/report/types.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval } from "../../lib/report/numbers.ts";
import { type Claim, type Condition, question } from "../../lib/run/experiment.ts";
import { differenceOnData, onData, powerNote, resampleRows, summaryOnData, UNIT } from "../../lib/run/resamples.ts";
import { rowCountMetrics, rowCountNote } from "../../lib/run/row_counts.ts";
import { summaryDots, type View } from "../../lib/run/view.ts";
import { above, below, type Evidence, type Rule } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { BenchmarkOptions } from "./options.ts";
import { columns } from "./study.ts";
import { labelInformation, postFolds } from "./text_model.ts";
import {
  DIMENSIONS,
  modelArms,
  place,
  POOL,
  prepareSummaries,
  type SummaryMeasures,
  type SummaryTable,
} from "./texts.ts";

const ARMS = Object.keys(modelArms);
const [BASE, , FIRST, LAST] = ARMS;
const label = (arm: string) => methodStyle(arm).label;
const OPUS = { writer: "opus" }, MISTRAL = { writer: "mistral" };

/** A claim on the change of a metric from the base model to an iteration. */
function changeClaim(
  told: Pick<Claim<BenchmarkOptions>, "kind" | "id" | "statement" | "paper" | "note"> & { readonly source?: string },
  { arm, metric, at, rule, unit }: { arm: string; metric: string; at: Condition; rule: Rule; unit: string },
): Claim<BenchmarkOptions> {
  return {
    source: "TL;DR, mistral-7b",
    ...told,
    quantity: `${unit}, ${label(arm)} − ${label(BASE)}, writer ${at.writer}`,
    rule,
    unit: UNIT,
    arms: [arm, BASE],
    evidence: (view) => differenceOnData(view, arm, BASE, metric, at),
  };
}

const shrink = { metric: "words", rule: below(0), unit: "mean words" };
const keep = { metric: "coverage", rule: above(-0.05), unit: "mean coverage" };
const pack = { metric: "density", rule: above(0), unit: "coverage per 100 words" };

/** In words, the base model and the last iteration, or the one model there is. */
function toldOf(view: View, metric: string, at: Condition): string {
  const ends = [BASE, LAST].filter((arm) => view.arms.includes(arm));
  return (ends.length > 0 ? ends : view.arms.slice(0, 1)).map((arm) => {
    const { estimate, lower, upper } = onData(view, arm, metric, at);
    return `${label(arm)} ${formatInterval(estimate, lower, upper)}`;
  }).join(", ");
}

export const summaries = question({
  id: "summaries",
  asks: "Do SAMI's own summaries become shorter without losing content?",
  part: "benchmark",
  dataset: "sami",
  replicates: "resamples",
  method: "Summaries of 250 posts by mistral-7b and mistral-7b-instruct, and after iterations 1 and 3 of SAMI, under " +
    "constitutions that ask to be concise and comprehensive, written by opus or by mistral-7b-instruct. Concision " +
    "is the number of words; comprehensiveness is coverage, the share of the post's words that the summary has, weighed " +
    "by rarity. Coverage sees words and not meaning: a paraphrase covers nothing. Posts are resampled; all models " +
    "summarise the same posts.",
  arms: ARMS,
  block: 50,
  conditions: () => samiWriters.map((writer) => ({ writer })),
  seeds: ({ bootstraps }: BenchmarkOptions) => bootstraps + 1,
  prepare: prepareSummaries,
  run({ arm, condition, seeds, streams, prepared: { posts, measures } }) {
    const draws = streams("posts");
    const at = place(modelArms[arm], condition.writer as typeof samiWriters[number]);
    const measured = columns(seeds.map((seed, r) => {
      const drawn = Array.from(resampleRows(posts, seed, draws[r]), (x) => measures[x * POOL + at]);
      const average = (metric: keyof SummaryMeasures) => mean(drawn.map((m) => m[metric]));
      return {
        words: average("words"),
        coverage: average("coverage"),
        density: 100 * average("coverage") / average("words"),
        copied: average("copied"),
        repeated: average("repeated"),
        echoed: average("echoed"),
      };
    }));
    return { ...measured, ...rowCountMetrics({ read: posts, leftOut: {} }, seeds.length) };
  },
  claims: [
    changeClaim({
      id: "shrink-opus",
      statement: "With the strong writer, summaries shrink by iteration 3",
      paper: "lengths shrink on TL;DR",
    }, { arm: LAST, at: OPUS, ...shrink }),
    changeClaim({
      id: "shrink-mistral",
      statement: "With the weak writer, summaries shrink by iteration 3",
      paper: "lengths shrink on TL;DR",
    }, { arm: LAST, at: MISTRAL, ...shrink }),
    changeClaim({
      id: "shrink-first",
      statement: "With the strong writer, one iteration already shrinks them",
      paper: "lengths shrink on TL;DR",
    }, { arm: FIRST, at: OPUS, ...shrink }),
    changeClaim({
      id: "comprehensive-opus",
      statement: "With the strong writer, iteration 3 stays comprehensive, within 5 points of coverage",
      paper: "summaries follow both principles more",
    }, { arm: LAST, at: OPUS, ...keep }),
    changeClaim({
      id: "comprehensive-mistral",
      statement: "With the weak writer, iteration 3 stays comprehensive, within 5 points of coverage",
      paper: "summaries follow both principles more",
    }, { arm: LAST, at: MISTRAL, ...keep }),
    changeClaim({
      kind: "question",
      id: "dense-opus",
      statement: "With the strong writer, a word covers more of the post by iteration 3",
      paper: "summaries follow both principles more",
    }, { arm: LAST, at: OPUS, ...pack }),
    changeClaim({
      kind: "question",
      id: "dense-mistral",
      statement: "With the weak writer, a word covers more of the post by iteration 3",
      paper: "summaries follow both principles more",
    }, { arm: LAST, at: MISTRAL, ...pack }),
    changeClaim({
      id: "no-gibberish",
      statement: "Few steps do not make summaries repeat themselves, by a point or more",
      source: "regularisation by few gradient steps and restarts",
      paper: "gibberish only when over-trained",
    }, {
      arm: LAST,
      at: OPUS,
      metric: "repeated",
      rule: below(0.01),
      unit: "share of runs of three words seen before",
    }),
    changeClaim({
      kind: "question",
      id: "echo",
      statement: "With the strong writer, summaries borrow more words from the constitution itself",
      source: "objective (2): identity is enough",
      paper: "not reported",
    }, {
      arm: LAST,
      at: OPUS,
      metric: "echoed",
      rule: above(0),
      unit: "share of words of the constitution, not the post",
    }),
  ],
  figures: (view) =>
    ([
      ["words", "mean words of a summary", "Words"],
      [
        "coverage",
        "coverage: rarity-weighed share of the post's words",
        "Coverage",
      ],
      ["density", "coverage per 100 words", "Coverage per 100 words"],
      [
        "echoed",
        "share of words that are the constitution's and not the post's",
        "Words borrowed from the constitution",
      ],
    ] as const).map(([metric, xLabel, what]) => ({
      id: `summaries-${metric}`,
      ...summaryDots,
      data: summaryOnData(view, metric),
      panel: "writer",
      panelLabel: "writer",
      xLabel,
      caption: `${what} with the strong writer (opus): ${toldOf(view, metric, OPUS)}; with the weak one (mistral): ${
        toldOf(view, metric, MISTRAL)
      }. Bars are 95% bootstrap intervals over posts.`,
      alt: `${what} of the summaries of each model, one panel per writer of constitutions.`,
    })),
  tables: (view): TableSpec[] => [{
    id: "summaries",
    caption: "Measures of the released summaries.",
    columns: [
      { key: "writer", label: "writer" },
      { key: "arm", label: "model", method: true },
      { key: "value", label: "words", digits: 1, lower: "lower", upper: "upper" },
      { key: "coverage", label: "coverage", digits: 3 },
      { key: "density", label: "per 100 words", digits: 3 },
      { key: "copied", label: "copied", digits: 3 },
      { key: "repeated", label: "repeated", digits: 3 },
      { key: "echoed", label: "constitution's", digits: 3 },
    ],
    rows: summaryOnData(view, "words").map((row) => {
      const value = (metric: string) => onData(view, row.arm, metric, { writer: row.writer }).estimate;
      return {
        ...row,
        coverage: value("coverage"),
        density: value("density"),
        copied: value("copied"),
        repeated: value("repeated"),
        echoed: value("echoed"),
      };
    }),
  }],
  notes: (view) => [
    rowCountNote(view, "posts", {}),
    ...[BASE, LAST].every((arm) => view.arms.includes(arm))
      ? [powerNote(view, [LAST, BASE], "coverage", "of coverage", MISTRAL)]
      : [],
  ],
});

/** Pairs of constitutions that responses were released for. */
const CONTRASTS = ["writer", "order"] as const;
const WRITER = { contrast: "writer" }, ORDER = { contrast: "order" };

/** Texts of a model, labelled, of the posts that were drawn. */
function labelled(
  { posts, features, conciseFirst }: SummaryTable,
  arm: string,
  { contrast, counts, folds }: { contrast: string; counts: Float64Array; folds: Uint32Array },
) {
  const rows = (which: readonly (typeof samiWriters[number])[]) => {
    const places = Array.from({ length: posts }, (_, x) => which.map((writer) => ({ x, writer }))).flat();
    const out = new Float64Array(places.length * DIMENSIONS);
    for (const [i, { x, writer }] of places.entries()) {
      const from = (x * POOL + place(modelArms[arm], writer)) * DIMENSIONS;
      out.set(features.subarray(from, from + DIMENSIONS), i * DIMENSIONS);
    }
    return {
      features: out,
      labels: places.map(({ x, writer }) => contrast === "writer" ? (writer === "opus" ? 1 : 0) : conciseFirst[x]),
      weights: Float64Array.from(places, ({ x }) => counts[x]),
      folds: places.map(({ x }) => folds[x]),
    };
  };
  return contrast === "writer" ? [rows(samiWriters)] : samiWriters.map((writer) => rows([writer]));
}

function informationClaim(
  told: Pick<Claim<BenchmarkOptions>, "kind" | "id" | "statement" | "paper" | "quantity" | "note" | "arms" | "rule">,
  evidence: (view: View) => Evidence,
): Claim<BenchmarkOptions> {
  return { source: "TL;DR, mistral-7b", ...told, unit: UNIT, evidence };
}

export const summaryInformation = question({
  id: "summaries-information",
  asks: "Do the summaries tell which constitution they were written under?",
  part: "benchmark",
  dataset: "sami",
  replicates: "resamples",
  method:
    `A logistic model of ${DIMENSIONS} features of a summary (length, coverage, copying, repetition, latent semantic ` +
    "analysis) guesses the constitution of held-out posts; ln 2 minus its cross-entropy is, in expectation, a lower bound " +
    "of the mutual information, and below 0 where it finds nothing. Two contrasts were released: the writer of the " +
    "constitution, on the same posts, and the order of its principles, on different posts. Constitutions against their " +
    "antitheses, on which SAMI trains, were not.",
  arms: ARMS,
  block: 25,
  conditions: () => CONTRASTS.map((contrast) => ({ contrast })),
  seeds: ({ bootstraps }: BenchmarkOptions) => bootstraps + 1,
  prepare: prepareSummaries,
  run({ arm, condition, seeds, streams, prepared }) {
    const draws = streams("posts"), folds = streams("folds");
    const measured = columns(seeds.map((seed, r) => {
      const counts = new Float64Array(prepared.posts);
      // Whatever is drawn twice stays in one fold.
      for (const x of resampleRows(prepared.posts, seed, draws[r])) counts[x]++;
      const at = { contrast: String(condition.contrast), counts, folds: postFolds(prepared.posts, folds[r]) };
      const found = labelled(prepared, arm, at).map(labelInformation);
      return {
        information: mean(found.map(({ information }) => information)),
        accuracy: mean(found.map(({ accuracy }) => accuracy)),
      };
    }));
    return { ...measured, ...rowCountMetrics({ read: prepared.posts, leftOut: {} }, seeds.length) };
  },
  claims: [
    informationClaim({
      id: "base-link",
      statement: "The base model's summaries tell the writer of the constitution, by a hundredth of a nat or more",
      paper: "MI at the start: weak writer .10, strong writer .19, of constitutions and antitheses",
      quantity: "lower bound of I(summary; writer | post), base model, nats",
      rule: above(0.01),
      arms: [BASE],
    }, (view) => onData(view, BASE, "information", WRITER)),
    informationClaim({
      id: "writer-information-rises",
      statement: "After iteration 3 they tell it better than the base model's",
      paper: "mutual information rises",
      quantity: "lower bound of I(summary; writer | post), iteration 3 − base, nats",
      rule: above(0),
      arms: [LAST, BASE],
      note:
        "Iteration 3 is another model for each writer: the difference mixes what constitutions and what training do.",
    }, (view) => differenceOnData(view, LAST, BASE, "information", WRITER)),
    informationClaim({
      kind: "question",
      id: "order-information-rises",
      statement: "After iteration 3 they tell the order of the principles better than the base model's",
      paper: "mutual information rises",
      quantity: "lower bound of I(summary; order | post), iteration 3 − base, nats",
      rule: above(0),
      arms: [LAST, BASE],
    }, (view) => differenceOnData(view, LAST, BASE, "information", ORDER)),
    informationClaim({
      kind: "question",
      id: "order-is-nothing",
      statement: "The order of two principles is hardly told: less than 0.05 nats after iteration 3",
      paper: "both orders count as the same constitution",
      quantity: "lower bound of I(summary; order | post), iteration 3, nats",
      rule: below(0.05),
      arms: [LAST],
    }, (view) => onData(view, LAST, "information", ORDER)),
  ],
  figures: (view) => [{
    id: "summaries-information",
    ...summaryDots,
    data: summaryOnData(view, "information"),
    panel: "contrast",
    panelLabel: "contrast",
    references: [{ value: 0, label: "nothing" }],
    xLabel: "lower bound of the mutual information, nats (at most 0.693)",
    caption: `Of the writer: ${toldOf(view, "information", WRITER)} nats. Of the order of principles: ${
      toldOf(view, "information", ORDER)
    }. Bars are 95% bootstrap intervals over posts.`,
    alt: "Lower bounds of the mutual information between summaries and constitutions, one panel per contrast.",
  }],
  tables: (view): TableSpec[] => [{
    id: "summaries-information",
    caption: "What a cross-fitted logistic model tells of a summary's constitution.",
    columns: [
      { key: "contrast", label: "contrast" },
      { key: "arm", label: "model", method: true },
      { key: "value", label: "information, nats", digits: 3, lower: "lower", upper: "upper" },
      { key: "accuracy", label: "accuracy", digits: 3 },
    ],
    rows: summaryOnData(view, "information").map((row) => ({
      ...row,
      accuracy: onData(view, row.arm, "accuracy", { contrast: row.contrast }).estimate,
    })),
  }],
  notes: (view) => [
    rowCountNote(view, "posts", {}),
    "A model this small can show that summaries differ, by length, wording and what they take from the post. It cannot " +
    "show that they are better, it sees no meaning, and what it does not find may still be there: its numbers are lower " +
    "bounds. They cannot be compared with the paper's .10 and .19, which are about other pairs of constitutions and the " +
    "model's own log-probs.",
  ],
});

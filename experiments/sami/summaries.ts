/**
 * The paper's own TL;DR summaries, measured: length, conformity to the principles, and what they tell of their constitution.
 *
 * @module
 */
import { samiWriters } from "../../lib/datasets/mod.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { resampleRows } from "../../lib/run/resamples.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { BenchmarkOptions } from "./options.ts";
import * as drawn from "./text_figures.ts";
import { labelInformation, postFolds } from "./text_model.ts";
import * as terms from "./text_terms.ts";
import { BASE, coverage, density, FIRST, LAST, mistral, ofOrder, ofWriter, opus, words } from "./text_terms.ts";
import {
  DIMENSIONS,
  type ModelArm,
  modelArms,
  place,
  POOL,
  prepareSummaries,
  type SummaryMeasures,
  type SummaryTable,
} from "./texts.ts";

const ARMS = ["mistral-base", "mistral-instruct", "sami-iteration-1", "sami-iteration-3"] as const;
const TLDR = { source: "TL;DR, mistral-7b" };
const SHRINK = { ...TLDR, paper: "lengths shrink on TL;DR" };
const FOLLOW = { ...TLDR, paper: "summaries follow both principles more" };

export const summaries = question({
  id: "summaries",
  asks: "Do SAMI's own summaries become shorter without losing content?",
  dataset: "sami",
  method: "Summaries of 250 posts by mistral-7b and mistral-7b-instruct, and after iterations 1 and 3 of SAMI, under " +
    "constitutions that ask to be concise and comprehensive, written by opus or by mistral-7b-instruct. Concision " +
    "is the number of words; comprehensiveness is coverage, the share of the post's words that the summary has, weighed " +
    "by rarity. Coverage sees words and not meaning: a paraphrase covers nothing. Posts are resampled; all models " +
    "summarise the same posts.",
  arms: ARMS,
  block: 50,
  replicates: "resamples",
  conditions: () => samiWriters.map((writer) => ({ writer })),
  seeds: ({ bootstraps }: BenchmarkOptions) => bootstraps + 1,
  prepare: prepareSummaries,
  counts: ({ posts }) => ({ read: posts, leftOut: {} }),
  run({ arm, condition, seeds, streams, prepared: { posts, measures } }) {
    const draws = streams("posts"), at = place(modelArms[arm], condition.writer);
    return seeds.map((seed, r) => {
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
    });
  },
  claims: [
    claim(
      "shrink-opus",
      "With the strong writer, summaries shrink by iteration 3",
      words.of(LAST, opus).minus(BASE).below(0),
      SHRINK,
    ),
    claim(
      "shrink-mistral",
      "With the weak writer, summaries shrink by iteration 3",
      words.of(LAST, mistral).minus(BASE).below(0),
      SHRINK,
    ),
    claim(
      "shrink-first",
      "With the strong writer, one iteration already shrinks them",
      words.of(FIRST, opus).minus(BASE).below(0),
      SHRINK,
    ),
    claim(
      "comprehensive-opus",
      "With the strong writer, iteration 3 stays comprehensive, within 5 points of coverage",
      coverage.of(LAST, opus).minus(BASE).above(-0.05),
      FOLLOW,
    ),
    claim(
      "comprehensive-mistral",
      "With the weak writer, iteration 3 stays comprehensive, within 5 points of coverage",
      coverage.of(LAST, mistral).minus(BASE).above(-0.05),
      FOLLOW,
    ),
    claim(
      "dense-opus",
      "With the strong writer, a word covers more of the post by iteration 3",
      density.of(LAST, opus).minus(BASE).above(0),
      { ...FOLLOW, kind: "question" },
    ),
    claim(
      "dense-mistral",
      "With the weak writer, a word covers more of the post by iteration 3",
      density.of(LAST, mistral).minus(BASE).above(0),
      { ...FOLLOW, kind: "question" },
    ),
    claim(
      "no-gibberish",
      "Few steps do not make summaries repeat themselves, by a point or more",
      terms.repeated.of(LAST, opus).minus(BASE).below(0.01),
      { source: "regularisation by few gradient steps and restarts", paper: "gibberish only when over-trained" },
    ),
    claim(
      "echo",
      "With the strong writer, summaries borrow more words from the constitution itself",
      terms.echoed.of(LAST, opus).minus(BASE).above(0),
      { kind: "question", source: "objective (2): identity is enough" },
    ),
  ],
  ...drawn.summaries,
});

/** Pairs of constitutions that responses were released for. */
const CONTRASTS = ["writer", "order"] as const;

/** Texts of a model, labelled, of the posts that were drawn. */
function labelled(
  { posts, features, conciseFirst }: SummaryTable,
  arm: ModelArm,
  { contrast, counts, folds }: { contrast: typeof CONTRASTS[number]; counts: Float64Array; folds: Uint32Array },
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

export const summaryInformation = question({
  id: "summaries-information",
  asks: "Do the summaries tell which constitution they were written under?",
  dataset: "sami",
  method:
    `A logistic model of ${DIMENSIONS} features of a summary (length, coverage, copying, repetition, latent semantic ` +
    "analysis) guesses the constitution of held-out posts; ln 2 minus its cross-entropy is, in expectation, a lower bound " +
    "of the mutual information, and below 0 where it finds nothing. Two contrasts were released: the writer of the " +
    "constitution, on the same posts, and the order of its principles, on different posts. Constitutions against their " +
    "antitheses, on which SAMI trains, were not.",
  arms: ARMS,
  block: 25,
  replicates: "resamples",
  conditions: () => CONTRASTS.map((contrast) => ({ contrast })),
  seeds: ({ bootstraps }: BenchmarkOptions) => bootstraps + 1,
  prepare: prepareSummaries,
  counts: ({ posts }) => ({ read: posts, leftOut: {} }),
  run({ arm, condition, seeds, streams, prepared }) {
    const draws = streams("posts"), folds = streams("folds");
    return seeds.map((seed, r) => {
      const counts = new Float64Array(prepared.posts);
      // Whatever is drawn twice stays in one fold.
      for (const x of resampleRows(prepared.posts, seed, draws[r])) counts[x]++;
      const at = { contrast: condition.contrast, counts, folds: postFolds(prepared.posts, folds[r]) };
      const found = labelled(prepared, arm, at).map(labelInformation);
      return {
        information: mean(found.map(({ information }) => information)),
        accuracy: mean(found.map(({ accuracy }) => accuracy)),
      };
    });
  },
  claims: [
    claim(
      "base-link",
      "The base model's summaries tell the writer of the constitution, by a hundredth of a nat or more",
      terms.information.of(BASE, ofWriter).above(0.01),
      { ...TLDR, paper: "MI at the start: weak writer .10, strong writer .19, of constitutions and antitheses" },
    ),
    claim(
      "writer-information-rises",
      "After iteration 3 they tell it better than the base model's",
      terms.information.of(LAST, ofWriter).minus(BASE).above(0),
      {
        ...TLDR,
        paper: "mutual information rises",
        note:
          "Iteration 3 is another model for each writer: the difference mixes what constitutions and what training do.",
      },
    ),
    claim(
      "order-information-rises",
      "After iteration 3 they tell the order of the principles better than the base model's",
      terms.information.of(LAST, ofOrder).minus(BASE).above(0),
      { ...TLDR, kind: "question", paper: "mutual information rises" },
    ),
    claim(
      "order-is-nothing",
      "The order of two principles is hardly told: less than 0.05 nats after iteration 3",
      terms.information.of(LAST, ofOrder).below(0.05),
      { ...TLDR, kind: "question", paper: "both orders count as the same constitution" },
    ),
  ],
  ...drawn.summaryInformation,
});

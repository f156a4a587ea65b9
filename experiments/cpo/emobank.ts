/**
 * EmoBank: a policy over real sentences, learned from logs that genre confounds, valued with held-out readers' ratings.
 *
 * @module
 */
import { loadEmoBank } from "../../lib/datasets/mod.ts";
import { learnVocabulary, tfidf } from "../../lib/datasets/text_features.ts";
import { truncatedSvd } from "../../lib/datasets/truncated_svd.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatNumber } from "../../lib/report/numbers.ts";
import { columns } from "../../lib/run/columns.ts";
import { question } from "../../lib/run/experiment.ts";
import { rowCountMetrics, rowCountNote, type RowCounts } from "../../lib/run/row_counts.ts";
import { ends, summaryLines, type View } from "../../lib/run/view.ts";
import { above } from "../../lib/statistics/claims.ts";
import { minimumDetectableEffect } from "../../lib/statistics/power.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import { type OutcomeWorld, outcomeWorld, standardise } from "../../lib/worlds/outcomes.ts";
import { observationalModel, type Sample, sampleFrom } from "./learning.ts";
import { learnChosen } from "./learned.ts";
import { type LearnerId, learners } from "./learners.ts";
import type { CpoOptions } from "./options.ts";
import { policyAt } from "./training.ts";

/** Sentences in the pool that policies are learned on, and in the one they are valued on. */
const POOL = 500;
const DIMENSIONS = 16;
/** Ratings spread by 1, outcomes of the made worlds by 0.2: λ and the price of KL keep their size beside the spread. */
const SCALE = 5;
/** Rows of the randomised log, texts drawn from f0, and observational rows behind the outcome model. */
const SIZES = { n: 1000, generated: 3000, observed: 2000 };

/** Strengths of the hidden reader type; an outcome spreads as at the strongest, whatever the strength. */
const STRENGTHS = [0, 0.5, 1], STRONGEST = Math.max(...STRENGTHS);

/** One half of the sentences: text features on one scale, ratings in standard deviations, genre. */
interface Pool {
  readonly features: Float64Array;
  readonly rating: Float64Array;
  readonly genre: Uint8Array;
}

interface Prepared {
  readonly train: Pool;
  readonly held: Pool;
  readonly genres: number;
  /** Spread of single readers around a sentence's mean rating, in standard deviations of the means. */
  readonly noise: number;
  readonly documents: number;
  readonly counts: RowCounts;
}

/** Each column with variance one over the training rows, so that one penalty and one step size suit all. */
function scaleColumns(rows: Float64Array, width: number, by: Float64Array): Float64Array {
  const n = by.length / width;
  const spread = Float64Array.from({ length: width }, (_, k) => {
    let squares = 0;
    for (let i = 0; i < n; i++) squares += by[i * width + k] ** 2;
    return Math.sqrt(squares / n) || 1;
  });
  return rows.map((v, i) => v / spread[i % width]);
}

/** The policy with parameters θ over another pool, `[X]`. */
function policyOn(pool: Pool, theta: Float64Array): Float64Array {
  const logits = pool.rating.map((_, x) =>
    theta.reduce((total, t, k) => total + t * pool.features[x * theta.length + k], 0)
  );
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = top + Math.log(logits.reduce((sum, l) => sum + Math.exp(l - top), 0));
  return logits.map((l) => l - total);
}

export const emoBank = question({
  id: "emobank",
  asks: "Does it hold on real sentences with real ratings?",
  part: "benchmark",
  dataset: "emobank",
  replicates: "seeds",
  method: `Sentences of EmoBank are split by document. A log-linear policy on ${DIMENSIONS} text dimensions (latent ` +
    `semantic analysis) is learned on one pool of ${POOL} and valued by the mean valence that readers gave to another, ` +
    "in standard deviations. The log is randomised; the outcome model comes from observational rows in which a hidden " +
    "reader type prefers some genres (drawn anew for each seed) and rates everything higher. Neither policy nor model " +
    "sees the genre. λ, step size and steps are chosen for the value as in the made worlds: by a DR estimate on a third of " +
    "the log, from the same settings for all arms.",
  arms: Object.keys(learners),
  seeds: ({ seeds }: CpoOptions) => seeds,
  conditions: () => STRENGTHS.map((confounding) => ({ confounding })),
  async prepare({ store, rng }): Promise<Prepared> {
    const data = await loadEmoBank(store);
    const documents = [...new Set(data.documents)];
    const order = rng.fork("documents").permutation(documents.length);
    const half = new Set(Array.from(order.slice(0, Math.ceil(documents.length / 2)), (i) => documents[i]));
    const pick = (training: boolean) => {
      const rows = Uint32Array.from({ length: data.n }, (_, i) => i).filter((i) =>
        half.has(data.documents[i]) === training
      );
      const shuffled = rng.fork(training ? "train" : "held out").permutation(rows.length);
      return shuffled.slice(0, POOL).map((k) => rows[k]).sort();
    };
    const trainRows = pick(true), heldRows = pick(false);
    const vocabulary = learnVocabulary(data.texts, { training: trainRows, minDocuments: 3, maxTerms: 4000 });
    const texts = (rows: Uint32Array) => tfidf(Array.from(rows, (i) => data.texts[i]), vocabulary);
    const trainMatrix = texts(trainRows);
    const svd = truncatedSvd(trainMatrix, { dimensions: DIMENSIONS, iterations: 6, rng: rng.fork("svd") });
    const trainFeatures = svd.project(trainMatrix);
    const centre = mean(data.valence), spread = standardDeviation(data.valence);
    const pool = (rows: Uint32Array, features: Float64Array): Pool => ({
      features: scaleColumns(features, DIMENSIONS, trainFeatures),
      rating: Float64Array.from(rows, (i) => (data.valence[i] - centre) / spread),
      genre: Uint8Array.from(rows, (i) => data.genre[i]),
    });
    return {
      train: pool(trainRows, trainFeatures),
      held: pool(heldRows, svd.project(texts(heldRows))),
      genres: data.genreNames.length,
      noise: mean(data.sd.valence) / spread,
      documents: documents.length,
      counts: {
        read: data.counts.reader,
        leftOut: { unmatched: data.counts.reader - data.n, undrawn: data.n - trainRows.length - heldRows.length },
      },
    };
  },
  run({ options, arm, condition, seeds, streams, prepared: { train, held, genres, noise, counts } }) {
    const confounding = Number(condition.confounding);
    const logs = streams("log");
    const none = new Float64Array(POOL);
    const samples = streams("genres").map((rng, r): Sample => {
      const taste = rng.normals(genres);
      const world: OutcomeWorld = outcomeWorld({
        features: train.features,
        modelFeatures: train.features,
        outcome: train.rating,
        exposure: standardise(Float64Array.from(train.genre, (g) => taste[g])),
        logAssignment: none,
        logStart: none,
        choice: confounding,
        shift: confounding,
        spread: Math.hypot(noise, STRONGEST),
      });
      return sampleFrom(world, SIZES, observationalModel(world, SIZES.observed, logs[r].fork("outside")), logs[r]);
    });
    const draws = streams("learning");
    const learned = samples.map((sample, r) => learnChosen(arm as LearnerId, sample, options, draws[r], SCALE));
    const reference = mean(held.rating);
    const rows = samples.map(({ world }, r) => {
      const { value: theta, chosen } = learned[r], logF = policyAt(world, theta);
      const onHeld = policyOn(held, theta).reduce((total, l, x) => total + Math.exp(l) * held.rating[x], 0);
      return {
        "held-out": onHeld - reference,
        training: world.value(logF) - world.value(world.logStart),
        kl: world.kl(logF),
        ...chosen,
      };
    });
    return { ...columns(rows), ...rowCountMetrics(counts, seeds.length) };
  },
  claims: [
    {
      id: "emobank-dr-outcome-only",
      statement: "On real sentences, DR-CPO beats outcome-only under full confounding",
      source: "abstract; the released code has an EmoBank setting",
      paper: "DR-CPO robust under confounding",
      quantity: "held-out valence of DR-CPO − outcome-only, in sd",
      rule: above(0),
      unit: "paired seeds",
      arms: ["dr-cpo", "outcome-only"],
      evidence: (view) => view.paired("dr-cpo", "outcome-only", "held-out", { confounding: 1 }),
    },
    {
      id: "emobank-dr-cpo",
      statement: "On real sentences, DR-CPO beats CPO without confounding",
      source: "motivation of DR-CPO",
      paper: "DR-CPO often has the highest expected reward",
      quantity: "held-out valence of DR-CPO − CPO, in sd",
      rule: above(0),
      unit: "paired seeds",
      arms: ["dr-cpo", "cpo"],
      evidence: (view) => view.paired("dr-cpo", "cpo", "held-out", { confounding: 0 }),
    },
    ...Object.keys(learners).filter((arm) => arm !== "oracle").map((arm) => ({
      kind: "question" as const,
      id: `emobank-${arm}-beats-f0`,
      statement: `On real sentences, ${methodStyle(arm).label} beats the untrained f0 under full confounding`,
      source: "what training is for",
      paper: "not reported",
      quantity: `held-out valence of ${methodStyle(arm).label} − f0, in sd`,
      rule: above(0),
      unit: "seeds",
      arms: [arm],
      evidence: (view: View) => view.mean(arm, "held-out", { confounding: 1 }),
    })),
  ],
  figures(view) {
    const learned = view.arms.filter((arm) => arm !== "oracle");
    return [{
      id: "emobank",
      ...summaryLines,
      data: view.summary("held-out"),
      x: "confounding",
      xLabel: "strength of the hidden reader type",
      yLabel: "held-out valence over f0, in sd",
      references: [{ value: 0, label: "f0" }],
      caption: `Held-out valence at full confounding: ${
        ends(view, "held-out", { confounding: 1 }, learned.length > 0 ? learned : view.arms)
      }. Intervals are 95% over seeds.`,
      alt: "Held-out valence of each learned policy against the strength of confounding.",
    }];
  },
  tables: (view) => [{
    id: "emobank",
    caption: "Learned policies over sentences: held-out valence over f0, the same on the training pool, and KL.",
    columns: [
      { key: "confounding", label: "confounding" },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "held-out", digits: 3, lower: "lower", upper: "upper" },
      { key: "training", label: "training pool", digits: 3 },
      { key: "kl", label: "KL", digits: 2 },
    ],
    rows: view.summary("held-out").map((row) => {
      const average = (metric: string) => mean(view.series(row.arm, metric, { confounding: row.confounding }).values);
      return { ...row, training: average("training"), kl: average("kl") };
    }),
  }],
  notes(view) {
    const told = [
      rowCountNote(view, "rated sentences", {
        unmatched: "without text or genre in the other two files",
        undrawn: "that chance drew into neither pool",
      }),
      "Seeds redraw logs, reader types and tastes; the two pools of sentences are the same for all seeds, so intervals " +
      "do not cover the choice of sentences.",
    ];
    if (!view.arms.includes("dr-cpo") || !view.arms.includes("outcome-only")) return told;
    const at = (arm: string) => view.series(arm, "held-out", { confounding: 1 }).values;
    const other = at("outcome-only");
    const differences = at("dr-cpo").map((v, i) => v - other[i]);
    const n = differences.length;
    const smallest = minimumDetectableEffect(standardDeviation(differences) / Math.sqrt(n));
    return [
      ...told,
      `Minimum detectable difference between DR-CPO and outcome-only over ${n} seeds (80% power): ` +
      `${formatNumber(smallest)} sd; seen: ${formatNumber(Math.abs(mean(differences)))}.`,
    ];
  },
});

/**
 * Upworthy: learning to choose headlines on the weeks whose randomisation broke, judged on clean tests.
 *
 * @module
 */
import { descend } from "../../lib/exact/law_descent.ts";
import { expectedCost } from "../../lib/exact/law_terms.ts";
import { lawAt, type LawClass } from "../../lib/exact/laws.ts";
import { crossFit, fitRidgeGcv } from "../../lib/estimators/mod.ts";
import { loadUpworthy, type UpworthyTest } from "../../lib/datasets/mod.ts";
import { learnVocabulary, tfidf } from "../../lib/datasets/text_features.ts";
import { truncatedSvd } from "../../lib/datasets/truncated_svd.ts";
import { madeOnce } from "../../lib/made_once.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { resampleRows } from "../../lib/run/resamples.ts";
import type { RowCounts } from "../../lib/run/row_counts.ts";
import type { Rng } from "../../lib/random.ts";
import { upworthy as drawn } from "./data_figures.ts";
import { byCondition } from "./kept.ts";
import type { CpoOptions } from "./options.ts";
import { uplift } from "./terms.ts";

const DIMENSIONS = 40;
/** Steps to convergence of a concave objective with few parameters. */
const STEPS = 60;
/** log π0 of an empty slot, in nats: e^−1000 is 0 in float64, and a finite log-prob has a finite slope. */
const EMPTY = -1000;

/** Tests with their packages laid out in slots of one width; empty slots have no impressions. */
export interface Tests {
  readonly count: number;
  readonly width: number;
  /** Headline features, row-major `[count * width, D]`. */
  readonly features: Float64Array;
  /** `[count * width]` each. */
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
}

interface Prepared {
  readonly broken: Tests;
  readonly clean: Tests;
  /** What models predict on each resample, by its number: the arms that read one share it. */
  readonly models: Map<number, Float64Array>;
  readonly counts: RowCounts;
}

function layOut(tests: readonly UpworthyTest[], project: (texts: string[]) => Float64Array): Tests {
  const width = Math.max(...tests.map(({ packages }) => packages.length));
  const slots = tests.length * width;
  const features = new Float64Array(slots * DIMENSIONS);
  const impressions = new Float64Array(slots), clicks = new Float64Array(slots);
  const projected = project(tests.flatMap(({ packages }) => packages.map((p) => p.headline)));
  let at = 0;
  tests.forEach(({ packages }, t) =>
    packages.forEach((p, k) => {
      const slot = t * width + k;
      features.set(projected.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS), slot * DIMENSIONS);
      at++;
      impressions[slot] = p.impressions;
      clicks[slot] = p.clicks;
    })
  );
  return { count: tests.length, width, features, impressions, clicks };
}

/** The policies: one law a test, from the uniform one over its packages. */
export function policiesOn({ width, features, impressions }: Tests): LawClass {
  return { logStart: impressions.map((shown) => shown > 0 ? 0 : EMPTY), features, responses: width };
}

/** Packages, impressions and clicks of a test. */
function totals({ width, impressions, clicks }: Tests, test: number) {
  let packages = 0, shown = 0, clicked = 0;
  for (let slot = test * width; slot < (test + 1) * width; slot++) {
    packages += impressions[slot] > 0 ? 1 : 0;
    shown += impressions[slot];
    clicked += clicks[slot];
  }
  return { packages, shown, clicked };
}

/**
 * Click rate of each slot over its test's own, cross-fitted by test from the headline's features. Tests differ in their
 * level for reasons that no choice of headline moves, hence the ratio.
 */
function predicted(tests: Tests, used: Uint32Array, rng: Rng): Float64Array {
  const { width, features, impressions, clicks } = tests;
  const slotsOf = (rows: Uint32Array) =>
    Array.from(rows, (i) => used[i]).flatMap((t) => Array.from({ length: width }, (_, k) => t * width + k)).filter((
      slot,
    ) => impressions[slot] > 0);
  const rowsOf = (slots: number[]) => {
    const rows = new Float64Array(slots.length * DIMENSIONS);
    slots.forEach((slot, i) => rows.set(features.subarray(slot * DIMENSIONS, (slot + 1) * DIMENSIONS), i * DIMENSIONS));
    return rows;
  };
  const out = new Float64Array(tests.count * width);
  // A resample holds some tests more than once: copies share a fold, or a test would be predicted from itself.
  crossFit({ n: used.length, rng, groups: used }, (train) => {
    const slots = slotsOf(train);
    const relative = slots.map((slot) => {
      const { shown, clicked } = totals(tests, Math.floor(slot / width));
      return clicks[slot] / impressions[slot] / (clicked / shown);
    });
    const model = fitRidgeGcv(rowsOf(slots), relative);
    return (test) => {
      const held = slotsOf(test);
      model.predict(rowsOf(held)).forEach((value, i) => out[held[i]] = value);
      return new Float64Array(test.length); // the predictions are kept by slot, in `out`
    };
  });
  return out;
}

/** What each arm takes a slot to be worth: its click rate over the rate of its test. An arm that reads no model fits none. */
const worth = {
  /** Raw clicks, as if every package had been shown equally often: what the design promised. */
  "naive": (shown: number, clicks: number, _model: () => number, all: ReturnType<typeof totals>) =>
    shown === 0 ? 0 : all.packages * clicks / all.clicked,
  "outcome-only": (_shown: number, _clicks: number, model: () => number) => model(),
  /** Realised shares of impressions as propensities. */
  "ipw": (shown: number, clicks: number, _model: () => number, all: ReturnType<typeof totals>) =>
    clicks / shown / (all.clicked / all.shown),
  /** The promised propensities, corrected by the model: right if either is. */
  "dr": (shown: number, clicks: number, model: () => number, all: ReturnType<typeof totals>) =>
    model() + all.packages * (shown / all.shown) * (clicks / shown / (all.clicked / all.shown) - model()),
};

/** What an arm takes the slots of a resample of tests to be worth, summed over the resample `[slots]`. */
function rewardsOf(
  arm: keyof typeof worth,
  tests: Tests,
  used: Uint32Array,
  model: () => Float64Array,
): Float64Array {
  const { count, width, impressions, clicks } = tests, out = new Float64Array(count * width);
  for (const test of used) {
    const all = totals(tests, test);
    if (all.clicked === 0) continue;
    for (let slot = test * width; slot < (test + 1) * width; slot++) {
      if (impressions[slot] === 0) continue;
      // A test that a resample holds twice counts twice.
      out[slot] += worth[arm](impressions[slot], clicks[slot], () => model()[slot], all) / count;
    }
  }
  return out;
}

/**
 * θ of the policy that earns the most, less λ KL to the uniform choice, a mean over tests.
 *
 * @param worth of each slot, summed over a resample and over the number of tests `[slots]`
 */
export function learnOn(
  tests: Tests,
  worth: Float64Array,
  { klWeight, learningRate, ...of }: {
    readonly klWeight: number;
    readonly learningRate: number;
    readonly arm: string;
    readonly seed: number;
  },
): Float64Array {
  const earned = expectedCost({ cost: worth.map((value) => -value), price: klWeight / tests.count });
  return descend(policiesOn(tests), [earned], { ...of, phases: [{ steps: STEPS, learningRate }] }).theta;
}

export const upworthy = question({
  id: "upworthy",
  asks: "Can headlines be chosen better after learning from weeks whose randomisation broke?",
  dataset: "upworthy",
  replicates: "resamples",
  method:
    "Tests of weeks 201325 to 201401, where impressions were not split evenly, teach a log-linear policy over the " +
    `headlines of a test (${DIMENSIONS} text dimensions); clean tests judge it by the click rate of its choice over the ` +
    "mean of the test's packages. The arms differ in what they take a headline's clicks to mean: as if shown equally " +
    "often (naive), by realised shares (IPW), by a text model (outcome only), or both with the promised shares (DR). " +
    "λ, step size and steps are fixed, the same for all arms: a third of so few tests cannot choose. Training and judging " +
    "tests are resampled.",
  arms: ["naive", "outcome-only", "ipw", "dr"],
  block: 25,
  seeds: ({ bootstraps }: CpoOptions) => Math.min(bootstraps, 100) + 1,
  shares: byCondition,
  async prepare({ store, rng }): Promise<Prepared> {
    const { tests } = await loadUpworthy(store);
    // Where the headline is the same there is nothing to choose, and without clicks nothing to choose by.
    const choosing = tests.filter(({ packages }) => new Set(packages.map((p) => p.headline)).size >= 2);
    const informative = choosing.filter(({ packages }) => packages.some((p) => p.clicks > 0));
    const leftOut = { headline: tests.length - choosing.length, clicks: choosing.length - informative.length };
    const broken = informative.filter((test) => test.randomisationBroken);
    const clean = informative.filter((test) => !test.randomisationBroken);
    const headlines = broken.flatMap(({ packages }) => packages.map((p) => p.headline));
    const training = Uint32Array.from({ length: headlines.length }, (_, i) => i);
    const vocabulary = learnVocabulary(headlines, { training, minDocuments: 3, maxTerms: 4000 });
    const svd = truncatedSvd(tfidf(headlines, vocabulary), { dimensions: DIMENSIONS, iterations: 6, rng });
    const scale = Float64Array.from(svd.singularValues, (s) => Math.sqrt(headlines.length) / s);
    const project = (texts: string[]) => svd.project(tfidf(texts, vocabulary)).map((v, i) => v * scale[i % DIMENSIONS]);
    return {
      broken: layOut(broken, project),
      clean: layOut(clean, project),
      models: new Map(),
      counts: { read: tests.length, leftOut },
    };
  },
  counts: ({ counts }) => counts,
  run({ options, arm, seeds, streams, prepared: { broken, clean, models } }) {
    const draws = streams("tests"), folds = streams("folds"), { klWeight, learningRate } = options;
    const theta = seeds.map((seed, r) => {
      const used = resampleRows(broken.count, seed, draws[r].fork("broken"));
      const model = () => madeOnce(models, seed, () => predicted(broken, used, folds[r]));
      return learnOn(broken, rewardsOf(arm, broken, used, model), { arm, seed, klWeight, learningRate });
    });
    const judged = seeds.map((seed, r) => resampleRows(clean.count, seed, draws[r].fork("clean")));
    return { uplift: theta.map((learned, r) => upliftOn(clean, judged[r], learned)) };
  },
  claims: [
    claim(
      "upworthy-uplift",
      "A policy that DR learns on broken weeks raises clicks on clean tests",
      uplift.of("dr").above(0),
      { kind: "question", source: "use on real logs, not in the paper" },
    ),
    claim("upworthy-naive", "Correcting the uneven split beats ignoring it", uplift.of("ipw").minus("naive").above(0), {
      kind: "question",
      source: "bias of the naive estimate",
      paper: "naive estimates mislead",
      note: "Within a test the uneven split has next to nothing to do with the click rate.",
    }),
  ],
  ...drawn,
});

/** Mean over tests of the policy's click rate over the mean rate of the test's packages, minus one. */
function upliftOn(tests: Tests, used: Uint32Array, theta: Float64Array): number {
  const { width, impressions, clicks } = tests, logp = lawAt(policiesOn(tests), theta);
  let gain = 0, base = 0;
  for (const test of used) {
    let value = 0, packages = 0, plain = 0;
    for (let slot = test * width; slot < (test + 1) * width; slot++) {
      if (impressions[slot] === 0) continue;
      const rate = clicks[slot] / impressions[slot];
      value += Math.exp(logp[slot]) * rate;
      plain += rate;
      packages++;
    }
    gain += value;
    base += plain / packages;
  }
  return gain / base - 1;
}

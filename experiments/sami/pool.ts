/**
 * SAMI on real texts: a policy over the released summaries of each post, asked under each writer's constitution.
 *
 * @module
 */
import { mutualInformation } from "../../lib/losses/mutual_information.ts";
import { constitutionPolicy, type Pool } from "../../lib/exact/constitution_policy.ts";
import { samiModels, samiWriters } from "../../lib/datasets/mod.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { resampleRows } from "../../lib/run/resamples.ts";
import type { Rng } from "../../lib/random.ts";
import type { BenchmarkOptions } from "./options.ts";
import * as drawn from "./text_figures.ts";
import { fitLabels, FOLDS, postFolds } from "./text_model.ts";
import { conformity, learned, poolInformation, REFERENCE, shuffled } from "./text_terms.ts";
import { DIMENSIONS, place, POOL, prepareSummaries, type SummaryTable } from "./texts.ts";
import { methods, train } from "./training.ts";

/** Resamples at most: each trains on every fold. */
const MOST_RESAMPLES = 50;

/** e(c): the two writers' constitutions are each other's opposite. */
const SIGNS = Float64Array.from(samiWriters, (_, c) => c === 0 ? 1 : -1);

function poolOf({ posts, features }: SummaryTable): Pool {
  return {
    queries: posts,
    responses: POOL,
    constitutions: samiWriters.length,
    features,
    offsets: new Float64Array(posts * POOL),
    embeddings: SIGNS,
  };
}

/** 1 where a summary was written under that writer's constitution `[X, C, POOL]`. */
function written(posts: number): Float64Array {
  const out = new Float64Array(posts * samiWriters.length * POOL);
  for (let x = 0; x < posts; x++) {
    for (const [c, writer] of samiWriters.entries()) {
      for (const model of samiModels) out[(x * samiWriters.length + c) * POOL + place(model, writer)] = 1;
    }
  }
  return out;
}

/**
 * Half the weights of a logistic model that tells the writers of the base model's summaries apart: log-odds of the two
 * constitutions are then those of the model.
 *
 * @param flip posts whose two labels change places
 */
function initialLink(
  { features }: SummaryTable,
  { training, counts, flip }: { training: readonly number[]; counts: Float64Array; flip: Uint8Array },
): Float64Array {
  const texts = training.flatMap((x) => samiWriters.map((writer, c) => ({ x, at: place("base", writer), c })));
  const rows = new Float64Array(texts.length * DIMENSIONS);
  for (const [i, { x, at }] of texts.entries()) {
    const from = (x * POOL + at) * DIMENSIONS;
    rows.set(features.subarray(from, from + DIMENSIONS), i * DIMENSIONS);
  }
  const model = fitLabels({
    features: rows,
    labels: texts.map(({ x, c }) => (c === 0) !== (flip[x] === 1) ? 1 : 0),
    weights: Float64Array.from(texts, ({ x }) => counts[x]),
  });
  return model.coefficients.map((v) => v / 2);
}

/** Where held-out probability lies, summed over posts with their counts. */
interface Held {
  conformity: number;
  others: number;
  information: number;
  kl: number;
  words: number;
  coverage: number;
  posts: number;
}

/** Share of a writer among summaries by SAMI's models and instruct, where their chances are too small for numbers. */
function shareOfOthers(logp: Float64Array, writer: string): number {
  const others = samiModels.filter((model) => model !== "base");
  const top = Math.max(...others.flatMap((model) => samiWriters.map((by) => logp[place(model, by)])));
  let own = 0, all = 0;
  for (const model of others) {
    for (const by of samiWriters) {
      const chance = Math.exp(logp[place(model, by)] - top);
      all += chance;
      if (by === writer) own += chance;
    }
  }
  return own / all;
}

/** Adds what a policy does on some posts. */
function addHeld(
  held: Held,
  { table, pool, theta, start, posts, counts }: {
    table: SummaryTable;
    pool: Pool;
    theta: Float64Array;
    start: Float64Array;
    posts: readonly number[];
    counts: Float64Array;
  },
): void {
  const policy = constitutionPolicy(pool, theta), reference = constitutionPolicy(pool, start);
  const C = samiWriters.length;
  for (const x of posts) {
    const weight = counts[x];
    held.posts += weight;
    held.information += weight * mutualInformation(samiWriters.map((_, c) => policy.row(x, c)));
    for (const [c, writer] of samiWriters.entries()) {
      const law = policy.chances(x, c), logp = policy.row(x, c), logq = reference.row(x, c);
      let own = 0, ownOthers = 0, others = 0;
      for (const model of samiModels) {
        for (const by of samiWriters) {
          const y = place(model, by), p = law[y];
          if (by === writer) own += p;
          if (model === "base") continue;
          others += p;
          if (by === writer) ownOthers += p;
        }
      }
      held.conformity += weight * own / C;
      held.others += weight * (others > 0 ? ownOthers / others : shareOfOthers(logp, writer)) / C;
      for (let y = 0; y < POOL; y++) {
        held.kl += weight * law[y] * (logp[y] - logq[y]) / C;
        held.words += weight * law[y] * table.measures[x * POOL + y].words / C;
        held.coverage += weight * law[y] * table.measures[x * POOL + y].coverage / C;
      }
    }
  }
}

/** One replicate: cross-fitted over folds of posts. */
function crossFitted(
  table: SummaryTable,
  { arm, seed, shuffled, counts, options, rng }: {
    arm: typeof REFERENCE | keyof typeof methods;
    seed: number;
    shuffled: boolean;
    counts: Float64Array;
    options: BenchmarkOptions;
    rng: Rng;
  },
) {
  const pool = poolOf(table), scores = written(table.posts), folds = postFolds(table.posts, rng.fork("folds"));
  const coins = rng.fork("flip");
  const flip = Uint8Array.from({ length: table.posts }, () => shuffled && coins.bernoulli(0.5) ? 1 : 0);
  const held: Held = { conformity: 0, others: 0, information: 0, kl: 0, words: 0, coverage: 0, posts: 0 };
  for (let fold = 0; fold < FOLDS; fold++) {
    const drawn = Array.from(counts, (_, x) => x).filter((x) => counts[x] > 0);
    const training = drawn.filter((x) => folds[x] !== fold), test = drawn.filter((x) => folds[x] === fold);
    const start = initialLink(table, { training, counts, flip });
    const theta = arm === REFERENCE ? start : train(
      methods[arm],
      {
        pool,
        start,
        steps: options.steps,
        batch: options.batch,
        rate: options.textRate,
        klWeight: 0,
        beta: options.dpoBeta,
        queries: training.flatMap((x) => Array<number>(counts[x]).fill(x)),
        constitutions: [0, 1],
        scores,
        run: { arm, seed },
      },
      rng.fork(`fold ${fold}`),
    ).at(-1)!;
    addHeld(held, { table, pool, theta, start, posts: test, counts });
  }
  const { posts, ...sums } = held;
  const average = (key: keyof typeof sums) => sums[key] / posts;
  return {
    conformity: average("conformity"),
    "conformity-others": average("others"),
    information: average("information"),
    kl: average("kl"),
    words: average("words"),
    coverage: average("coverage"),
  };
}

const TLDR = { source: "TL;DR, mistral-7b" };

export const pool = question({
  id: "pool",
  asks: "Does SAMI make a policy over real summaries conform to its constitution on held-out posts?",
  dataset: "sami",
  method:
    `Each post has ${POOL} summaries: of every model, under either writer's constitution. Policies choose among them by the ` +
    "features of the text model, asked under one writer's constitution or the other's. They start from a link learned from " +
    "the base model's summaries of training posts, or from the same with labels shuffled. SAMI sees no label after that, and learns from the likeliest responses, as in the paper. " +
    "A summary conforms when it was written under the constitution that is asked for: a fact of the data. Posts are " +
    "cross-fitted and resampled.",
  arms: [REFERENCE, "sami", "sft", "dpo"],
  block: 10,
  replicates: "resamples",
  conditions: () => [{ link: "learned" }, { link: "shuffled" }],
  seeds: ({ bootstraps }: BenchmarkOptions) => Math.min(bootstraps, MOST_RESAMPLES) + 1,
  prepare: prepareSummaries,
  counts: ({ posts }) => ({ read: posts, leftOut: {} }),
  run({ arm, condition, options, seeds, streams, prepared }) {
    const draws = streams("posts");
    return seeds.map((seed, r) => {
      const counts = new Float64Array(prepared.posts);
      // Whatever is drawn twice stays in one fold.
      for (const x of resampleRows(prepared.posts, seed, draws[r])) counts[x]++;
      const shuffled = condition.link === "shuffled", rng = draws[r].fork("training");
      return crossFitted(prepared, { arm, seed, shuffled, counts, options, rng });
    });
  },
  claims: [
    claim(
      "pool-conforms",
      "On held-out posts SAMI conforms more than the link it started from",
      conformity.of("sami", learned).minus(REFERENCE).above(0),
      { ...TLDR, paper: "win rate above 50% against the base model" },
    ),
    claim(
      "pool-information",
      "And the mutual information between constitution and summary rises",
      poolInformation.of("sami", learned).minus(REFERENCE).above(0),
      { ...TLDR, paper: "mutual information rises" },
    ),
    claim(
      "pool-sft",
      "SAMI conforms more than SFT on own samples",
      conformity.of("sami", learned).minus("sft").above(0),
      { ...TLDR, kind: "question" },
    ),
    claim(
      "pool-labels",
      "Labels buy more: DPO conforms more than SAMI, by a point or more",
      conformity.of("dpo", learned).minus("sami").above(0.01),
      { ...TLDR, kind: "question" },
    ),
    claim(
      "pool-no-link",
      "From a shuffled link SAMI gains nothing, within 2 points",
      conformity.of("sami", shuffled).minus(REFERENCE).between(-0.02, 0.02),
      { kind: "control", source: "assumption of a weak initial link", paper: "assumption" },
    ),
  ],
  ...drawn.pool,
});

/**
 * The policy-learning arms of the made worlds: how each turns one and the same sample into something to learn from.
 *
 * @module
 */
import { addMargins } from "../../lib/exact/margins.ts";
import { minimise } from "../../lib/exact/newton.ts";
import { exactLosses } from "../../lib/losses/exact.ts";
import type { Rng } from "../../lib/random.ts";
import {
  batchNormalisedMean,
  type Estimate,
  likelihood,
  linear,
  normalisedMean,
  plainMean,
  plus,
  type Rows,
  stabilisedMean,
  worstCase,
} from "./exact.ts";
import { modelRows, type Sample } from "./learning.ts";
import type { Learner } from "./training.ts";

/** Rows of the released trainer's batches. */
export const RELEASED_BATCH = 4;
/** Share of the log that fine-tuning takes for good. */
const BEST_SHARE = 0.25;
/** Ridge of the reward model, per pair: it only keeps separable pairs finite. */
const REWARD_RIDGE = 1e-3;

/** Logged rows with an advantage each. */
function logged({ log, logPropensity }: Sample, advantage: (i: number) => number): Rows {
  return { text: log.text, logLaw: logPropensity, advantage: log.outcome.map((_, i) => advantage(i)) };
}

/** Generated rows with a prediction each. */
function generated({ world, generated }: Sample, prediction: Float64Array): Rows {
  const at = (values: Float64Array) => Float64Array.from(generated, (x) => values[x]);
  return { text: generated, logLaw: at(world.logStart), advantage: at(prediction) };
}

const outcomes = (s: Sample) => logged(s, (i) => s.log.outcome[i]);
const residuals = (s: Sample, prediction: (i: number) => number) => logged(s, (i) => s.log.outcome[i] - prediction(i));
const outside = (s: Sample) => (i: number) => s.outside[s.log.text[i]];
const trained = (estimate: Estimate): Learner => ({ kind: "trained", estimate });

/** DR-CPO with the model fitted on the log itself. */
const crossFittedDr = (s: Sample) =>
  plainMean(s.world.texts, residuals(s, (i) => s.crossFitted.logged[i]), generated(s, s.crossFitted.pool));

/** How an arm learns from a sample. */
export type Learning = (sample: Sample, rng: Rng) => Learner;

/**
 * Confounding-robust: the same estimate of the improvement over f0 where the odds of every logged text may be off by Γ, in
 * the worst case (Kallus & Zhou, NeurIPS 2018, arXiv 1805.08593, with the weights of `lib/estimators/sensitivity`). Γ = 1 is DR-CPO.
 */
export const robustTo = (gamma: number): Learning => (s) =>
  trained(plus(crossFittedDr(s), worstCase(residuals(s, (i) => s.crossFitted.logged[i]), s.world.logStart, gamma)));

/** Γ of the robust arm among the others: what hides moves odds by up to twice. */
const ASSUMED = 2;

/** Each arm's learner on a sample. */
export const learners = {
  /** As if the logged texts had been drawn from f0. */
  "naive": (s) => {
    const rows = outcomes(s), logLaw = Float64Array.from(s.log.text, (x) => s.world.logStart[x]);
    return trained(plainMean(s.world.texts, { ...rows, logLaw }));
  },
  /** Likelihood of the logged texts with the best outcomes. */
  "sft-best": ({ world, log }) => {
    const best = [...log.outcome.keys()].sort((a, b) => log.outcome[b] - log.outcome[a]);
    const kept = best.slice(0, Math.ceil(BEST_SHARE * best.length)), share = new Float64Array(world.texts);
    for (const i of kept) share[log.text[i]] += 1 / kept.length;
    return trained(likelihood(share));
  },
  /** RLHF as in the paper's baseline: a reward model of random pairs with margins, and the best policy under it. */
  "reward-model": (s, rng) => ({ kind: "optimum", weights: rewardOfPairs(s, rng) }),
  "outcome-only": (s) => trained(plainMean(s.world.texts, generated(s, s.outside))),
  "outcome-only-normalised": (s) => trained(normalisedMean(generated(s, s.outside), s.world.texts)),
  "cpo": (s) => trained(plainMean(s.world.texts, outcomes(s))),
  "cpo-baseline": (s) => {
    const mean = s.log.outcome.reduce((a, b) => a + b, 0) / s.log.outcome.length;
    return trained(plainMean(s.world.texts, residuals(s, () => mean)));
  },
  "snipw": (s) => trained(normalisedMean(outcomes(s), s.world.texts)),
  /** Clipped as the released code clips. */
  "clipped": (s) => trained(stabilisedMean(outcomes(s), 0.8, 1.2)),
  /** DR-CPO with weights normalised within batches of four, as released. */
  "released": (s, rng) =>
    trained(plus(
      batchNormalisedMean(residuals(s, outside(s)), RELEASED_BATCH, 1, rng.fork("logged")),
      batchNormalisedMean(generated(s, s.outside), RELEASED_BATCH, 1, rng.fork("generated")),
    )),
  "dr-cpo": (s) => trained(plainMean(s.world.texts, residuals(s, outside(s)), generated(s, s.outside))),
  "sndr-cpo": (s) =>
    trained(plus(
      normalisedMean(residuals(s, outside(s)), s.world.texts),
      normalisedMean(generated(s, s.outside), s.world.texts),
    )),
  "dr-cpo-cross-fitted": (s) => trained(crossFittedDr(s)),
  "robust-dr-cpo": robustTo(ASSUMED),
  /** The true value: what the policy class can reach. */
  "oracle": ({ world }) => trained(linear(world.outcome)),
} as const satisfies Record<string, Learning>;

/** Id of a policy-learning arm. */
export type LearnerId = keyof typeof learners;
/** All ids, in the order of legends. */
const learnerIds = Object.keys(learners) as LearnerId[];
/** Those of a log whose propensities are right: the robust arm is for others. */
export const randomisedIds = learnerIds.filter((id) => id !== "robust-dr-cpo");

/**
 * Coefficients of a linear Bradley-Terry reward model with margin |Y1 − Y2|, fitted on as many random pairs of logged texts
 * as there are rows.
 *
 * @returns `[D]`
 */
export function rewardOfPairs({ world, log }: Sample, rng: Rng): Float64Array {
  return rewardOfRows(modelRows(world, log.text), log.outcome, rng);
}

/**
 * The same of any rows.
 *
 * @param rows features of logged texts, row-major `[n, D]`
 * @param outcome `[n]`
 * @returns `[D]`
 */
export function rewardOfRows(rows: Float64Array, outcome: ArrayLike<number>, rng: Rng): Float64Array {
  const n = outcome.length, d = rows.length / n;
  const differences = new Float64Array(n * d), margins = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const a = rng.integer(n), b = (a + 1 + rng.integer(n - 1)) % n;
    const [chosen, rejected] = outcome[a] >= outcome[b] ? [a, b] : [b, a];
    margins[i] = outcome[chosen] - outcome[rejected];
    for (let k = 0; k < d; k++) differences[i * d + k] = rows[chosen * d + k] - rows[rejected * d + k];
  }
  const loss = exactLosses["bradley-terry"].form({ margin: margins });
  const pairs = { differences, weights: new Float64Array(n).fill(1 / n) };
  const { at } = minimise(new Float64Array(d), (w, out) => {
    out.value = 0;
    out.hessian.fill(0);
    for (let k = 0; k < d; k++) {
      out.value += REWARD_RIDGE / 2 * w[k] * w[k];
      out.gradient[k] = REWARD_RIDGE * w[k];
      out.hessian[k * d + k] = REWARD_RIDGE;
    }
    addMargins(pairs, loss, w, out);
  }, 1e-9);
  return at;
}

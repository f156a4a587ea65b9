/**
 * Exact measures of a learned policy: as trained, and at budgets of KL that every method spends alike.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import { scaledTo } from "../../lib/exact/kl_budget.ts";
import { expectation, lawAt, meanKl } from "../../lib/exact/laws.ts";
import { calibrationError } from "../../lib/statistics/calibration.ts";
import { pairChance, type Population } from "../../lib/worlds/population.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import type { PopulationOptions } from "./options.ts";
import type { Sample } from "./samples.ts";

/** Shares and multiples of the budget at which the frontier is measured. */
export const FRONTIER = [0.1, 0.25, 0.5, 1, 1.5];
/** Groups of prompts; prompts belong to them in turn. */
const TOPICS = 3;

/** Name of the metric of the frontier at a share of the budget. */
export const frontierMetric = (share: number): string => `value-at-${share}`;

/** The worst of several groups of prompts: mean value in it. */
function worstTopic({ quality, responses }: Population, logp: Float64Array): number {
  const sums = new Float64Array(TOPICS), counts = new Float64Array(TOPICS);
  for (let i = 0; i < logp.length; i++) {
    const topic = Math.floor(i / responses) % TOPICS;
    sums[topic] += Math.exp(logp[i]) * quality[i];
    counts[topic] += 1 / responses;
  }
  return Math.min(...sums.map((sum, t) => sum / counts[t]));
}

/** How the implicit reward τ log(π/π0) goes with the true quality, within prompts and weighed by π0. */
function calibration({ world }: Sample, logp: Float64Array, tau: number) {
  const { logStart, responses, quality, utilities } = world, start = logStart.map(Math.exp);
  const implicit = logp.map((l, i) => tau * (l - logStart[i]));
  let [rr, rq, qq] = [0, 0, 0];
  const predicted: number[] = [], truth: number[] = [], weight: number[] = [];
  const wins = (table: Float64Array, i: number, j: number) => sigmoid(table[i] - table[j]);
  for (let first = 0; first < logp.length; first += responses) {
    let mean = 0;
    for (let i = first; i < first + responses; i++) mean += start[i] * implicit[i];
    for (let i = first; i < first + responses; i++) {
      rr += start[i] * (implicit[i] - mean) ** 2;
      rq += start[i] * (implicit[i] - mean) * quality[i]; // quality has mean 0 under π0
      qq += start[i] * quality[i] ** 2;
      for (let j = i + 1; j < first + responses; j++) {
        // Both orders: a prediction of p is one of 1 − p as well.
        for (const [a, b] of [[i, j], [j, i]]) {
          predicted.push(wins(implicit, a, b));
          truth.push((wins(utilities[0], a, b) + wins(utilities[1], a, b)) / 2);
          weight.push(pairChance(start, first, i - first, j - first));
        }
      }
    }
  }
  // A policy at π0 has no implicit reward: correlation and slope 0.
  return {
    "reward-slope": rq / qq,
    "reward-correlation": rr > 0 ? rq / Math.sqrt(rr * qq) : 0,
    "calibration-error": calibrationError(predicted, truth, weight),
  };
}

/** All measures of one policy. */
export function measure(
  sample: Sample,
  theta: Float64Array,
  { tau, budget }: PopulationOptions,
): Record<string, number> {
  const { world, space, bestValue } = sample, { responses, quality, logStart } = world;
  const native = lawAt(space, theta);
  const target = logSoftmaxRows(logStart.map((l, i) => l + quality[i] / tau), responses);
  const { logp, scale } = scaledTo(space, theta, budget);
  const value = expectation(logp, quality, responses), kl = meanKl(native, logStart, responses);
  const trained = expectation(native, quality, responses);
  const frontier = FRONTIER.filter((share) => share !== 1).map((share): [string, number] => [
    frontierMetric(share),
    expectation(scaledTo(space, theta, share * budget).logp, quality, responses),
  ]);
  return {
    value,
    regret: bestValue - value,
    "worst-type": Math.min(...world.utilities.map((table) => expectation(logp, table, responses))),
    "worst-topic": worstTopic(world, logp),
    entropy: -expectation(logp, logp, responses),
    "kl-to-target": meanKl(logp, target, responses),
    "kl-spent": meanKl(logp, logStart, responses),
    scale,
    ...Object.fromEntries(frontier),
    "value-as-trained": trained,
    "kl-as-trained": kl,
    "entropy-as-trained": -expectation(native, native, responses),
    "kl-to-target-as-trained": meanKl(native, target, responses),
    "objective-as-trained": trained - tau * kl,
    ...calibration(sample, native, tau),
  };
}

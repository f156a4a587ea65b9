/**
 * One log in every native form, as what terms of log-probs read: weights of pairs and of texts, coefficients of a law.
 *
 * Units that show a loss the same texts are one with a weight, so that no step of training grows with their number.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import { type PairForm, pairShares, places } from "./batch.ts";
import { logShownTo } from "./record.ts";
import type { Sample } from "./samples.ts";

/** Kinds of pairs, the winner first, with their shares of the units. */
interface Pairs {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly weight: Float64Array;
}

/** Pairs of log-probs. */
export function pairsOf(sample: Sample, form: PairForm): Pairs {
  return { ...places(sample), weight: pairShares(sample, form) };
}

/** Pairs of log-ratios to π0. */
export function ratiosOf(sample: Sample, form: PairForm): Pairs & { readonly reference: Float64Array } {
  return { ...pairsOf(sample, form), reference: sample.world.logStart };
}

/** R(first) − R(second) of each kind of pair by the reward model of the log, times a scale. */
export function gapsOf(sample: Sample, scale: number): Float64Array {
  const { table } = sample.reward(), { first, second } = places(sample);
  return Float64Array.from(first, (a, i) => scale * (table[a] - table[second[i]]));
}

/** Chance that the first of each kind of pair is preferred, by the reward model of the log. */
export function chancesOf(sample: Sample): Float64Array {
  return gapsOf(sample, 1).map(sigmoid);
}

/** Shares of texts that are raised: the winners of pairs. */
export function winnersOf(sample: Sample) {
  const { first, weight } = pairsOf(sample, "preferences"), desirable = new Float64Array(sample.world.logStart.length);
  weight.forEach((w, i) => desirable[first[i]] += w);
  return { desirable, undesirable: desirable.map(() => 0), reference: sample.world.logStart };
}

/** Thumbs: single responses, up where the reaction was above the mean reaction to π0. */
export function thumbsOf({ world, log }: Sample) {
  const [desirable, undesirable] = [0, 1].map(() => new Float64Array(world.logStart.length)), n = log.prompt.length;
  for (let i = 0; i < n; i++) {
    (log.outcome[i] > 0 ? desirable : undesirable)[log.prompt[i] * world.responses + log.first[i]] += 1 / n;
  }
  return { desirable, undesirable, reference: world.logStart };
}

/**
 * Minus the mean weighted outcome, or residual, of the log as coefficients of π `[X·A]`.
 *
 * @param propensity given what the platform recorded of the type, or its mean over types
 * @param prediction taken off each unit's outcome `[n]`
 */
export function loggedCost(
  { world, log, record }: Sample,
  propensity: "recorded" | "marginal",
  prediction?: Float64Array,
): Float64Array {
  const laws = logShownTo(world, propensity === "marginal" ? 0 : record.correlation), n = log.prompt.length;
  const cost = new Float64Array(world.logStart.length);
  for (let i = 0; i < n; i++) {
    const cell = log.prompt[i] * world.responses + log.first[i];
    const residual = log.outcome[i] - (prediction?.[i] ?? 0);
    cost[cell] -= residual * Math.exp(-laws[Number(record.sign[i] > 0)][cell]) / n;
  }
  return cost;
}

/** Minus the mean over prompts of a table of rewards under π, as coefficients `[X·A]`. */
export function meanCost({ world }: Sample, table: Float64Array): Float64Array {
  return table.map((reward) => -reward / world.prompts);
}

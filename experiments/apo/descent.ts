/**
 * Trains a log-linear policy on preference pairs by mini-batches, with the gradient written out.
 *
 * @module
 */
import { adam, checkBounded, sgd } from "../../lib/exact/descent.ts";
import { LawTable } from "../../lib/exact/law_table.ts";
import { dimensionsOf, groupsOf, type Law, type LawClass, lawOf, score } from "../../lib/exact/laws.ts";
import type { PairLoss } from "../../lib/exact/loss_forms.ts";
import type { Rng } from "../../lib/random.ts";

/** Preference pairs as indices into all candidates `[n]` each. */
export interface Pairs {
  /** Group whose law both responses are read from. */
  readonly group: Uint32Array;
  readonly chosen: Uint32Array;
  readonly rejected: Uint32Array;
}

/** How steps are taken: plain stochastic gradient descent, or Adam. */
export const optimisers = ["SGD", "Adam"] as const;
/** Name of an optimiser. */
export type Optimiser = typeof optimisers[number];

/** What training takes. */
interface Training {
  readonly optimiser: Optimiser;
  readonly learningRate: number;
  /** Passes over the pairs. */
  readonly epochs: number;
  /** Pairs of a step. */
  readonly batch: number;
  /** Order of the pairs in each pass. */
  readonly order: Rng;
  /** What is trained, and on what: named where θ runs away. */
  readonly run: { readonly arm: string; readonly seed: number; readonly on: string };
}

/** A training run. */
export interface Descent {
  /** θ before training and after each epoch, `[epochs + 1][D]`. */
  readonly checkpoints: readonly Float64Array[];
  /** Euclidean norm of the gradient over all pairs at the end. */
  readonly gradientNorm: number;
}

/** Log-ratios of a pair to the reference in nats: chosen, then rejected. */
export function logRatiosOf(
  candidates: LawClass,
  theta: Float64Array,
  { chosen, rejected }: Pairs,
  i: number,
  { logNormaliser }: Law,
): [number, number] {
  return [score(candidates, theta, chosen[i]) - logNormaliser, score(candidates, theta, rejected[i]) - logNormaliser];
}

/**
 * Gradient of the mean loss over some pairs; KTO's reference point is the exact mean KL of their groups.
 *
 * @param room for laws, which calls may share
 */
export function gradientOf(
  candidates: LawClass,
  theta: Float64Array,
  pairs: Pairs,
  which: ArrayLike<number>,
  loss: PairLoss,
  room: Law[] = [],
): Float64Array {
  const { features } = candidates, dimensions = theta.length, n = which.length;
  const laws: Law[] = [];
  let kl = 0, used = 0;
  for (let j = 0; j < n; j++) {
    const group = pairs.group[which[j]];
    if (j === 0 || group !== pairs.group[which[j - 1]]) {
      laws.push(room[used] = lawOf(candidates, theta, group, room[used]));
      used++;
    } else laws.push(laws[j - 1]);
    kl += laws[j].kl;
  }
  const gradient = new Float64Array(dimensions), out = new Float64Array(3);
  for (let j = 0; j < n; j++) {
    const i = which[j], { mean } = laws[j];
    const [ratioChosen, ratioRejected] = logRatiosOf(candidates, theta, pairs, i, laws[j]);
    loss(ratioChosen, ratioRejected, kl / n, i, out);
    const chosen = out[1], rejected = out[2];
    const w = pairs.chosen[i] * dimensions, l = pairs.rejected[i] * dimensions;
    for (let k = 0; k < dimensions; k++) {
      gradient[k] += (chosen * (features[w + k] - mean[k]) + rejected * (features[l + k] - mean[k])) / n;
    }
  }
  return gradient;
}

/**
 * The same of all pairs, for trainings that take it again and again: all laws at once.
 *
 * @returns the gradient at a θ, in room that calls share
 */
export function wholeGradient(
  candidates: LawClass,
  { group, chosen, rejected }: Pairs,
  loss: PairLoss,
): (theta: Float64Array) => Float64Array {
  const { responses } = candidates, n = chosen.length, groups = [...new Set(group)];
  const part = groupsOf(candidates, groups), laws = new LawTable(part), { logp, chances, slopes } = laws;
  const placeOf = new Map(groups.map((g, i) => [g, i])), place = Uint32Array.from(group, (g) => placeOf.get(g)!);
  const own = (row: number, i: number) => row + (place[i] - group[i]) * responses;
  const [won, lost] = [chosen, rejected].map((rows) => rows.map(own)), kls = new Float64Array(groups.length);
  const gradient = new Float64Array(dimensionsOf(candidates)), out = new Float64Array(3);
  const ratio = (row: number) => logp[row] - part.logStart[row];
  return (theta) => {
    laws.at(theta);
    for (let g = 0, row = 0; g < kls.length; g++) {
      kls[g] = 0;
      for (const end = row + responses; row < end; row++) kls[g] += chances[row] * ratio(row);
    }
    let kl = 0;
    // Rounding must not take one below 0.
    for (let i = 0; i < n; i++) kl += Math.max(0, kls[place[i]]);
    for (let i = 0; i < n; i++) {
      loss(ratio(won[i]), ratio(lost[i]), kl / n, i, out);
      slopes[won[i]] += out[1] / n;
      slopes[lost[i]] += out[2] / n;
    }
    return laws.gradient(gradient);
  };
}

/**
 * Trains from θ = 0.
 *
 * @throws DivergenceError naming arm, seed and step when θ runs away
 */
export function descend(candidates: LawClass, pairs: Pairs, loss: PairLoss, training: Training): Descent {
  const { optimiser, learningRate, epochs, batch, order, run: { arm, seed, on } } = training;
  const n = pairs.chosen.length, nameOf = (k: number) => `weight ${k}, on ${on},`;
  const theta = new Float64Array(dimensionsOf(candidates));
  const move = optimiser === "Adam" ? adam(theta, learningRate) : sgd(theta, learningRate);
  const checkpoints = [theta.slice()], room: Law[] = [];
  const whole = batch >= n ? wholeGradient(candidates, pairs, loss) : undefined;
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    // No order changes a gradient over all pairs.
    const shuffled = whole ? new Uint32Array(n) : order.permutation(n);
    for (let start = 0; start < n; start += batch) {
      move(whole?.(theta) ?? gradientOf(candidates, theta, pairs, shuffled.subarray(start, start + batch), loss, room));
      checkBounded(theta, nameOf, { arm, seed, step: step++ });
    }
    checkpoints.push(theta.slice());
  }
  const all = Uint32Array.from({ length: n }, (_, i) => i);
  const gradientNorm = Math.hypot(...whole?.(theta) ?? gradientOf(candidates, theta, pairs, all, loss, room));
  return { checkpoints, gradientNorm };
}

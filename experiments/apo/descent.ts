/**
 * Trains a log-linear policy on preference pairs by mini-batches, with the gradient written out.
 *
 * @module
 */
import { adam, checkBounded, sgd } from "../../lib/exact/descent.ts";
import { dimensionsOf, type Law, type LawClass, lawOf, score } from "../../lib/exact/laws.ts";
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
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const shuffled = order.permutation(n);
    for (let start = 0; start < n; start += batch) {
      move(gradientOf(candidates, theta, pairs, shuffled.subarray(start, start + batch), loss, room));
      checkBounded(theta, nameOf, { arm, seed, step: step++ });
    }
    checkpoints.push(theta.slice());
  }
  const all = Uint32Array.from({ length: n }, (_, i) => i);
  const gradientNorm = Math.hypot(...gradientOf(candidates, theta, pairs, all, loss, room));
  return { checkpoints, gradientNorm };
}

/**
 * What log-linear laws are trained on, as terms that add up: losses of pairs, losses of responses, and expectations under the
 * laws themselves. A term is a function of the texts' log-probs alone, and adds its slopes in them.
 *
 * Units that show a loss the same texts are one with a weight, so that no step grows with the number of units.
 *
 * @module
 */
import type { Room } from "./kernels/room.ts";
import type { AddSlopes, LawTable } from "./law_table.ts";
import type { LogisticForm, MarginLoss, PairLoss, ResponseLoss } from "./loss_forms.ts";

/** Takes what room it needs, and is given the laws once they are there. */
export type Term = (room: Room) => (laws: LawTable) => AddSlopes;

/** Pairs of texts with weights. */
interface Pairs {
  /** Row of the first, the chosen text of each pair `[n]`. */
  readonly first: Uint32Array;
  /** Row of the other `[n]`. */
  readonly second: Uint32Array;
  /** What its loss is multiplied by `[n]`; a pair of weight 0 is left out. */
  readonly weight: Float64Array;
  /** What log-probs are taken less, in nats `[X, A]`; absent for losses of the log-probs themselves. */
  readonly reference?: Float64Array;
}

/** Places of the pairs that count. */
function counting(weight: Float64Array): Uint32Array {
  const all = new Uint32Array(weight.length);
  let count = 0;
  for (let i = 0; i < weight.length; i++) if (weight[i] !== 0) all[count++] = i;
  return all.subarray(0, count);
}

/**
 * Σ_i w_i ℓ(d_i), d the log-ratio of the first text less that of the second.
 *
 * @example DPO at π0 raises the chosen text
 * ```ts
 * import { exactDpo } from "../losses/exact_margins.ts";
 * import { descend } from "./law_descent.ts";
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const pair = { first: Uint32Array.of(0), second: Uint32Array.of(1), weight: Float64Array.of(1) };
 * const one = { arm: "dpo", seed: 0, phases: [{ steps: 1, learningRate: 0.1 }] };
 * assert.ok(Math.abs(descend(even, [marginTerm(pair, exactDpo({ beta: 1 }))], one).theta[0] - 0.1) < 1e-8);
 * ```
 */
export function marginTerm(pairs: Pairs, loss: MarginLoss): Term {
  if (loss.logistic) return logisticTerm(pairs, loss.logistic);
  const one = new Float64Array(3);
  return pairTerm(pairs, (chosen, rejected, _, i, out) => {
    loss(chosen - rejected, i, one);
    out[1] = one[1];
    out[2] = -one[1];
  });
}

function logisticTerm({ first, second, weight, reference }: Pairs, { scale, against, shift }: LogisticForm): Term {
  const some = counting(weight), even = some.length + some.length % 2, index = new Int32Array(2 * even);
  const [weights, againsts, shifts] = [0, 1, 2].map(() => new Float64Array(even));
  for (let k = 0; k < some.length; k++) {
    const i = some[k], a = index[2 * k] = first[i], b = index[2 * k + 1] = second[i];
    weights[k] = weight[i];
    againsts[k] = against(i);
    shifts[k] = shift(i) + (reference ? scale * (reference[a] - reference[b]) : 0);
  }
  return (room) => {
    const at = room.put(index), [w, c, m] = [weights, againsts, shifts].map((values) => room.put(values));
    const work = room.take(even);
    return ({ kernels, places: { logp, slopes } }) => () =>
      kernels.logisticSlopes(even, scale, at, logp, w, c, m, work, slopes);
  };
}

/**
 * Σ_i w_i ℓ(lr_first, lr_second), of log-ratios or log-probs.
 */
export function pairTerm({ first, second, weight, reference }: Pairs, loss: PairLoss): Term {
  const some = counting(weight), one = new Float64Array(3);
  return () => ({ logp, slopes }) => () => {
    for (let k = 0; k < some.length; k++) {
      const i = some[k], a = first[i], b = second[i], w = weight[i];
      if (reference) loss(logp[a] - reference[a], logp[b] - reference[b], 0, i, one);
      else loss(logp[a], logp[b], 0, i, one);
      slopes[a] += w * one[1];
      slopes[b] += w * one[2];
    }
  };
}

/** Weights of texts as desirable ones and as others. */
interface Judged {
  /** What the loss of each text as a desirable one is multiplied by `[X, A]`. */
  readonly desirable: Float64Array;
  /** The same as an undesirable one `[X, A]`. */
  readonly undesirable: Float64Array;
  /** What log-probs are taken less, in nats `[X, A]`. */
  readonly reference: Float64Array;
}

/**
 * Σ_a u_a ℓ(lr_a, desirable) + v_a ℓ(lr_a, undesirable) over all texts.
 *
 * @param referencePoint KTO's z0 at the laws of a step, in nats
 */
export function responseTerm(
  { desirable, undesirable, reference }: Judged,
  loss: ResponseLoss,
  referencePoint: (laws: LawTable) => number = () => 0,
): Term {
  const one = new Float64Array(3);
  return () => (laws) => () => {
    const { logp, slopes } = laws, z0 = referencePoint(laws);
    for (let a = 0; a < logp.length; a++) {
      for (const label of [true, false]) {
        const weight = label ? desirable[a] : undesirable[a];
        if (weight === 0) continue;
        loss(logp[a] - reference[a], label, z0, one);
        slopes[a] += weight * one[1];
      }
    }
  };
}

/**
 * Σ_x Σ_a π (cost + price·(log π − base)): minus an expected reward, plus the price of KL to a law or of negative entropy.
 * The loss by inverse propensities is of this form as well, its coefficients summed for each text.
 *
 * @param cost `[X, A]`
 * @param price of a nat, weighed as `cost` is
 * @param base log of the law that KL is taken to, in nats `[X, A]`; absent for π0
 */
export function expectedCost({ cost, price, base }: {
  readonly cost: Float64Array;
  readonly price: number;
  readonly base?: Float64Array;
}): Term {
  return (room) => {
    const costs = room.put(padded(cost)), bases = base && room.put(padded(base));
    return ({ kernels, padded, places: { chances, logp, slopes, start } }) => () =>
      kernels.tilt(padded, price, chances, logp, costs, bases ?? start, slopes);
  };
}

/** To whole panels of eight. */
function padded(values: Float64Array): Float64Array {
  const out = new Float64Array(8 * Math.ceil(values.length / 8));
  out.set(values);
  return out;
}

/**
 * Mean KL(π ‖ π0) over groups, in nats: KTO's reference point where laws can be enumerated.
 *
 * @param reference log π0 `[X, A]`
 * @param groups X
 */
export function meanKlOf({ logp, chances }: LawTable, reference: Float64Array, groups: number): number {
  let sum = 0;
  for (let a = 0; a < logp.length; a++) sum += chances[a] * (logp[a] - reference[a]);
  return Math.max(0, sum / groups);
}

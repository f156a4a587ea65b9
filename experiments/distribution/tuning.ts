/**
 * Tuning b: by a rule that a user could apply, and on the truth, which bounds what any rule can do.
 *
 * RLHF and reverse KL each have a line of policies, γ log π = base + t·direction, one point for each b:
 *
 *     RLHF         log π0 + R̂/b                         t = γ/b
 *     reverse KL   w log π0 + (1 − w) R̂/γ               t = w = b/(b + γ), so that t = 0 is b = 0
 *
 * Both rules minimise a convex function of t, and both are the same for the two.
 *
 * @module
 */
import { binomial } from "../../lib/tensor/binomial.ts";
import type { Rng } from "../../lib/random.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { comparedIn, likelihood } from "./fits.ts";
import type { PreferenceWorld } from "../../lib/worlds/preferences.ts";

/** Parts of the comparisons, each held out once. */
export const FOLDS = 5;

/** Policies π ∝ exp((base + t·direction)/γ) for t in [0, high]; tables `[X, A]` of γ log π. */
export interface Line {
  readonly base: Float64Array;
  readonly direction: Float64Array;
  readonly high: number;
}

/** RLHF's policies; t = γ/b, at most 64. */
export function rlhfLine(logStart: Float64Array, reward: Float64Array, gamma: number): Line {
  return { base: logStart.map((v) => gamma * v), direction: reward, high: 64 };
}

/** Policies of reverse KL; t = b/(b + γ). */
export function reverseKlLine(logStart: Float64Array, reward: Float64Array, gamma: number): Line {
  return { base: reward, direction: logStart.map((v, i) => gamma * v - reward[i]), high: 1 };
}

/** log π `[X, A]` at a point of a line. */
export function policyAt({ base, direction }: Line, t: number, gamma: number, actions: number): Float64Array {
  return logSoftmaxRows(base.map((v, i) => (v + t * direction[i]) / gamma), actions);
}

/** Where a convex function with this slope and curvature is least: Newton steps in a bracket, bisection where they leave it. */
function leastOn(high: number, at: (t: number) => { slope: number; curvature: number }): number {
  let low = 0, top = high, t = high / 2;
  if (at(low).slope >= 0) return low;
  if (at(top).slope <= 0) return top;
  while (top - low > 1e-14 * (1 + top)) {
    const { slope, curvature } = at(t);
    if (slope < 0) low = t;
    else top = t;
    const step = t - slope / curvature;
    if (Math.abs(step - t) <= 1e-14 * (1 + t)) break;
    t = step > low && step < top ? step : (low + top) / 2;
  }
  return t;
}

/** A reward model's line with comparisons that it was not fitted to `[X, A, A]`. */
export interface HeldOut {
  readonly line: Line;
  readonly counts: Float64Array;
}

/**
 * The t at which the preference model σ(γ log π(a) − γ log π(b)) gives held-out comparisons the greatest likelihood, all
 * folds together. It needs comparisons alone.
 */
export function tuneOnComparisons(folds: readonly HeldOut[], actions: number): number {
  const held = folds.map(({ line: { base, direction }, counts }) => {
    const pairs = Array.from({ length: base.length / actions }, (_, x) => comparedIn(counts, actions, x, "pairs"))
      .flat();
    return { base, direction, pairs, loss: likelihood(counts, actions, 1) };
  });
  const out = new Float64Array(3);
  return leastOn(folds[0].line.high, (t) => {
    let slope = 0, curvature = 0;
    for (const { base, direction, pairs, loss } of held) {
      for (const { first: i, second: j, cell, count } of pairs) {
        const turn = direction[i] - direction[j];
        loss(base[i] - base[j] + t * turn, cell, out);
        slope += turn * count * out[1];
        curvature += turn * turn * count * out[2];
      }
    }
    return { slope, curvature };
  });
}

/** The t at which the policy is nearest to π* in forward KL: no one can know it outside a made world. */
export function tuneOnTruth(world: PreferenceWorld, line: Line, gamma: number): number {
  const { actions, logTarget } = world;
  let wanted = 0;
  for (let i = 0; i < logTarget.length; i++) wanted += Math.exp(logTarget[i]) * line.direction[i];
  return leastOn(line.high, (t) => {
    const logp = policyAt(line, t, gamma, actions);
    let slope = -wanted, curvature = 0;
    for (let first = 0; first < logp.length; first += actions) {
      let sum = 0, squares = 0;
      for (let i = first; i < first + actions; i++) {
        const p = Math.exp(logp[i]), d = line.direction[i];
        sum += p * d;
        squares += p * d * d;
      }
      slope += sum;
      curvature += (squares - sum * sum) / gamma;
    }
    return { slope, curvature };
  });
}

/** Each comparison to a fold by chance: {@linkcode FOLDS} count tables `[X, A, A]` that add up to `counts`. */
export function splitCounts(counts: Float64Array, rng: Rng): Float64Array[] {
  const folds = Array.from({ length: FOLDS }, () => new Float64Array(counts.length));
  counts.forEach((count, cell) => {
    let left = count;
    for (let k = 0; k < FOLDS && left > 0; k++) {
      const drawn = k === FOLDS - 1 ? left : binomial(left, 1 / (FOLDS - k), rng);
      folds[k][cell] = drawn;
      left -= drawn;
    }
  });
  return folds;
}

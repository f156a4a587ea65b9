/**
 * One leader's step: a log-linear policy fitted to labelled pairs, near where it stands, by Newton steps in float64.
 *
 * @module
 */
import { follower } from "../../lib/losses/follower.ts";
import { minimise, type Quadratic } from "../../lib/training/newton.ts";
import {
  dpoLoss,
  ipoLoss,
  marginLeader,
  type PairLoss,
  probabilityLeader,
  robustLoss,
  sigmoid,
} from "./pair_losses.ts";

/** Labelled pairs as differences of features, chosen − rejected. */
export interface LabelledPairs {
  /** `[N, D]`, row-major. */
  readonly differences: Float64Array;
  /** Weight of each pair `[N]`; 1 unless given. */
  readonly weights?: Float64Array;
}

/** What the leader minimises: DPO's loss, one of its rivals, or a game against a follower of radius ε. */
export type LeaderLoss = "dpo" | "robust" | "ipo" | "margin" | "probability";

/** Numbers that the losses need. */
export interface LossSettings {
  /** ε, the follower's radius: in margins or in probabilities. */
  readonly epsilon: number;
  /** How far the margin window reaches below the lowest margin. */
  readonly tau: number;
  /** Lower end of the support in probability space. */
  readonly floor: number;
  /** Rate of flips that robust DPO assumes. */
  readonly smoothing: number;
  /** τ of IPO. */
  readonly ipoTau: number;
  readonly beta: number;
}

/** θ with what is left of the gradient. */
export interface Fitted {
  /** `[D]`. */
  readonly theta: Float64Array;
  /** Largest absolute entry of the gradient of the mean loss. */
  readonly gradientNorm: number;
}

/** θ·x of each row `[N]`. */
export function marginsOf(differences: Float64Array, theta: Float64Array): Float64Array {
  const d = theta.length, out = new Float64Array(differences.length / d);
  for (let i = 0, at = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += differences[at++] * theta[k];
    out[i] = sum;
  }
  return out;
}

/**
 * The leader's loss at the follower's answer to the margins as they are. A window of its own, where one is given, reaches
 * that far down; otherwise τ below the lowest margin.
 */
export function lossAt(
  kind: LeaderLoss,
  margins: Float64Array,
  settings: LossSettings,
  options: { readonly masses?: Float64Array; readonly window?: number } = {},
): PairLoss {
  const { epsilon: radius, tau, floor, smoothing, ipoTau, beta } = settings, { masses, window } = options;
  switch (kind) {
    case "dpo":
      return dpoLoss;
    case "robust":
      return robustLoss(smoothing);
    case "ipo":
      return ipoLoss(ipoTau, beta);
    case "margin": {
      const lo = window ?? margins.reduce((a, b) => Math.min(a, b)) - tau;
      return marginLeader(follower(margins, { radius, lo, masses }));
    }
    case "probability": {
      const points = margins.map((xi) => Math.max(sigmoid(xi), floor));
      return probabilityLeader(follower(points, { radius, lo: floor, masses }));
    }
  }
}

/**
 * Minimises the mean loss of the pairs plus (λ/2)|θ − θ_t|², the paper's proximal leader, from θ_t.
 *
 * @param start θ_t `[D]`
 * @param proximal λ, >= 0
 */
export function fitPairs(
  { differences, weights }: LabelledPairs,
  loss: PairLoss,
  { start, proximal }: { readonly start: Float64Array; readonly proximal: number },
): Fitted {
  const d = start.length, n = differences.length / d;
  const total = weights ? weights.reduce((a, b) => a + b, 0) : n;
  const out = new Float64Array(3), row = new Float64Array(d);
  const evaluate = (theta: Float64Array, here: Quadratic): void => {
    const { gradient, hessian } = here;
    gradient.fill(0);
    hessian.fill(0);
    let value = 0;
    for (let i = 0, at = 0; i < n; i++) {
      let margin = 0;
      for (let k = 0; k < d; k++) {
        row[k] = differences[at++];
        margin += row[k] * theta[k];
      }
      loss(margin, i, out);
      const share = (weights ? weights[i] : 1) / total;
      value += share * out[0];
      const slope = share * out[1], bend = share * out[2];
      for (let k = 0; k < d; k++) {
        if (row[k] === 0) continue; // pairs with a margin of their own
        gradient[k] += slope * row[k];
        const scaled = bend * row[k], line = k * d;
        for (let l = 0; l <= k; l++) hessian[line + l] += scaled * row[l];
      }
    }
    for (let k = 0; k < d; k++) {
      const away = theta[k] - start[k];
      value += proximal * away * away / 2;
      gradient[k] += proximal * away;
      hessian[k * d + k] += proximal;
      for (let l = 0; l < k; l++) hessian[l * d + k] = hessian[k * d + l];
    }
    here.value = value;
  };
  const { at, gradientNorm } = minimise(start, evaluate, 1e-10);
  return { theta: at, gradientNorm };
}

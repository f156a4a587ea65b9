/**
 * One leader's step: a log-linear policy fitted to labelled pairs, near where it stands, by Newton steps in float64.
 *
 * @module
 */
import { sigmoid, softplus } from "../../lib/exact/logistic.ts";
import type { MarginLoss } from "../../lib/exact/loss_forms.ts";
import { exactLosses } from "../../lib/losses/exact.ts";
import type { BestResponse } from "../../lib/losses/best_response.ts";
import { follower } from "../../lib/losses/follower.ts";
import { groupedFollower } from "../../lib/losses/program.ts";
import { MarginSample } from "../../lib/exact/margin_sample.ts";
import { addMargins } from "../../lib/exact/margins.ts";
import { minimise, type Quadratic } from "../../lib/exact/newton.ts";
import { clampedLeader, dpoLoss, ipoLoss, refinedLoss } from "./pair_losses.ts";

/** Labelled pairs as differences of features, chosen − rejected. */
export interface LabelledPairs {
  /** `[N, D]`, row-major. */
  readonly differences: Float64Array;
  /** Weight of each pair `[N]`; 1 unless given. */
  readonly weights?: Float64Array;
}

/** What the leader minimises: DPO's loss, one of its rivals, or a game against a follower of radius ε. */
export type LeaderLoss = "dpo" | "robust" | "ipo" | "refined" | GameLoss;

/** The games: in margins, in probabilities with a floor, and in probabilities as released. */
type GameLoss = "margin" | "probability" | "clamp";

/** Whether a loss has a follower. */
export const isGame = (loss: LeaderLoss): loss is GameLoss =>
  loss === "margin" || loss === "probability" || loss === "clamp";

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
  /** Share of the pairs, those with the lowest margins, whose labels SPA refines. */
  readonly refinedShare: number;
  /** How much of such a label SPA gives to the other side. */
  readonly refinedSmoothing: number;
  readonly beta: number;
  /** Pairs of a follower's group; all at once unless given. */
  readonly group?: number;
}

/** θ with what is left of the gradient. */
export interface Fitted {
  /** `[D]`. */
  readonly theta: Float64Array;
  /** Largest absolute entry of the gradient of the mean loss. */
  readonly gradientNorm: number;
}

/** What a follower sees at its turn, and what the leader makes of an answer. */
interface Turn {
  /** Points of the game's space, none below `lo` `[N]`. */
  readonly points: Float64Array;
  readonly lo: number;
  /** The loss of a point. */
  readonly loss: (point: number) => number;
  readonly leader: (response: BestResponse) => MarginLoss;
}

/** A game at the margins as they are; its window ends at `window` or, unless given, τ below the lowest margin. */
export function turnOf(kind: GameLoss, margins: Float64Array, { tau, floor }: LossSettings, window?: number): Turn {
  if (kind === "margin") {
    const lo = window ?? margins.reduce((a, b) => Math.min(a, b)) - tau;
    return {
      points: margins.map((xi) => Math.max(xi, lo)),
      lo,
      loss: (xi) => softplus(-xi),
      leader: (response) => exactLosses["stackelberg-margin"].form({ beta: 1, ...response }),
    };
  }
  const lo = kind === "clamp" ? 0 : floor;
  return {
    points: margins.map((xi) => Math.max(sigmoid(xi), lo)),
    lo,
    loss: (v) => -Math.log(v),
    leader: kind === "clamp"
      ? clampedLeader
      : (response) => exactLosses["stackelberg-probability"].form({ beta: 1, floor, ...response }),
  };
}

/** The pairs with the lowest margins, a share of all of them: 1 where a pair is one. */
function lowest(margins: Float64Array, share: number): Uint8Array {
  const count = Math.floor(share * margins.length), order = Array.from(margins.keys());
  const unsure = new Uint8Array(margins.length);
  for (const i of order.sort((i, j) => margins[i] - margins[j] || i - j).slice(0, count)) unsure[i] = 1;
  return unsure;
}

/**
 * The leader's loss at the follower's answer to the margins as they are, in groups where a group's size is set; the margin
 * window ends τ below the lowest margin.
 */
export function lossAt(kind: LeaderLoss, margins: Float64Array, settings: LossSettings): MarginLoss {
  const { epsilon: radius, smoothing, ipoTau, beta, group } = settings;
  switch (kind) {
    case "dpo":
      return dpoLoss;
    case "robust":
      return exactLosses["robust-dpo"].form({ beta: 1, labelSmoothing: smoothing });
    case "ipo":
      return ipoLoss(ipoTau, beta);
    case "refined":
      return refinedLoss(lowest(margins, settings.refinedShare), settings.refinedSmoothing);
    default: {
      const { points, lo, leader } = turnOf(kind, margins, settings);
      return leader(
        group === undefined ? follower(points, { radius, lo }) : groupedFollower(points, { radius, lo, group }),
      );
    }
  }
}

/** Whether most features are 0, as where each pair has a margin of its own: a plain loop leaves them out. */
function isSparse(differences: Float64Array): boolean {
  let zeros = 0;
  for (let i = 0; i < differences.length; i++) if (differences[i] === 0) zeros++;
  return 2 * zeros > differences.length;
}

/**
 * Minimises the mean loss of the pairs plus (λ/2)|θ − θ_t|², the paper's proximal leader, from θ_t.
 *
 * @param start θ_t `[D]`
 * @param proximal λ, >= 0
 */
export function fitPairs(
  { differences, weights }: LabelledPairs,
  loss: MarginLoss,
  { start, proximal }: { readonly start: Float64Array; readonly proximal: number },
): Fitted {
  const d = start.length, ones = new Float64Array(differences.length / d).fill(1);
  const total = (weights ?? ones).reduce((a, b) => a + b, 0), shares = (weights ?? ones).map((w) => w / total);
  const pairs = { differences, weights: shares },
    sample = isSparse(differences) ? undefined : new MarginSample(pairs, d);
  const addLosses: MarginSample["addTo"] = (here, loss, theta) =>
    sample ? sample.addTo(here, loss, theta) : addMargins(pairs, loss, theta, here);
  const evaluate = (theta: Float64Array, here: Quadratic): void => {
    here.value = 0;
    here.gradient.fill(0);
    here.hessian.fill(0);
    addLosses(here, loss, theta);
    for (let k = 0; k < d; k++) {
      const away = theta[k] - start[k];
      here.value += proximal * away * away / 2;
      here.gradient[k] += proximal * away;
      here.hessian[k * d + k] += proximal;
    }
  };
  const { at, gradientNorm } = minimise(start, evaluate, 1e-10);
  sample?.close();
  return { theta: at, gradientNorm };
}

/**
 * The losses of the arms as functions of one pair's margin ξ = β [lr(y_w) − lr(y_l)], with two derivatives, in float64. They
 * are the library's losses: a test compares values and slopes.
 *
 * @module
 */
import type { BestResponse } from "../../lib/losses/follower.ts";

/** Writes value, slope and curvature of pair `i` at a margin into `out`. */
export type PairLoss = (margin: number, i: number, out: Float64Array) => void;

/** Where the released code clamps probabilities. */
const CLAMP = 1e-6;

/** log(1 + e^z). */
export const softplus = (z: number): number => z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z));
/** 1 / (1 + e^{−z}). */
export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** −log σ(ξ). */
export const dpoLoss: PairLoss = (margin, _, out) => {
  const wrong = sigmoid(-margin);
  out[0] = softplus(-margin);
  out[1] = -wrong;
  out[2] = wrong * (1 - wrong);
};

/** Robust DPO at an assumed rate of flips. */
export function robustLoss(labelSmoothing: number): PairLoss {
  const push = labelSmoothing / (1 - 2 * labelSmoothing);
  return (margin, i, out) => {
    dpoLoss(margin, i, out);
    out[0] -= push * margin;
    out[1] -= push;
  };
}

/** IPO: (ξ/β − 1/(2τ))². */
export function ipoLoss(tau: number, beta: number): PairLoss {
  return (margin, _, out) => {
    const error = margin / beta - 1 / (2 * tau);
    out[0] = error * error;
    out[1] = 2 * error / beta;
    out[2] = 2 / beta ** 2;
  };
}

/** (1 − m) of a pair as it was, m of it through `displaced`. */
function mixed({ moved }: BestResponse, displaced: PairLoss): PairLoss {
  const there = new Float64Array(3);
  return (margin, i, out) => {
    dpoLoss(margin, i, out);
    if (moved[i] === 0) return;
    displaced(margin, i, there);
    for (let k = 0; k < 3; k++) out[k] = (1 - moved[i]) * out[k] + moved[i] * there[k];
  };
}

/** SGPO's leader in margin space: the moved share at ξ − d. */
export function marginLeader(response: BestResponse): PairLoss {
  return mixed(response, (margin, i, out) => dpoLoss(margin - response.distance[i], i, out));
}

/**
 * The released leader in probability space: the moved share at σ(ξ) − d, clamped at 10⁻⁶. The released follower may go to
 * 0, where a moved pair stands on the clamp and has no slope until the policy likes it better than it did.
 */
export function clampedLeader(response: BestResponse): PairLoss {
  return mixed(response, (margin, i, out) => {
    const v = sigmoid(margin), rate = v * (1 - v), at = v - response.distance[i], kept = Math.max(at, CLAMP);
    out[0] = -Math.log(kept);
    out[1] = at > CLAMP ? -rate / at : 0;
    out[2] = at > CLAMP ? rate * rate / at ** 2 - rate * (1 - 2 * v) / at : 0;
  });
}

/**
 * SPA's refined labels: of the pairs with the lowest margins a share `smoothing` of the label is given to the other side.
 *
 * @param unsure 1 where a pair is among the lowest `[N]`
 */
export function refinedLoss(unsure: Uint8Array, smoothing: number): PairLoss {
  return (margin, i, out) => {
    dpoLoss(margin, i, out);
    if (unsure[i] === 0) return;
    out[0] += smoothing * margin;
    out[1] += smoothing;
  };
}

/** SSAPO's leader in probability space: the moved share at σ(ξ) − d, below the floor along the tangent of −log. */
export function probabilityLeader(response: BestResponse): PairLoss {
  const floor = response.lo;
  return mixed(response, (margin, i, out) => {
    const v = sigmoid(margin), rate = v * (1 - v), at = v - response.distance[i], kept = Math.max(at, floor);
    out[0] = -Math.log(kept) + (kept - at) / floor;
    out[1] = -rate / kept;
    out[2] = (at > floor ? rate * rate / at ** 2 : 0) - rate * (1 - 2 * v) / kept;
  });
}

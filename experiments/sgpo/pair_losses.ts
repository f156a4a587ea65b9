/**
 * The losses of the arms as functions of one pair's margin ξ = β [lr(y_w) − lr(y_l)], with two derivatives, in float64: the
 * library's at β = 1, and the two that it does not have.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import type { MarginLoss } from "../../lib/exact/loss_forms.ts";
import { exactLosses } from "../../lib/losses/exact.ts";
import { mixtureLoss } from "../../lib/losses/exact_games.ts";
import type { BestResponse } from "../../lib/losses/best_response.ts";

/** Where the released code clamps probabilities. */
const CLAMP = 1e-6;

/** −log σ(ξ). */
export const dpoLoss: MarginLoss = exactLosses.dpo.form({ beta: 1 });

/** IPO, which β multiplies in nothing: (ξ/β − 1/(2τ))². */
export function ipoLoss(tau: number, beta: number): MarginLoss {
  const ipo = exactLosses["ipo-sum"].form({ tau });
  return (margin, i, out) => {
    ipo(margin / beta, i, out);
    out[1] /= beta;
    out[2] /= beta ** 2;
  };
}

/**
 * The released leader in probability space: the moved share at σ(ξ) − d, clamped at 10⁻⁶. The released follower may go to
 * 0, where a moved pair stands on the clamp and has no slope until the policy likes it better than it did.
 */
export function clampedLeader({ moved, distance }: BestResponse): MarginLoss {
  return mixtureLoss({ beta: 1, moved }, (margin, i, out) => {
    const v = sigmoid(margin), rate = v * (1 - v), at = v - distance[i], kept = Math.max(at, CLAMP);
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
export function refinedLoss(unsure: Uint8Array, smoothing: number): MarginLoss {
  const refined = exactLosses.dpo.form({ beta: 1, labelSmoothing: smoothing });
  return (margin, i, out) => (unsure[i] === 0 ? dpoLoss : refined)(margin, i, out);
}

/**
 * Anchored preference optimisation: which way the likelihoods of winners and losers go is part of the loss.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { checkScale, logistic, logRatios, type ScaleOptions } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/**
 * APO-zero: pushes winners up and losers down, for winners that are better than the model (D'Oosterlinck et al., TACL
 * 2025, arXiv 2408.06266, eq. 7).
 *
 *   L = σ(−r_w) + σ(r_l),   r = β(log π(y|x) − log π_ref(y|x))
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios. Departure: the paper's loss is this one minus 1; the
 * constant, which TRL adds too, keeps the digits of a small loss.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`, in [0, 2]; the slopes are −β σ(r_w)σ(−r_w) and +β σ(r_l)σ(−r_l): −β/4 and +β/4 at
 * equal policies, fading as the policy leaves the reference
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [logp, start] = [tf.tensor1d([-7]), tf.tensor1d([-7])];
 * const slope = tf.grad((policyChosen) => tf.sum(apoZero(
 *   { policyChosen, policyRejected: logp, referenceChosen: logp, referenceRejected: logp }, { beta: 1 })));
 * assert.ok(Math.abs(slope(start).dataSync()[0] + 1 / 4) < 1e-6);
 * ```
 */
export function apoZero(logps: PairedLogps, options: ScaleOptions): Tensor {
  checkScale("apo-zero", options);
  const { chosen, rejected } = logRatios(logps);
  return tf.add(logistic(tf.mul(chosen, -options.beta)), logistic(tf.mul(rejected, options.beta)));
}

/**
 * APO-down: pushes winners down and losers down further, for winners that are worse than the model (D'Oosterlinck et al.,
 * TACL 2025, arXiv 2408.06266, eq. 8).
 *
 *   L = σ(r_w) + σ(−(r_w − r_l)),   r = β(log π(y|x) − log π_ref(y|x))
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios. Winners are not pushed down at first: at equal
 * policies their slope is exactly 0, and it is 0 again on the line r_l = 2 r_w. Departure: the paper's loss is this one
 * minus 1; the constant, which TRL adds too, keeps the digits of a small loss.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`, in [0, 2]; with δ(x) = σ(x)σ(−x) the slopes are β(δ(r_w) − δ(r_w − r_l)) and
 * β δ(r_w − r_l): 0 and +β/4 at equal policies
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [logp, start] = [tf.tensor1d([-7]), tf.tensor1d([-7])];
 * const slope = tf.grad((policyChosen) => tf.sum(apoDown(
 *   { policyChosen, policyRejected: logp, referenceChosen: logp, referenceRejected: logp }, { beta: 1 })));
 * assert.equal(slope(start).dataSync()[0], 0);
 * ```
 */
export function apoDown(logps: PairedLogps, options: ScaleOptions): Tensor {
  checkScale("apo-down", options);
  const { chosen, rejected } = logRatios(logps);
  return tf.add(
    logistic(tf.mul(chosen, options.beta)),
    logistic(tf.mul(tf.sub(chosen, rejected), -options.beta)),
  );
}

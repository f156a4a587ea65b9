/**
 * The hinge loss of preference pairs.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { type Divergence, powerOf, scoreDifference, withFiniteScores } from "./f_divergence.ts";
import { checkScale, logRatios, type ScaleOptions } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/** Options of losses of a difference of scores. */
export interface DifferenceOptions extends ScaleOptions {
  /** Default: reverse KL. */
  readonly divergence?: Divergence;
}

/**
 * Hinge loss on log-ratios (SLiC-HF, Zhao et al., 2023, arXiv 2305.10425; with a reference as in RSO, Liu et al., ICLR
 * 2024, arXiv 2309.06657).
 *
 *   L = max(0, 1 − βd),   d = lr_w − lr_l,   lr = log π(y|x) − log π_ref(y|x)
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios, so the margin is 1/β nats. Departures from SLiC-HF:
 * its δ is 1/β, its log-probs have no reference ({@linkcode contrastivePo} with the hinge link), and its
 * regularisation, cross-entropy on a target, is the caller's to add.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies 1, with slopes −β and +β; at the kink βd = 1 the slope is 0
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [a, b] = [tf.tensor1d([-2, -9]), tf.tensor1d([-5, -5])];
 * const logps = { policyChosen: a, policyRejected: b, referenceChosen: b, referenceRejected: b };
 * assert.deepEqual([...hinge(logps, { beta: 0.5 }).dataSync()], [0, 3]);
 * ```
 */
export function hinge(logps: PairedLogps, options: DifferenceOptions): Tensor {
  checkScale("hinge", options, ["divergence"]);
  const ratios = logRatios(logps);
  const loss = tf.relu(tf.sub(1, tf.mul(scoreDifference(ratios, options.divergence), options.beta)));
  return withFiniteScores(loss, ratios, powerOf(options.divergence));
}

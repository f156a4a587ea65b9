/**
 * Pairs as two classified responses: losses of each log-ratio by itself.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { softplus } from "../tensor/ops.ts";
import { constantLike } from "./constant.ts";
import { checkScale, logRatios, type ScaleOptions } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/**
 * NCA on pairs: noise-contrastive alignment with one preferred response (Chen et al., NeurIPS 2024, arXiv 2402.05369).
 *
 *   L = −log σ(β lr_w) − ½ log σ(−β lr_w) − ½ log σ(−β lr_l),   lr = log π(y|x) − log π_ref(y|x)
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies 2 log 2, with slopes −β/4 and +β/4
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logp = tf.tensor1d([-7]);
 * const logps = { policyChosen: logp, policyRejected: logp, referenceChosen: logp, referenceRejected: logp };
 * assert.equal(ncaPair(logps, { beta: 0.1 }).dataSync()[0], Math.fround(2 * Math.LN2));
 * ```
 */
export function ncaPair(logps: PairedLogps, options: ScaleOptions): Tensor {
  checkScale("nca-pair", options);
  const { chosen, rejected } = logRatios(logps);
  const x = tf.mul(chosen, options.beta), y = tf.mul(rejected, options.beta);
  return tf.add(softplus(tf.neg(x)), tf.mul(tf.add(softplus(x), softplus(y)), 0.5));
}

/** Options of {@linkcode bcoPair}. */
export interface BcoPairOptions extends ScaleOptions {
  /**
   * δ, subtracted from both rewards: a number, or a tensor that broadcasts to `[..., B]`. Must be given: the paper has a
   * running mean of rewards, TRL at f2cd577 has 0.
   */
  readonly shift: Tensor | number;
}

/**
 * BCO on pairs: a classifier whose logit is the shifted reward (Jung et al., 2024, arXiv 2404.04656).
 *
 *   L = −log σ(β lr_w − δ) − log σ(−(β lr_l − δ)),   lr = log π(y|x) − log π_ref(y|x)
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios, not δ. Departure: TRL v0.24 updates δ from the batch
 * before its loss; here δ is the caller's, as a value.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies and δ = 0 it is 2 log 2, with slopes −β/2 and +β/2
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [a, b] = [tf.tensor1d([-2]), tf.tensor1d([-4])];
 * const logps = { policyChosen: a, policyRejected: a, referenceChosen: b, referenceRejected: b };
 * assert.equal(bcoPair(logps, { beta: 0.5, shift: 1 }).dataSync()[0], Math.fround(2 * Math.LN2));
 * ```
 */
export function bcoPair(logps: PairedLogps, options: BcoPairOptions): Tensor {
  checkScale("bco-pair", options, ["shift"]);
  const { chosen, rejected } = logRatios(logps);
  const shift = constantLike("shift", options.shift, chosen);
  const x = tf.sub(tf.mul(chosen, options.beta), shift), y = tf.sub(tf.mul(rejected, options.beta), shift);
  return tf.add(softplus(tf.neg(x)), softplus(y));
}

/**
 * The loss that a language model discovered.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid, softplus } from "../tensor/ops.ts";
import { checkNumber } from "./check_number.ts";
import { powerOf, scoreDifference, withFiniteScores } from "./f_divergence.ts";
import type { DifferenceOptions } from "./hinge.ts";
import { checkScale, logistic, logRatios } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/** Options of {@linkcode discopop}. */
export interface DiscopopOptions extends DifferenceOptions {
  /** Temperature τ > 0 of the blend; default 0.05, that of the paper and of TRL. */
  readonly tau?: number;
}

/**
 * DiscoPOP, the log-ratio modulated loss: a blend of logistic and exponential loss (Lu et al., NeurIPS 2024, arXiv
 * 2406.08414).
 *
 *   L = −(1 − m) log σ(x) + m e^{−x},   x = βd,   m = σ(x/τ),   d = lr_w − lr_l
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios. Not monotone: at τ = 0.05 it rises with x from −0.11
 * to 0.07, so that training starts by shrinking margins; for τ > (1 − log 2)/3 = 0.102 it falls at x = 0. Written as
 * e^{log σ(x/τ) − x}, where the released m·e^{−x} is 0·∞ for x < −88 in float32.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies (1 + log 2)/2
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logp = tf.tensor1d([-7]);
 * const logps = { policyChosen: logp, policyRejected: logp, referenceChosen: logp, referenceRejected: logp };
 * assert.ok(Math.abs(discopop(logps, { beta: 0.1 }).dataSync()[0] - (1 + Math.LN2) / 2) < 1e-6);
 * ```
 */
export function discopop(logps: PairedLogps, options: DiscopopOptions): Tensor {
  checkScale("discopop", options, ["tau", "divergence"]);
  const { beta, tau = 0.05, divergence } = options;
  checkNumber("tau", tau, { above: 0 });
  const ratios = logRatios(logps), x = tf.mul(scoreDifference(ratios, divergence), beta);
  const blend = tf.div(x, tau);
  const loss = tf.add(
    tf.mul(softplus(tf.neg(x)), logistic(tf.neg(blend))),
    tf.exp(tf.sub(logSigmoid(blend), x)),
  ) as Tensor;
  return withFiniteScores(loss, ratios, powerOf(divergence));
}

/**
 * Efficient exact optimisation on pairs.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid } from "../tensor/ops.ts";
import { checkNumber } from "./check_number.ts";
import { type Divergence, powerOf, scoreDifference, withFiniteScores } from "./f_divergence.ts";
import { checkScale, logRatios } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/** Options of {@linkcode exoPair}. */
export interface ExoPairOptions {
  /** Multiplies log-ratios, > 0. */
  readonly beta: number;
  /** Probability ε that the rejected response is the better one, in (0, 0.5); must be given: the loss takes its logarithm. */
  readonly labelSmoothing: number;
  /** Default: reverse KL. */
  readonly divergence?: Divergence;
}

/**
 * EXO on pairs: the reverse KL from the policy's implied preference to the smoothed label (Ji et al., ICML 2024, arXiv
 * 2402.00856, eq. 16 by TRL's account).
 *
 *   L = σ(βd)[log σ(βd) − log(1 − ε)] + σ(−βd)[log σ(−βd) − log ε],   d = lr_w − lr_l
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios. Departures: TRL v0.24 silently replaced ε = 0 by
 * 0.001, and its f2cd577 holds log ε in float32; here ε = 0 is an error, because the loss is infinite.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`, >= 0; 0 where σ(βd) = 1 − ε
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const at = (logp: number) => tf.tensor1d([logp]);
 * const logps = { policyChosen: at(-1), policyRejected: at(-3), referenceChosen: at(-2), referenceRejected: at(-2) };
 * const labelSmoothing = 1 / (1 + Math.exp(2));
 * assert.ok(Math.abs(exoPair(logps, { beta: 1, labelSmoothing }).dataSync()[0]) < 1e-6);
 * ```
 */
export function exoPair(logps: PairedLogps, options: ExoPairOptions): Tensor {
  checkScale("exo-pair", options, ["labelSmoothing", "divergence"]);
  const { beta, labelSmoothing, divergence } = options;
  checkNumber("labelSmoothing", labelSmoothing, { above: 0, below: 0.5 });
  const ratios = logRatios(logps), x = tf.mul(scoreDifference(ratios, divergence), beta);
  const share = (x: Tensor, label: number) => {
    const logp = logSigmoid(x);
    return tf.mul(tf.exp(logp), tf.sub(logp, Math.log(label)));
  };
  const loss = tf.add(share(x, 1 - labelSmoothing), share(tf.neg(x), labelSmoothing)) as Tensor;
  return withFiniteScores(loss, ratios, powerOf(divergence));
}

/**
 * Self-play preference optimisation with hard labels.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { checkOptions } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { logRatios } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/** Options of {@linkcode sppoHard}. */
export interface SppoOptions {
  /** Step size η > 0 of the game: log-ratios aimed at are +η/2 and −η/2 nats. TRL's beta is 1/η. */
  readonly eta: number;
}

/**
 * SPPO with hard labels: log-ratios are regressed on ±η/2 (Wu et al., 2024, arXiv 2405.00675, with win probabilities 1
 * and 0).
 *
 *   L = (lr_w − η/2)² + (lr_l + η/2)²,   lr = log π(y|x) − log π_ref(y|x)
 *
 * Log-probs are summed over response tokens; η multiplies no log-ratio. Departure: the paper estimates win probabilities
 * from several responses; here the label is taken as sure.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies η²/2, with slopes −η and +η
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logp = tf.tensor1d([-7]);
 * const logps = { policyChosen: logp, policyRejected: logp, referenceChosen: logp, referenceRejected: logp };
 * assert.equal(sppoHard(logps, { eta: 10 }).dataSync()[0], 50);
 * ```
 */
export function sppoHard(logps: PairedLogps, options: SppoOptions): Tensor {
  checkOptions("sppo-hard", options, ["eta"]);
  checkNumber("eta", options.eta, { above: 0 });
  const { chosen, rejected } = logRatios(logps);
  const x = tf.sub(chosen, options.eta / 2), y = tf.add(rejected, options.eta / 2);
  return tf.add(tf.mul(x, x), tf.mul(y, y));
}

/**
 * ORPO: odds ratios of average log-probs, without a reference.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { log1mexp, softplus } from "../tensor/ops.ts";
import { checkOptions, checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import type { PolicyPair } from "./dpo.ts";

/** Options of {@linkcode orpo}. */
export interface OrpoOptions {
  /** Weight λ > 0 of the term beside the likelihood of chosen responses; TRL's beta. */
  readonly lambda: number;
}

/**
 * The odds-ratio term of ORPO (Hong et al., EMNLP 2024, arXiv 2403.07691).
 *
 *   L = −λ log σ(log odds_w − log odds_l),   log odds = l − log(1 − e^l),   l = log π(y|x)/|y|
 *
 * Log-probs are *averaged* over response tokens; λ multiplies the loss, not log-probs. Departures: the paper's first term,
 * the likelihood of chosen responses, is the caller's to add (`sft`); TRL takes it over prompt and completion. TRL's
 * gradient is NaN for average log-probs above −3e-8, this one is right up to the last float below 0; at 0 itself the odds
 * are infinite, and that is an error.
 *
 * @param logps averaged over response tokens, below 0, each `[..., B]`
 * @returns per-example loss `[..., B]`; λ log 2 where both responses are equally likely
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * // Odds of 3 and 1/3: a ratio of 9.
 * const logps = { policyChosen: tf.tensor1d([Math.log(3 / 4)]), policyRejected: tf.tensor1d([Math.log(1 / 4)]) };
 * assert.ok(Math.abs(orpo(logps, { lambda: 1 }).dataSync()[0] - Math.log(10 / 9)) < 1e-6);
 * ```
 */
export function orpo({ policyChosen, policyRejected }: PolicyPair, options: OrpoOptions): Tensor {
  checkOptions("orpo", options, ["lambda"]);
  checkNumber("lambda", options.lambda, { above: 0 });
  checkTensors({ policyChosen, policyRejected });
  for (const [name, logps] of Object.entries({ policyChosen, policyRejected })) {
    for (const [i, logp] of logps.dataSync().entries()) {
      if (!(logp < 0)) throw new RangeError(`${name}[${i}] is ${logp}: expected an average log-prob < 0`);
    }
  }
  const logOdds = (logp: Tensor) => tf.sub(logp, log1mexp(logp));
  return tf.mul(softplus(tf.sub(logOdds(policyRejected), logOdds(policyChosen))), options.lambda);
}

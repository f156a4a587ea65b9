/**
 * Direct preference optimisation and its variants for doubtful labels, no reference, and unequal lengths.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { pairedLogistic } from "../tensor/fused/paired_logistic.ts";
import { softplus } from "../tensor/ops.ts";
import { checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { type Divergence, powerOf, scoreDifference, withFiniteScores } from "./f_divergence.ts";
import { checkScale, logisticLoss, logRatios, type SmoothedOptions } from "./log_ratios.ts";
import { perToken, type TokenCounts } from "./token_counts.ts";
import type { PairedLogps } from "./types.ts";

/**
 * DPO, and with label smoothing cDPO (Rafailov et al., NeurIPS 2023, arXiv 2305.18290; cDPO: Mitchell, "A note on DPO with
 * noisy preferences", 2023).
 *
 *   L = −(1 − ε) log σ(βd) − ε log σ(−βd),   d = lr_w − lr_l,   lr = log π(y|x) − log π_ref(y|x)
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios. Departure: TRL at f2cd577 ignores ε here, where its
 * v0.24 and eric-mitchell/direct-preference-optimization apply it.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies log 2, with slopes −β(1/2 − ε) for the chosen response and
 * +β(1/2 − ε) for the rejected one
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logp = tf.tensor1d([-7]);
 * const logps = { policyChosen: logp, policyRejected: logp, referenceChosen: logp, referenceRejected: logp };
 * assert.equal(dpo(logps, { beta: 0.1 }).dataSync()[0], Math.fround(Math.LN2));
 * ```
 */
export function dpo(logps: PairedLogps, options: SmoothedOptions): Tensor {
  checkScale("dpo", options, ["labelSmoothing"]);
  const { policyChosen, policyRejected, referenceChosen, referenceRejected } = logps;
  const { beta, labelSmoothing = 0 } = options;
  checkNumber("labelSmoothing", labelSmoothing, { min: 0, below: 0.5 });
  checkTensors({ policyChosen, policyRejected, referenceChosen, referenceRejected });
  return pairedLogistic({ policyChosen, policyRejected, referenceChosen, referenceRejected }, beta, labelSmoothing);
}

/** Options of {@linkcode robustDpo}. */
export interface RobustDpoOptions {
  /** Multiplies log-ratios, > 0. */
  readonly beta: number;
  /** Probability ε that a preference was flipped, in [0, 0.5); must be given: at 0 this is DPO. */
  readonly labelSmoothing: number;
  /** Default: reverse KL. */
  readonly divergence?: Divergence;
}

/**
 * Robust DPO: an unbiased estimate of the DPO loss of the unflipped preferences (Chowdhury et al., ICML 2024, arXiv
 * 2403.00409).
 *
 *   L = (−(1 − ε) log σ(βd) + ε log σ(−βd)) / (1 − 2ε) = log(1 + e^{−βd}) − βd ε/(1 − 2ε)
 *
 * Log-probs are summed over response tokens. Unbounded below for ε > 0: a policy that can fit single pairs diverges.
 * Departure: TRL's only warns at ε = 1/2, where the loss is infinite; here that is an error.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies log 2, with slopes −β/(2 − 4ε) and +β/(2 − 4ε)
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example Averaged over flips the loss is DPO's
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [a, b] = [tf.tensor1d([-2]), tf.tensor1d([-3])];
 * const right = { policyChosen: a, policyRejected: b, referenceChosen: b, referenceRejected: b };
 * const flipped = { policyChosen: b, policyRejected: a, referenceChosen: b, referenceRejected: b };
 * const [seen, other] = [right, flipped].map((l) => robustDpo(l, { beta: 1, labelSmoothing: 0.25 }).dataSync()[0]);
 * assert.ok(Math.abs(0.75 * seen + 0.25 * other - dpo(right, { beta: 1 }).dataSync()[0]) < 1e-6);
 * ```
 */
export function robustDpo(logps: PairedLogps, options: RobustDpoOptions): Tensor {
  checkScale("robust-dpo", options, ["labelSmoothing", "divergence"]);
  const { beta, labelSmoothing, divergence } = options;
  checkNumber("labelSmoothing", labelSmoothing, { min: 0, below: 0.5 });
  const ratios = logRatios(logps), x = tf.mul(scoreDifference(ratios, divergence), beta);
  const clean = softplus(tf.neg(x));
  const loss = labelSmoothing === 0 ? clean : tf.sub(clean, tf.mul(x, labelSmoothing / (1 - 2 * labelSmoothing)));
  return withFiniteScores(loss, ratios, powerOf(divergence));
}

/**
 * Length-normalised DPO: log-ratios per token (Tülu 3, Lambert et al., 2024, arXiv 2411.15124; TRL's `sigmoid_norm`).
 *
 *   L = −(1 − ε) log σ(βd) − ε log σ(−βd),   d = lr_w/|y_w| − lr_l/|y_l|
 *
 * Departure: TRL counts a completion token at position 0, which nothing predicts, in |y|; counts here are of scored tokens.
 *
 * @param logps log-probs summed over tokens and numbers of tokens, each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies log 2, with slopes −β/(2|y_w|) and +β/(2|y_l|) for ε = 0
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const at = (value: number) => tf.tensor1d([value]);
 * const logps = { policyChosen: at(-4), policyRejected: at(-8), referenceChosen: at(-6), referenceRejected: at(-9) };
 * const loss = dpoMean({ ...logps, chosenTokens: at(4), rejectedTokens: at(2) }, { beta: 2 });
 * assert.equal(loss.dataSync()[0], Math.fround(Math.LN2)); // half a nat a token on either side
 * ```
 */
export function dpoMean(logps: PairedLogps & TokenCounts, options: SmoothedOptions): Tensor {
  checkScale("dpo-mean", options, ["labelSmoothing"]);
  const { chosen, rejected } = perToken(logRatios(logps), logps);
  return logisticLoss(tf.mul(tf.sub(chosen, rejected), options.beta), options.labelSmoothing);
}

/** Log-probs of pairs under the policy alone, in nats, each `[..., B]`. */
export interface PolicyPair {
  /** log π(y_w|x) `[..., B]`. */
  readonly policyChosen: Tensor;
  /** log π(y_l|x) `[..., B]`. */
  readonly policyRejected: Tensor;
}

/**
 * DPO without a reference, which counts as uniform (`reference_free` of eric-mitchell/direct-preference-optimization).
 *
 *   L = −(1 − ε) log σ(βd) − ε log σ(−βd),   d = log π(y_w|x) − log π(y_l|x)
 *
 * Log-probs are summed over response tokens. The same as the preference term of contrastive preference optimisation.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const loss = referenceFreeDpo({ policyChosen: tf.tensor1d([-2]), policyRejected: tf.tensor1d([-4]) }, { beta: 0.5 });
 * assert.ok(Math.abs(loss.dataSync()[0] - Math.log1p(Math.exp(-1))) < 1e-6);
 * ```
 */
export function referenceFreeDpo(logps: PolicyPair, options: SmoothedOptions): Tensor {
  checkScale("reference-free-dpo", options, ["labelSmoothing"]);
  const { policyChosen, policyRejected } = logps;
  checkTensors({ policyChosen, policyRejected });
  return logisticLoss(tf.mul(tf.sub(policyChosen, policyRejected), options.beta), options.labelSmoothing);
}

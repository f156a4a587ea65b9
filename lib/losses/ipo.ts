/**
 * IPO, on whole responses and per token: two losses that share a name elsewhere.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { checkOptions } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { type LogRatios, logRatios } from "./log_ratios.ts";
import { perToken, type TokenCounts } from "./token_counts.ts";
import type { PairedLogps } from "./types.ts";

/** Options of {@linkcode ipoSum} and {@linkcode ipoMean}. */
export interface IpoOptions {
  /** Strength τ of the pull to the reference, > 0: the margin aimed at is 1/(2τ) nats. Called beta elsewhere. */
  readonly tau: number;
}

/**
 * IPO on log-probs summed over response tokens (Azar et al., AISTATS 2024, arXiv 2310.12036): the form of the paper and
 * of eric-mitchell/direct-preference-optimization.
 *
 *   L = (d − 1/(2τ))²,   d = lr_w − lr_l,   lr = log π(y|x) − log π_ref(y|x)
 *
 * τ multiplies nothing: it sets the margin at which the loss is 0. TRL averages over tokens, {@linkcode ipoMean}; on one
 * pair the two can differ by a factor of four and more.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies 1/(4τ²), with slopes −1/τ and +1/τ
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logp = tf.tensor1d([-7]);
 * const logps = { policyChosen: logp, policyRejected: logp, referenceChosen: logp, referenceRejected: logp };
 * assert.equal(ipoSum(logps, { tau: 0.25 }).dataSync()[0], 4);
 * ```
 */
export function ipoSum(logps: PairedLogps, options: IpoOptions): Tensor {
  checkOptions("ipo-sum", options, ["tau"]);
  return squaredError(logRatios(logps), options);
}

/**
 * IPO on log-probs averaged over response tokens (TRL's `ipo`; IPO: Azar et al., AISTATS 2024, arXiv 2310.12036).
 *
 *   L = (d − 1/(2τ))²,   d = lr_w/|y_w| − lr_l/|y_l|
 *
 * The paper does not normalise by length; TRL says that its authors confirmed it. Departures: TRL counts a completion token
 * at position 0, which nothing predicts, in |y|; HALOs divides by the number of tokens whose log-ratio is not exactly 0,
 * which is 0/0 while policy and reference are equal. Here |y| is the number of scored tokens.
 *
 * @param logps log-probs summed over tokens and numbers of tokens, each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies 1/(4τ²), with slopes −1/(τ|y_w|) and +1/(τ|y_l|)
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const at = (value: number) => tf.tensor1d([value]);
 * const logps = { policyChosen: at(-4), policyRejected: at(-8), referenceChosen: at(-6), referenceRejected: at(-6) };
 * const loss = ipoMean({ ...logps, chosenTokens: at(4), rejectedTokens: at(2) }, { tau: 0.5 });
 * assert.equal(loss.dataSync()[0], 0.25); // (0.5 + 1 − 1)²
 * ```
 */
export function ipoMean(logps: PairedLogps & TokenCounts, options: IpoOptions): Tensor {
  checkOptions("ipo-mean", options, ["tau"]);
  return squaredError(perToken(logRatios(logps), logps), options);
}

function squaredError({ chosen, rejected }: LogRatios, { tau }: IpoOptions): Tensor {
  checkNumber("tau", tau, { above: 0 });
  const error = tf.sub(tf.sub(chosen, rejected), 1 / (2 * tau));
  return tf.mul(error, error);
}

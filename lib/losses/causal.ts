/**
 * Causal preference optimisation: surrogates whose minimiser maximises an unbiased estimate of V(f).
 *
 * Lin, Ben-Michael and Morency, "Optimizing Language Models for Human Preferences is a Causal Inference Problem",
 * UAI 2024, arXiv 2402.14979. Not to be confused with *contrastive* preference optimisation, which shares the letters.
 *
 * Every loss is per example and unreduced: its mean over examples is minus the estimate. Gradients flow through
 * `logpF` only. Log-probs are in nats, of whole sequences: summed over response tokens, normalised by a log-softmax,
 * shifted by one, padding masked by position.
 *
 * Departures from the released code (torylin/causal-preference-optimization, 2d4fcdd), in favour of the paper:
 * - it gathers raw logits where log-probs are meant, without the shift by one and with padding counted;
 * - it softmax-normalises weights within the minibatch, so a batch of one has no gradient and the value depends on
 *   which examples share a batch; here weights are P^f/P^R unless `ratio` says otherwise;
 * - its clipping applies [0.8, 1.2] to weights that sum to one, and takes the minimum before the sign flip, which is
 *   optimistic when the outcome is to be lowered; here negate the outcome for that;
 * - it drops rows by `nanmean`; here a non-finite number stops the run.
 *
 * {@linkcode releasedCausalLoss} computes what the released code computes from the same log-probs, for comparison.
 *
 * @module
 */
import type { Tensor } from "@tensorflow/tfjs";
import { tf } from "../tensor/backend.ts";
import { logSoftmax } from "../tensor/ops.ts";

/** Texts with observed outcomes, from the randomised log. */
export interface LoggedTexts {
  /** log P^f(X) under the policy being trained `[..., B]`. */
  readonly logpF: Tensor;
  /** log P^R(X): the law that assigned the texts `[..., B]`. */
  readonly logpR: Tensor;
  /** Outcome Y, larger is better `[..., B]`. */
  readonly outcome: Tensor;
}

/** Texts drawn from the starting policy f0, with a predicted outcome instead of an observed one. */
export interface GeneratedTexts {
  /** log P^f(X̃) `[..., M]`. */
  readonly logpF: Tensor;
  /** log P^f0(X̃) `[..., M]`. */
  readonly logpF0: Tensor;
  /** Predicted outcome ĝ(X̃) `[..., M]`. */
  readonly prediction: Tensor;
}

/**
 * How the importance ratio w = P^f/P^R is formed.
 * - `plain`: exp of the difference of log-probs: unbiased.
 * - `self-normalised`: divided by its batch mean: consistent, scale-free, biased at order 1/B.
 * - `stabilised`: min(w·A, clamp(w, low, high)·A), pessimistic: no gradient once the policy has moved that far.
 */
export type Ratio =
  | { readonly kind: "plain" }
  | { readonly kind: "self-normalised" }
  | { readonly kind: "stabilised"; readonly low: number; readonly high: number };

/** Options of the causal losses. */
export interface CausalOptions {
  readonly ratio: Ratio;
}

/** Options of {@linkcode cpo}. */
export interface CpoOptions extends CausalOptions {
  readonly baseline?: Tensor | number;
  /** `entropy` must carry gradients to the policy for the bonus to act. */
  readonly entropyBonus?: { readonly weight: number; readonly entropy: Tensor };
}

/** Unbiased importance weights. */
export const plain: CausalOptions = { ratio: { kind: "plain" } };

/**
 * CPO: minus the inverse-propensity estimate of V(f) (paper, the V_IPW estimator).
 *
 *   L_i = −w_i (Y_i − b),   w_i = P^f(X_i) / P^R(X_i)
 *
 * @param logged log-probs and outcomes, each `[..., B]`
 * @param options.baseline b, subtracted from every outcome: leaves the gradient's expectation, changes its variance
 * @param options.entropyBonus adds −weight·entropy, the policy's entropy in nats `[..., B]` or a scalar
 * @returns per-example loss `[..., B]`; without bonus and for plain ratios d L_i / d logpF_i = L_i
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logged = { logpF: tf.tensor1d([Math.log(.5)]), logpR: tf.tensor1d([Math.log(.25)]), outcome: tf.tensor1d([3]) };
 * assert.ok(Math.abs(cpo(logged, plain).dataSync()[0] + 6) < 1e-5);
 * ```
 */
export function cpo(logged: LoggedTexts, options: CpoOptions): Tensor {
  const { logpF, logpR, outcome } = logged;
  const advantage = options.baseline === undefined ? outcome : tf.sub(outcome, options.baseline);
  const loss = weighted(tf.sub(logpF, logpR), advantage, options.ratio);
  const bonus = options.entropyBonus;
  return bonus ? tf.sub(loss, tf.mul(bonus.entropy, bonus.weight)) : loss;
}

/**
 * Outcome-only: minus the estimate of V(f) from predicted outcomes alone (the paper's OO-RLHF; its V_out term).
 *
 *   L_j = −(P^f(X̃_j) / P^f0(X̃_j)) ĝ(X̃_j),   X̃_j ~ P^f0
 *
 * @returns per-example loss `[..., M]`
 * @example At f = f0 the weights are one
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logp = tf.tensor1d([-1]);
 * assert.equal(outcomeOnly({ logpF: logp, logpF0: logp, prediction: tf.tensor1d([2]) }, plain).dataSync()[0], -2);
 * ```
 */
export function outcomeOnly(generated: GeneratedTexts, options: CausalOptions): Tensor {
  return weighted(tf.sub(generated.logpF, generated.logpF0), generated.prediction, options.ratio);
}

/**
 * DR-CPO: minus the doubly robust estimate of V(f) (paper, the V_DR estimator).
 *
 *   correction_i = −w_i (Y_i − ĝ(X_i)),   outcome_j = −(P^f(X̃_j)/P^f0(X̃_j)) ĝ(X̃_j)
 *
 * The two samples differ in size, so both per-example losses are returned: the estimate is minus the sum of their
 * means. Unbiased when either the propensities or ĝ are right.
 *
 * @param logged with `prediction` ĝ(X_i) `[..., B]`, fitted without outcome i (cross-fitting) or on other data
 * @returns `correction` `[..., B]` and `outcome` `[..., M]`
 * @example With perfect predictions the correction vanishes
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logp = tf.tensor1d([-1]), y = tf.tensor1d([2]);
 * const { correction, outcome } = drCpo(
 *   { logpF: logp, logpR: logp, outcome: y, prediction: y }, { logpF: logp, logpF0: logp, prediction: y }, plain);
 * assert.equal(correction.dataSync()[0] + outcome.dataSync()[0], -2);
 * ```
 */
export function drCpo(
  logged: LoggedTexts & { readonly prediction: Tensor },
  generated: GeneratedTexts,
  options: CausalOptions,
): { correction: Tensor; outcome: Tensor } {
  return {
    correction: cpo(logged, { ...options, baseline: logged.prediction }),
    outcome: outcomeOnly(generated, options),
  };
}

/** −w·A with the chosen form of w = exp(logRatio). */
function weighted(logRatio: Tensor, advantage: Tensor, ratio: Ratio): Tensor {
  switch (ratio.kind) {
    case "plain":
      return tf.neg(tf.mul(tf.exp(logRatio), advantage));
    case "self-normalised": {
      // B·softmax is w / mean(w), in log space: finite for any log-ratios.
      const size = logRatio.shape[logRatio.rank - 1];
      return tf.neg(tf.mul(tf.mul(tf.exp(logSoftmax(logRatio)), size), advantage));
    }
    case "stabilised": {
      const { low, high } = ratio;
      if (!(low > 0 && low <= 1 && high >= 1)) {
        throw new RangeError(`stabilised ratio: expected 0 < low <= 1 <= high, got ${low} and ${high}`);
      }
      return tf.neg(stabilise(tf.exp(logRatio), advantage, low, high));
    }
  }
}

/** min(w·A, clamp(w, low, high)·A) elementwise. */
function stabilise(weight: Tensor, advantage: Tensor, low: number, high: number): Tensor {
  return tf.minimum(tf.mul(weight, advantage), tf.mul(tf.clipByValue(weight, low, high), advantage));
}

/** Switches of the released trainer, by what they do. */
export interface ReleasedOptions {
  /** `c_ipw`. */
  readonly ipwWeight: number;
  /** `c_rlhf`. */
  readonly outcomeWeight: number;
  /** `higheroutcomebetter`; the released default minimises the outcome. */
  readonly higherIsBetter: boolean;
  /** `pr_scale` when P^R is taken as uniform over that many texts; absent for `use_pr_est`. */
  readonly uniformTexts?: number;
  /** `c_entropy` and the policy's entropy; the released sign turns with the outcome's direction. */
  readonly entropy?: { readonly weight: number; readonly entropy: Tensor };
  /** `norm_rlhf_term`. */
  readonly normaliseOutcomeTerm?: boolean;
  /** `stabilize` on the IPW term (the released `norm_ipw_term` turns just this one off) and on the outcome term. */
  readonly stabilise?: { readonly ipw: boolean; readonly outcome: boolean };
}

/**
 * What the released trainer computes from given sequence log-probs `[B]`, before its `nanmean`: for comparison, not
 * for training.
 *
 *   w = softmax_B(logpF − logpR) [· softmax_B(logpR) / uniformTexts],   ±(c_rlhf·w₂·ĝ₂ + c_ipw·w·(Y − ĝ))
 *
 * Not reproduced, because they are mistakes in it: raw logits as log-probs, and the unpaired `stabilize` branch, which
 * multiplies the clipped weight by the outcome where the prediction is meant.
 *
 * @param generated absent for the released unpaired mode (its CPO), where ĝ cancels
 * @example A batch of one: the weight is always one, so there is nothing to learn from
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const at = (logp: number) => releasedCausalLoss(
 *   { logpF: tf.tensor1d([logp]), logpR: tf.tensor1d([-3]), outcome: tf.tensor1d([1]), prediction: tf.tensor1d([0]) },
 *   undefined, { ipwWeight: 1, outcomeWeight: 1, higherIsBetter: true }).dataSync()[0];
 * assert.equal(at(-5), at(-1));
 * ```
 */
export function releasedCausalLoss(
  logged: LoggedTexts & { readonly prediction: Tensor },
  generated: GeneratedTexts | undefined,
  options: ReleasedOptions,
): Tensor {
  const { ipwWeight, outcomeWeight, uniformTexts, stabilise: clip } = options;
  const selfNormalised = (x: Tensor) => tf.exp(logSoftmax(x));
  let weight = selfNormalised(tf.sub(logged.logpF, logged.logpR));
  if (uniformTexts !== undefined) weight = tf.div(tf.mul(weight, selfNormalised(logged.logpR)), uniformTexts);
  const term = (w: Tensor, a: Tensor, clipped?: boolean) => clipped ? stabilise(w, a, 0.8, 1.2) : tf.mul(w, a);
  const ipw = term(weight, tf.sub(logged.outcome, logged.prediction), clip?.ipw);
  let outcome: Tensor;
  if (generated) {
    let second = selfNormalised(tf.sub(generated.logpF, generated.logpF0));
    if (options.normaliseOutcomeTerm) second = tf.mul(second, selfNormalised(generated.logpF0));
    outcome = term(second, generated.prediction, clip?.outcome);
  } else {
    outcome = term(weight, logged.prediction);
  }
  let total: Tensor = tf.add(tf.mul(outcome, outcomeWeight), tf.mul(ipw, ipwWeight));
  if (options.entropy) total = tf.add(total, tf.mul(options.entropy.entropy, options.entropy.weight));
  return options.higherIsBetter ? tf.neg(total) : total;
}

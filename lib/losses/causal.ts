/**
 * Causal preference optimisation: surrogates whose minimiser maximises an unbiased estimate of V(f).
 *
 * Lin, Ben-Michael and Morency, "Optimizing Language Models for Human Preferences is a Causal Inference Problem",
 * UAI 2024, arXiv 2402.14979. Not to be confused with *contrastive* preference optimisation, which shares the letters.
 *
 * Every loss is per example and unreduced: its mean over examples is minus the estimate. Gradients flow through
 * `logpF` only. Log-probs are in nats, of whole sequences: summed over response tokens, normalised by a log-softmax,
 * shifted by one, padding masked by position. Every other tensor may be smaller where it broadcasts to `logpF`; one that
 * would enlarge the result is a TypeError.
 *
 * Departures from the released code (torylin/causal-preference-optimization, 2d4fcdd), in favour of the paper:
 * - it gathers raw logits where log-probs are meant, without the shift by one and with padding counted;
 * - it softmax-normalises weights within the minibatch, so a batch of one has no gradient and the value depends on
 *   which examples share a batch; here weights are P^f/P^R unless `ratio` says otherwise;
 * - its clipping applies [0.8, 1.2] to weights that sum to one, and takes the minimum before the sign flip, which is
 *   optimistic when the outcome is to be lowered; here negate the outcome for that;
 * - it drops rows by `nanmean`; here a number that is not finite is refused by name and text (but a text that the policy
 *   never writes, at −∞, has weight 0), and so is a weight past float32.
 *
 * {@linkcode releasedCausalLoss} computes what the released code computes from the same log-probs, for comparison.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSoftmax, stopGradient } from "../tensor/ops.ts";
import { checkFiniteTensor } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { checkTexts } from "./texts_check.ts";

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
  /** How importance weights are formed. */
  readonly ratio: Ratio;
}

/** Options of {@linkcode cpo}. */
export interface CpoOptions extends CausalOptions {
  /** b, subtracted from every outcome; default 0. */
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
  const { logpF } = logged;
  const { baseline } = options;
  const outcome = constant("outcome", logged.outcome, logpF), logpR = constant("logpR", logged.logpR, logpF);
  const advantage = baseline === undefined ? outcome : tf.sub(outcome, constant("baseline", baseline, logpF));
  checkRatio(options.ratio);
  const values = { outcome: logged.outcome, ...(baseline !== undefined && { baseline }) };
  checkTexts({ policy: ["logpF", logpF], law: ["logpR", logged.logpR], values }, options.ratio);
  const loss = weighted(tf.sub(logpF, logpR), advantage, options.ratio);
  const bonus = options.entropyBonus;
  if (!bonus) return loss;
  checkFiniteTensor("entropyBonus.entropy", bonus.entropy);
  checkNumber("entropyBonus.weight", bonus.weight, {});
  return tf.sub(loss, tf.mul(bonus.entropy, bonus.weight));
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
  const { logpF, logpF0 } = generated;
  const start = constant("logpF0", logpF0, logpF), prediction = constant("prediction", generated.prediction, logpF);
  checkRatio(options.ratio);
  const values = { prediction: generated.prediction };
  checkTexts({ policy: ["logpF", logpF], law: ["logpF0", logpF0], values }, options.ratio);
  return weighted(tf.sub(logpF, start), prediction, options.ratio);
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
  // By the names that they have here; a tensor is read once, whichever name it is given.
  checkFiniteTensor("prediction", logged.prediction);
  checkFiniteTensor("generated.prediction", generated.prediction);
  return {
    correction: cpo(logged, { ...options, baseline: logged.prediction }),
    outcome: outcomeOnly(generated, options),
  };
}

/** A tensor without gradient; it must not enlarge what it is combined with. */
function constant(name: string, value: Tensor | number, logpF: Tensor): Tensor {
  const given = typeof value === "number" ? tf.scalar(value) : value;
  const extra = logpF.rank - given.rank;
  if (extra < 0 || given.shape.some((size, axis) => size !== 1 && size !== logpF.shape[extra + axis])) {
    throw new TypeError(`${name}: expected a shape that broadcasts to logpF [${logpF.shape}], got [${given.shape}]`);
  }
  return stopGradient(given);
}

function checkRatio(ratio: Ratio): void {
  if (ratio.kind !== "stabilised") return;
  const { low, high } = ratio;
  if (low > 0 && low <= 1 && high >= 1) return;
  throw new RangeError(`stabilised ratio: expected 0 < low <= 1 <= high, got ${low} and ${high}`);
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
      return tf.neg(stabilise(logRatio, advantage, low, high));
    }
  }
}

/**
 * min(w·A, clamp(w, low, high)·A) elementwise, for w = exp(logWeight).
 *
 * The minimum bounds w from above where A >= 0 and from below where A < 0. The bound is taken before exp: a weight that
 * overflows would make the gradient 0·∞. A NaN is beyond no bound and so survives, which not every engine's `minimum`
 * and `clipByValue` grant.
 */
function stabilise(logWeight: Tensor, advantage: Tensor, low: number, high: number): Tensor {
  // With its gradient written out: that of a comparison is not defined, not even as zero.
  const bounded = tf.customGrad((value, save) => {
    const logWeight = value as Tensor;
    const rising = tf.greaterEqual(advantage, 0);
    const bound = tf.where(rising, tf.scalar(Math.log(high)), tf.scalar(Math.log(low)));
    const beyond = tf.greater(tf.where(rising, tf.sub(logWeight, bound), tf.sub(bound, logWeight)), 0);
    (save as (tensors: Tensor[]) => void)([tf.where(beyond, tf.scalar(0), tf.scalar(1))]);
    return {
      value: tf.where(beyond, bound, logWeight),
      gradFunc: (dy: Tensor, [within]: Tensor[]) => tf.mul(dy, within),
    };
  });
  return tf.mul(tf.exp(bounded(logWeight)), advantage);
}

/** The released weights sum to one over a batch. */
const normalised = { kind: "self-normalised" } as const;

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
 * @param generated absent for the released unpaired mode (its CPO), where ĝ cancels; else as many texts as logged ones
 * @throws TypeError when shapes disagree or an option about generated texts is set without them
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
  if (!generated && (clip?.outcome || options.normaliseOutcomeTerm)) {
    throw new TypeError("stabilise.outcome and normaliseOutcomeTerm act on generated texts only, and none were given");
  }
  const fixed = (name: string, value: Tensor) => constant(name, value, logged.logpF);
  for (const name of ["ipwWeight", "outcomeWeight"] as const) checkNumber(name, options[name], {});
  if (uniformTexts !== undefined) checkNumber("uniformTexts", uniformTexts, { above: 0 });
  const logpR = fixed("logpR", logged.logpR), prediction = fixed("prediction", logged.prediction);
  checkTexts({
    policy: ["logpF", logged.logpF],
    law: ["logpR", logged.logpR],
    values: { outcome: logged.outcome, prediction: logged.prediction },
  }, normalised);
  let logWeight = logSoftmax(tf.sub(logged.logpF, logpR));
  if (uniformTexts !== undefined) logWeight = tf.sub(tf.add(logWeight, logSoftmax(logpR)), Math.log(uniformTexts));
  const term = (logW: Tensor, a: Tensor, clipped?: boolean) =>
    clipped ? stabilise(logW, a, 0.8, 1.2) : tf.mul(tf.exp(logW), a);
  const ipw = term(logWeight, tf.sub(fixed("outcome", logged.outcome), prediction), clip?.ipw);
  let outcome: Tensor;
  if (generated) {
    const logpF0 = constant("logpF0", generated.logpF0, generated.logpF);
    checkTexts({
      policy: ["generated.logpF", generated.logpF],
      law: ["generated.logpF0", generated.logpF0],
      values: { "generated.prediction": generated.prediction },
    }, normalised);
    let second = logSoftmax(tf.sub(generated.logpF, logpF0));
    if (options.normaliseOutcomeTerm) second = tf.add(second, logSoftmax(logpF0));
    outcome = term(second, constant("prediction", generated.prediction, generated.logpF), clip?.outcome);
  } else {
    outcome = term(logWeight, prediction);
  }
  let total: Tensor = tf.add(tf.mul(outcome, outcomeWeight), tf.mul(ipw, ipwWeight));
  if (options.entropy) checkFiniteTensor("entropy.entropy", options.entropy.entropy);
  if (options.entropy) total = tf.add(total, tf.mul(options.entropy.entropy, options.entropy.weight));
  return options.higherIsBetter ? tf.neg(total) : total;
}

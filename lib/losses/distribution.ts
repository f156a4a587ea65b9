/**
 * Alignment as distribution learning: preferences as comparisons of the target's own log-probs.
 *
 * Yun et al., "Alignment as Distribution Learning", arXiv 2506.01523 (equation numbers of the current version). A label
 * is drawn with P(y_1 ≻ y_2 | x) = σ(γ [log π*(y_1|x) − log π*(y_2|x)]), and the aim is π* itself. No reference stands
 * inside the comparison; a term b·KL(π‖π_0) is added by the caller, from samples of the policy
 * ({@linkcode reverseKlPenalty}) or by enumeration ({@linkcode exactKl}).
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid, stopGradient } from "../tensor/ops.ts";
import { checkOptions, checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { constantLike } from "./constant.ts";
import { checkLaws } from "./kl.ts";
import type { RatedPairs } from "./reward.ts";
import { scoreFunctionEstimate } from "./score_function.ts";
import type { PairedLogps } from "./types.ts";

/**
 * PMLE: maximum likelihood of preferences ((4); the KL term of (5) is the caller's).
 *
 *   L = −log σ(γ [log π(y_w|x) − log π(y_l|x)])
 *
 * With infinitely many pairs its minimiser is π*; DPO's is proportional to π_0 π*^{γ/β}. Without KL term it degenerates
 * on few pairs as DPO does.
 *
 * @param pairs log-probs in nats, summed over response tokens, each `[..., B]`
 * @param options.gamma γ, the exponent of the preference model, > 0
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const pairs = { policyChosen: tf.tensor1d([-2]), policyRejected: tf.tensor1d([-2]) };
 * assert.ok(Math.abs(pmle(pairs, { gamma: 0.5 }).dataSync()[0] - Math.LN2) < 1e-6);
 * ```
 */
export function pmle(
  pairs: Pick<PairedLogps, "policyChosen" | "policyRejected">,
  options: { readonly gamma: number },
): Tensor {
  checkOptions("pmle", options, ["gamma"]);
  checkNumber("gamma", options.gamma, { above: 0 });
  const { policyChosen, policyRejected } = pairs;
  checkTensors({ policyChosen, policyRejected });
  return tf.neg(logSigmoid(tf.mul(tf.sub(policyChosen, policyRejected), options.gamma)));
}

/**
 * Preference distillation ((11); the KL term of (12) is the caller's): cross-entropy to a reward model's soft labels.
 *
 *   L = −p log σ(z) − (1 − p) log σ(−z),   z = γ [log π(y_1|x) − log π(y_2|x)],   p = σ(R(y_1) − R(y_2)), constant
 *
 * Pairs need no label and may come from any policy, the one being trained included. Least, at the entropy of the labels,
 * where γ log π and R differ by a constant of the prompt.
 *
 * @param pairs log-probs in nats, summed over response tokens, and rewards, each `[..., B]`
 * @param options.gamma γ, the exponent of the preference model, > 0
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [policyFirst, policySecond, rewardFirst, rewardSecond] = [-3, -1, 1, 2].map((v) => tf.tensor1d([v]));
 * const slope = tf.grad((policyFirst) =>
 *   tf.sum(preferenceDistillation({ policyFirst, policySecond, rewardFirst, rewardSecond }, { gamma: 0.5 })));
 * assert.ok(Math.abs(slope(policyFirst).dataSync()[0]) < 1e-6); // γ·(−3 + 1) = 1 − 2 already
 * ```
 */
export function preferenceDistillation(pairs: RatedPairs, options: { readonly gamma: number }): Tensor {
  checkOptions("preference-distillation", options, ["gamma"]);
  checkNumber("gamma", options.gamma, { above: 0 });
  const { policyFirst, policySecond, rewardFirst, rewardSecond } = pairs;
  checkTensors({ policyFirst, policySecond, rewardFirst, rewardSecond });
  const z = tf.mul(tf.sub(policyFirst, policySecond), options.gamma);
  const preference = stopGradient(tf.sub(rewardFirst, rewardSecond));
  const towards = tf.mul(tf.sigmoid(preference), logSigmoid(z));
  const away = tf.mul(tf.sigmoid(tf.neg(preference)), logSigmoid(tf.neg(z)));
  return tf.neg(tf.add(towards, away));
}

/** Responses drawn from the policy being trained, each `[..., B]`; gradients flow through the policy's log-probs. */
export interface RewardedSamples {
  /** log π(y|x). */
  readonly policy: Tensor;
  /** log π_0(y|x). */
  readonly reference: Tensor;
  /** R(x, y). */
  readonly reward: Tensor;
}

/** Options of the reverse-KL losses. */
export interface ReverseKlOptions {
  /** γ, weight of the policy's entropy, >= 0; 0 leaves RLHF. */
  readonly gamma: number;
  /** b, weight of KL(π‖π_0), >= 0. */
  readonly klWeight: number;
}

/**
 * Reverse KL to the law that a reward model induces (15), from samples y ~ π: unbiased in value and in gradient.
 *
 *   value   −A(y),   A = R(y) − γ log π(y|x) − b (log π(y|x) − log π_0(y|x))
 *   slope   −(A(y) − baseline) ∇log π(y|x)
 *
 * @param samples log-probs in nats, summed over response tokens, and rewards, each `[..., B]`
 * @param options.baseline of A: a number or a tensor that broadcasts to `[..., B]`, independent of the sample; default 0
 * @returns per-example loss `[..., B]`, whose value is the objective's estimate
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const samples = { policy: tf.tensor1d([-2]), reference: tf.tensor1d([-3]), reward: tf.tensor1d([5]) };
 * assert.equal(reverseKl(samples, { gamma: 0.5, klWeight: 2 }).dataSync()[0], -5 - 1 + 2);
 * ```
 */
export function reverseKl(
  samples: RewardedSamples,
  options: ReverseKlOptions & { readonly baseline?: Tensor | number },
): Tensor {
  checkOptions("reverse-kl", options, ["gamma", "klWeight", "baseline"]);
  checkReverseKl(options);
  const { policy, reference, reward } = samples;
  checkTensors({ policy, reference, reward });
  const baseline = constantLike("baseline", options.baseline ?? 0, policy);
  return scoreFunctionEstimate(cost(samples, options), policy, tf.neg(baseline));
}

/**
 * The same objective by enumeration of all responses.
 *
 *   L = Σ_y π(y|x) [−R(y) + γ log π(y|x) + b (log π(y|x) − log π_0(y|x))]
 *
 * Least at π ∝ π_0^{b/(b+γ)} e^{R/(b+γ)} (appendix B).
 *
 * @param laws log-probs of all A responses of a prompt, and their rewards, each `[..., A]`
 * @returns `[...]`
 * @throws TypeError for shapes and unknown options; RangeError for numbers out of range or not finite, and for laws that
 * do not sum to 1
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const even = tf.tensor1d([0.5, 0.5].map(Math.log));
 * const laws = { policy: even, reference: even, reward: tf.tensor1d([1, 3]) };
 * assert.ok(Math.abs(exactReverseKl(laws, { gamma: 1, klWeight: 1 }).dataSync()[0] + 2 + Math.LN2) < 1e-6);
 * ```
 */
export function exactReverseKl(laws: RewardedSamples, options: ReverseKlOptions): Tensor {
  checkOptions("reverse-kl-exact", options, ["gamma", "klWeight"]);
  checkReverseKl(options);
  const { policy, reference, reward } = laws;
  checkTensors({ policy, reference, reward });
  checkLaws({ policy, reference });
  return tf.sum(tf.mul(tf.exp(policy), cost(laws, options)), -1);
}

function checkReverseKl({ gamma, klWeight }: ReverseKlOptions): void {
  checkNumber("gamma", gamma, { min: 0 });
  checkNumber("klWeight", klWeight, { min: 0 });
}

/** −R + γ log π + b (log π − log π_0). */
function cost({ policy, reference, reward }: RewardedSamples, { gamma, klWeight }: ReverseKlOptions): Tensor {
  // The log-ratio first: two log-probs of −900 that nearly agree lose no digits in their difference.
  const divergence = tf.mul(tf.sub(policy, stopGradient(reference)), klWeight);
  return tf.sub(tf.add(divergence, tf.mul(policy, gamma)), stopGradient(reward));
}

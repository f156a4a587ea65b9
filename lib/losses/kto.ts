/**
 * Unpaired losses of single responses marked desirable or not: KTO and the unpaired form of APO-zero.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid, meanLast, stopGradient } from "../tensor/ops.ts";
import { checkOptions, checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { byLabel, constantLike } from "./constant.ts";

/**
 * Log-probs of single responses in nats, each `[..., B]`, summed over response tokens. Gradients flow through the
 * policy's; the rest are constants.
 */
export interface JudgedLogps {
  /** log π(y|x), differentiable. */
  readonly policy: Tensor;
  /** log π_ref(y|x). */
  readonly reference: Tensor;
  /** 1 where the response is desirable, 0 where it is not. */
  readonly desirable: Tensor;
}

/** Options of {@linkcode apoZeroUnpaired}. */
export interface UnpairedOptions {
  /** Multiplies log-ratios, > 0. */
  readonly beta: number;
  /** Weight of desirable responses, >= 0; default 1. */
  readonly desirableWeight?: number;
  /** Weight of undesirable responses, >= 0; default 1. */
  readonly undesirableWeight?: number;
}

/** Options of {@linkcode kto}. */
export interface KtoOptions extends UnpairedOptions {
  /** z0 >= 0 in nats, before β: see {@linkcode ktoReferencePoint}. A number, or a tensor that broadcasts to `[..., B]`. */
  readonly referencePoint: Tensor | number;
}

const unpairedOptions = ["beta", "desirableWeight", "undesirableWeight"];

/**
 * KTO (Ethayarajh et al., Kahneman-Tversky optimisation), as in TRL's KTO trainer at f2cd577.
 *
 *   desirable:    L = w_D σ(−β(lr − z0))        lr = log π(y|x) − log π_ref(y|x)
 *   undesirable:  L = w_U σ( β(lr − z0))
 *
 * Lengths: log-probs are summed over tokens, not averaged. Weights are not renormalised: the mean over a batch is over
 * all its rows. Written with σ(−x) in place of the released 1 − σ(x), whose value and gradient vanish from x = 17 on in
 * float32.
 *
 * @param judged log-probs and labels, each `[..., B]`
 * @returns per-example loss `[..., B]`; in [0, w]
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const policy = tf.tensor1d([-4, -4]), reference = tf.tensor1d([-4, -4]), desirable = tf.tensor1d([1, 0]);
 * const loss = kto({ policy, reference, desirable }, { beta: 0.1, referencePoint: 0, undesirableWeight: 3 });
 * assert.deepEqual([...loss.dataSync()], [0.5, 1.5]);
 * ```
 */
export function kto(judged: JudgedLogps, options: KtoOptions): Tensor {
  checkOptions("kto", options, [...unpairedOptions, "referencePoint"]);
  return prospect(judged, options, options.referencePoint);
}

/**
 * APO-zero for single responses: the loss type `apo_zero_unpaired` of TRL's KTO trainer at f2cd577. Desirable responses
 * are pushed up and undesirable ones down, whatever the rest of the batch does: KTO with the reference point fixed at 0.
 *
 *   desirable:    L = w_D σ(−β lr)
 *   undesirable:  L = w_U σ( β lr)
 *
 * @param judged log-probs and labels, each `[..., B]`
 * @returns per-example loss `[..., B]`; at lr = 0 the slope in lr is −β w_D/4 and β w_U/4
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const reference = tf.tensor1d([-4, -4]), desirable = tf.tensor1d([1, 0]);
 * const slope = tf.grad((policy) => tf.sum(apoZeroUnpaired({ policy, reference, desirable }, { beta: 2 })));
 * assert.deepEqual([...slope(reference).dataSync()], [-0.5, 0.5]);
 * ```
 */
export function apoZeroUnpaired(judged: JudgedLogps, options: UnpairedOptions): Tensor {
  checkOptions("apo-zero-unpaired", options, unpairedOptions);
  return prospect(judged, options, 0);
}

function prospect(judged: JudgedLogps, options: UnpairedOptions, referencePoint: Tensor | number): Tensor {
  const { beta, desirableWeight = 1, undesirableWeight = 1 } = options;
  checkNumber("beta", beta, { above: 0 });
  checkNumber("desirableWeight", desirableWeight, { min: 0 });
  checkNumber("undesirableWeight", undesirableWeight, { min: 0 });
  const { policy, reference, desirable } = judged;
  checkTensors({ policy, reference, desirable });
  const z0 = constantLike("referencePoint", referencePoint, policy, { min: 0 });
  const gain = tf.mul(tf.sub(tf.sub(policy, stopGradient(reference)), z0), beta);
  const gained = logSigmoid(tf.mul(gain, byLabel("desirable", desirable, -1, 1)));
  return tf.mul(tf.exp(gained), byLabel("desirable", desirable, desirableWeight, undesirableWeight));
}

/**
 * KTO's reference point z0: the mean log-ratio over mismatched pairs, cut off at 0, without gradient.
 *
 *   z0 = max(0, mean_i [log π(y'_i|x_i) − log π_ref(y'_i|x_i)]),   y'_i a response to another prompt
 *
 * An estimate of KL(π‖π_ref), in nats, not yet multiplied by β. With accumulation it is the mean over *all*
 * micro-batches of a step: form it once from all of them. HALOs at 4831988 divides by the number of pairs whose log-ratio
 * is not exactly 0; here, as in TRL, by the number of pairs.
 *
 * Which response goes with which prompt, {@linkcode mismatchedRows} says: prompts repeat where pairs were taken apart, and
 * the next row's response is then often one to the same prompt.
 *
 * @param mismatched log-probs summed over response tokens `[..., M]`
 * @returns `[..., 1]`
 * @throws TypeError for shapes, RangeError for numbers that are not finite or when there is no pair
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const z0 = ktoReferencePoint({ policy: tf.tensor1d([-3, -1]), reference: tf.tensor1d([-4, -3]) });
 * assert.deepEqual([...z0.dataSync()], [1.5]);
 * ```
 */
export function ktoReferencePoint(mismatched: { readonly policy: Tensor; readonly reference: Tensor }): Tensor {
  const { policy, reference } = mismatched;
  checkTensors({ policy, reference });
  if (policy.rank === 0) throw new TypeError("policy: expected shape [..., M], got []");
  if (policy.size === 0) throw new RangeError(`policy: expected at least one mismatched pair, got [${policy.shape}]`);
  return stopGradient(tf.relu(meanLast(tf.sub(policy, reference), true)));
}

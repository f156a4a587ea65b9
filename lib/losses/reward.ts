/**
 * Reward models and regression onto rewards.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid, stopGradient } from "../tensor/ops.ts";
import { checkOptions, checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { constantLike } from "./constant.ts";

/** Rewards that a model gives to both responses of a pair, each `[..., B]`, differentiable. */
export interface PairedRewards {
  /** R(x, y_w). */
  readonly chosen: Tensor;
  /** R(x, y_l). */
  readonly rejected: Tensor;
}

/** Options of {@linkcode bradleyTerry}. */
export interface BradleyTerryOptions {
  /** What the rewards must differ by before the loss falls below log 2: a number or `[..., B]`, >= 0; default 0. */
  readonly margin?: Tensor | number;
}

/**
 * Likelihood of a Bradley-Terry reward model, with a margin.
 *
 *   L = −log σ(R(x,y_w) − R(x,y_l) − m)
 *
 * Without margin it is equation (9) of Yun et al., 2506.01523. With m = |Y_1 − Y_2| it is the reward model of the RLHF
 * baseline of Lin et al., 2402.14979.
 *
 * @param rewards of whole responses, each `[..., B]`
 * @returns per-example loss `[..., B]`; unchanged when a constant is added to all rewards
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const rewards = { chosen: tf.tensor1d([3]), rejected: tf.tensor1d([1]) };
 * assert.ok(Math.abs(bradleyTerry(rewards, { margin: 2 }).dataSync()[0] - Math.LN2) < 1e-6);
 * ```
 */
export function bradleyTerry(rewards: PairedRewards, options: BradleyTerryOptions = {}): Tensor {
  checkOptions("bradley-terry", options, ["margin"]);
  const { chosen, rejected } = rewards;
  checkTensors({ chosen, rejected });
  const margin = constantLike("margin", options.margin ?? 0, chosen, { min: 0 });
  return tf.neg(logSigmoid(tf.sub(tf.sub(chosen, rejected), margin)));
}

/** Two responses to one prompt, in no order, with a reward for each: `[..., B]`. Gradients flow through the policy's. */
export interface RatedPairs {
  /** log π(y_1|x). */
  readonly policyFirst: Tensor;
  /** log π(y_2|x). */
  readonly policySecond: Tensor;
  /** R(x, y_1). */
  readonly rewardFirst: Tensor;
  /** R(x, y_2). */
  readonly rewardSecond: Tensor;
}

/** What {@linkcode rebel} reads. */
export interface RebelPairs extends RatedPairs {
  /** log π_ref(y_1|x). */
  readonly referenceFirst: Tensor;
  /** log π_ref(y_2|x). */
  readonly referenceSecond: Tensor;
}

/**
 * REBEL: regression of relative rewards onto relative log-ratios, in the form of Yun et al., 2506.01523.
 *
 *   L = ([lr(y_1) − lr(y_2)] − η [R(y_1) − R(y_2)])²,   lr = log π(y|x) − log π_ref(y|x)
 *
 * Zero for all pairs at π ∝ π_ref e^{ηR}. The same pair the other way round has the same loss.
 *
 * @param pairs log-probs in nats, summed over response tokens, and rewards, each `[..., B]`
 * @param options.eta η, multiplies rewards, > 0
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [policyFirst, policySecond, rewardFirst, rewardSecond] = [-2, -5, 3, 1].map((v) => tf.tensor1d([v]));
 * const referenceFirst = tf.tensor1d([-3]), referenceSecond = tf.tensor1d([-3]);
 * const pairs = { policyFirst, policySecond, referenceFirst, referenceSecond, rewardFirst, rewardSecond };
 * assert.equal(rebel(pairs, { eta: 1 }).dataSync()[0], 1); // (3 − 2)²
 * ```
 */
export function rebel(pairs: RebelPairs, options: { readonly eta: number }): Tensor {
  checkOptions("rebel", options, ["eta"]);
  checkNumber("eta", options.eta, { above: 0 });
  const { policyFirst, policySecond, referenceFirst, referenceSecond, rewardFirst, rewardSecond } = pairs;
  checkTensors({ policyFirst, policySecond, referenceFirst, referenceSecond, rewardFirst, rewardSecond });
  const logRatios = tf.sub(
    tf.sub(policyFirst, stopGradient(referenceFirst)),
    tf.sub(policySecond, stopGradient(referenceSecond)),
  );
  const residual = tf.sub(logRatios, tf.mul(stopGradient(tf.sub(rewardFirst, rewardSecond)), options.eta));
  return tf.mul(residual, residual);
}

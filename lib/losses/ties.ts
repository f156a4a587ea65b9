/**
 * Bradley-Terry models that know ties: Davidson's and Rao and Kupper's.
 *
 * Both read rewards. With β times log-ratios of policy and reference in their place they are DPO that learns from ties
 * (Chen et al., "On Extending Direct Preference Optimization to Accommodate Ties", NeurIPS 2025, arXiv 2409.17431): a tie
 * pulls the two rewards together, where dropping the pair says nothing and calling it a win says something wrong.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { softplus } from "../tensor/ops.ts";
import { checkOptions, checkTensors, placed, rangeOf } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { byLabel } from "./constant.ts";
import type { PairedRewards } from "./reward.ts";

/** Rewards of both responses of a pair, and whether neither was better, each `[..., B]`. */
export interface TiedRewards extends PairedRewards {
  /** 1 where the pair is a tie, and it does not matter which response is called chosen; 0 where chosen won. */
  readonly tied: Tensor;
}

/** Probabilities of what a comparison can say of its first response; they sum to 1. */
export interface PairOutcome {
  /** It is preferred. */
  readonly win: number;
  /** Neither is. */
  readonly tie: number;
  /** The other is preferred. */
  readonly loss: number;
}

/**
 * Davidson's model of ties (Davidson, Journal of the American Statistical Association 65, 1970).
 *
 *   P(win) = 1/(1 + e^{−d} + ν e^{−d/2}),   P(tie) = ν e^{−d/2} P(win),   d = R(x,y_w) − R(x,y_l)
 *   L = −log P(win), or −log P(tie) where `tied`
 *
 * Odds of winning are Bradley-Terry's, e^d, whatever ν; a tie between equals has probability ν/(2 + ν). Chen et al. write 2ν
 * for ν.
 *
 * @param rewards of whole responses, or β times their log-ratios, with labels, each `[..., B]`
 * @param options.nu ν >= 0; 0 is Bradley-Terry, and then no pair may be a tie
 * @returns per-example loss `[..., B]`; unchanged when a constant is added to all rewards
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example Equals, of whom half tie
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const rewards = { chosen: tf.tensor1d([3, 3]), rejected: tf.tensor1d([3, 3]), tied: tf.tensor1d([1, 0]) };
 * const [tie, win] = davidson(rewards, { nu: 2 }).dataSync();
 * assert.ok(Math.abs(tie - Math.log(2)) < 1e-6 && Math.abs(win - Math.log(4)) < 1e-6);
 * ```
 */
export function davidson(rewards: TiedRewards, options: { readonly nu: number }): Tensor {
  checkOptions("davidson", options, ["nu"]);
  const { nu } = options;
  checkNumber("nu", nu, { min: 0 });
  const { difference, tied } = checked(rewards, nu === 0 ? "nu 0" : undefined);
  const either = softplus(tf.neg(difference));
  if (nu === 0) return either;
  const tie = tf.sub(Math.log(nu), tf.div(difference, 2));
  // log(1 + e^{−d} + ν e^{−d/2}) from the logarithm of its first two terms.
  return tf.sub(tf.add(either, softplus(tf.sub(tie, either))), tf.mul(tied, tie));
}

/**
 * Rao and Kupper's model of ties (Rao and Kupper, Journal of the American Statistical Association 62, 1967): differences
 * below log θ are not noticed.
 *
 *   P(win) = σ(d − α),   P(tie) = (θ² − 1) σ(d − α) σ(−d − α),   α = log θ,   d = R(x,y_w) − R(x,y_l)
 *   L = −log P(win), or −log P(tie) where `tied`
 *
 * A tie between equals has probability (θ − 1)/(θ + 1).
 *
 * @param rewards of whole responses, or β times their log-ratios, with labels, each `[..., B]`
 * @param options.theta θ >= 1; 1 is Bradley-Terry, and then no pair may be a tie
 * @returns per-example loss `[..., B]`; unchanged when a constant is added to all rewards
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example Equals, of whom half tie
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const rewards = { chosen: tf.tensor1d([3, 3]), rejected: tf.tensor1d([3, 3]), tied: tf.tensor1d([1, 0]) };
 * const [tie, win] = raoKupper(rewards, { theta: 3 }).dataSync();
 * assert.ok(Math.abs(tie - Math.log(2)) < 1e-6 && Math.abs(win - Math.log(4)) < 1e-6);
 * ```
 */
export function raoKupper(rewards: TiedRewards, options: { readonly theta: number }): Tensor {
  checkOptions("rao-kupper", options, ["theta"]);
  const { theta } = options;
  checkNumber("theta", theta, { min: 1 });
  const { difference, tied } = checked(rewards, theta === 1 ? "theta 1" : undefined);
  const alpha = Math.log(theta), win = softplus(tf.sub(alpha, difference));
  if (theta === 1) return win;
  const more = tf.sub(softplus(tf.add(alpha, difference)), Math.log((theta - 1) * (theta + 1)));
  return tf.add(win, tf.mul(tied, more));
}

/** @param never what gives ties no probability, in words */
function checked({ chosen, rejected, tied }: TiedRewards, never?: string): { difference: Tensor; tied: Tensor } {
  checkTensors({ chosen, rejected, tied });
  const labels = byLabel("tied", tied, 1, 0);
  if (never !== undefined && rangeOf(tied).high > 0) {
    const place = tied.dataSync().findIndex((value) => value === 1);
    throw new RangeError(`${placed("tied", tied, place)} is 1: a tie has probability 0 at ${never}`);
  }
  return { difference: tf.sub(chosen, rejected), tied: labels };
}

/**
 * Davidson's probabilities in float64: see {@linkcode davidson}.
 *
 * @param difference reward of the first response minus that of the second
 * @param nu ν >= 0
 * @throws RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(davidsonOutcome(0, 2), { win: 0.25, tie: 0.5, loss: 0.25 });
 * ```
 */
export function davidsonOutcome(difference: number, nu: number): PairOutcome {
  checkNumber("difference", difference, {});
  checkNumber("nu", nu, { min: 0 });
  // Over the larger of the two rewards, so that nothing overflows.
  const half = Math.exp(-Math.abs(difference) / 2), behind = half * half, tie = nu * half;
  const total = 1 + behind + tie, [better, worse] = [1 / total, behind / total];
  return difference >= 0
    ? { win: better, tie: tie / total, loss: worse }
    : { win: worse, tie: tie / total, loss: better };
}

/**
 * Rao and Kupper's probabilities in float64: see {@linkcode raoKupper}.
 *
 * @param difference reward of the first response minus that of the second
 * @param theta θ >= 1
 * @throws RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(raoKupperOutcome(0, 3), { win: 0.25, tie: 0.5, loss: 0.25 });
 * ```
 */
export function raoKupperOutcome(difference: number, theta: number): PairOutcome {
  checkNumber("difference", difference, {});
  checkNumber("theta", theta, { min: 1 });
  const behind = Math.exp(-Math.abs(difference));
  const better = 1 / (1 + theta * behind), worse = behind / (behind + theta);
  const tie = (theta - 1) * (theta + 1) * better * worse;
  return difference >= 0 ? { win: better, tie, loss: worse } : { win: worse, tie, loss: better };
}

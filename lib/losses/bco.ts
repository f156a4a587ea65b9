/**
 * BCO: binary classifier optimisation, with its reward shift as an explicit value.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid, stopGradient } from "../tensor/ops.ts";
import { checkOptions, checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { byLabel, constantLike } from "./constant.ts";
import type { JudgedLogps } from "./kto.ts";

/** Options of {@linkcode bco}. */
export interface BcoOptions {
  /** Multiplies log-ratios, > 0. */
  readonly beta: number;
  /** δ, subtracted from rewards: a number, or a tensor that broadcasts to `[..., B]`; see {@linkcode updateShift}. */
  readonly shift: Tensor | number;
}

/**
 * BCO (Jung et al., binary classifier optimisation, arXiv 2404.04656): the cross-entropy of a classifier of responses
 * whose logit is r − δ. So had it TRL's BCO trainer, `trl/experimental/bco/bco_trainer.py` up to version 1.13.0; 1.14.0
 * has none, and `bco_pair` of its DPO trainer, which stayed, has no δ (docs/trl.md).
 *
 *   desirable:    L = −log σ(r − δ)        r = β(log π(y|x) − log π_ref(y|x)), summed over response tokens
 *   undesirable:  L = −log σ(δ − r)
 *
 * @param judged log-probs and labels, each `[..., B]`
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const policy = tf.tensor1d([-3, -3]), reference = tf.tensor1d([-4, -4]), desirable = tf.tensor1d([1, 0]);
 * const loss = bco({ policy, reference, desirable }, { beta: 0.5, shift: 0.5 });
 * for (const value of loss.dataSync()) assert.ok(Math.abs(value - Math.LN2) < 1e-6);
 * ```
 */
export function bco(judged: JudgedLogps, options: BcoOptions): Tensor {
  checkOptions("bco", options, ["beta", "shift"]);
  checkNumber("beta", options.beta, { above: 0 });
  const { policy, reference, desirable } = judged;
  checkTensors({ policy, reference, desirable });
  const shift = constantLike("shift", options.shift, policy);
  const reward = tf.mul(tf.sub(policy, stopGradient(reference)), options.beta);
  return tf.neg(logSigmoid(tf.mul(tf.sub(reward, shift), byLabel("desirable", desirable, 1, -1))));
}

/** A running mean of rewards, one for each replicate. */
export interface RewardShift {
  /** δ of each row of the leading axes, flattened `[R]`; one number for a batch without leading axes. */
  readonly mean: Float64Array;
  /** Rewards behind each mean. */
  readonly count: number;
}

/**
 * The shift after one more batch: the mean of all rewards so far, desirable and undesirable ones alike.
 *
 * TRL 1.13.0 updates it *before* the loss of the same batch, in float32; here the order is the caller's, and sums are float64.
 *
 * @param shift the state so far, absent before the first batch
 * @param judged log-probs `[..., B]`; the labels do not matter
 * @param options.beta multiplies log-ratios, > 0
 * @throws TypeError for shapes or another number of replicates than before, RangeError for numbers out of range
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const reference = tf.tensor1d([-2, -2]);
 * const first = updateShift(undefined, { policy: tf.tensor1d([-4, -6]), reference }, { beta: 0.5 });
 * assert.equal(first.mean[0], -1.5);
 * const second = updateShift(first, { policy: tf.tensor1d([-2, 0]), reference }, { beta: 0.5 });
 * assert.deepEqual([second.mean[0], second.count], [-0.5, 4]);
 * ```
 */
export function updateShift(
  shift: RewardShift | undefined,
  judged: Pick<JudgedLogps, "policy" | "reference">,
  options: { readonly beta: number },
): RewardShift {
  checkOptions("updateShift", options, ["beta"]);
  checkNumber("beta", options.beta, { above: 0 });
  const { policy, reference } = judged;
  checkTensors({ policy, reference });
  if (policy.size === 0 || policy.rank === 0) {
    throw new TypeError(`policy: expected shape [..., B] with B >= 1, got [${policy.shape}]`);
  }
  const size = policy.shape[policy.rank - 1], rows = policy.size / size;
  const { mean, count } = shift ?? { mean: new Float64Array(rows), count: 0 };
  if (mean.length !== rows) {
    throw new TypeError(`shift: expected ${rows} means for policy [${policy.shape}], got ${mean.length}`);
  }
  const [trained, frozen] = [policy.dataSync(), reference.dataSync()];
  return {
    count: count + size,
    mean: mean.map((before, row) => {
      let sum = before * count;
      for (let i = row * size; i < (row + 1) * size; i++) sum += options.beta * (trained[i] - frozen[i]);
      return sum / (count + size);
    }),
  };
}

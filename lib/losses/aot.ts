/**
 * Alignment via optimal transport: the distribution of margins, not each margin, is to be better.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { stopGradient } from "../tensor/ops.ts";
import { checkTensors } from "./check.ts";
import { checkScale, logisticLoss, logRatios, type SmoothedOptions } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/**
 * AOT on pairs: the quantiles of the policy's margins exceed those of the reference's (Melnyk et al., NeurIPS 2024, arXiv
 * 2406.05882; TRL's `aot`).
 *
 *   L_(k) = −(1 − ε) log σ(βz_k) − ε log σ(−βz_k),   z_k = (log π(y_w) − log π(y_l))_(k) − (log π_ref(y_w) − log π_ref(y_l))_(k)
 *
 * with x_(k) the k-th smallest of the batch. Log-probs are summed over response tokens; β multiplies log-ratios. The value
 * depends on which examples share a batch: accumulating batches of 1 is DPO. Label smoothing is TRL's, not the paper's.
 *
 * @param logps each `[..., B]`; each row of the last axis is a batch
 * @returns loss of each quantile, ascending, not of each example `[..., B]`; gradients arrive at the examples
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example A policy with the reference's margins, exchanged between two prompts
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const five = tf.tensor1d([-5, -5]);
 * const logps = { policyChosen: tf.tensor1d([-4, 0]), policyRejected: five, referenceChosen: tf.tensor1d([0, -4]), referenceRejected: five };
 * assert.deepEqual([...aotPaired(logps, { beta: 1 }).dataSync()], [Math.LN2, Math.LN2].map(Math.fround));
 * ```
 */
export function aotPaired(logps: PairedLogps, options: SmoothedOptions): Tensor {
  checkScale("aot-paired", options, ["labelSmoothing"]);
  const { policyChosen, policyRejected, referenceChosen, referenceRejected } = logps;
  checkTensors({ policyChosen, policyRejected, referenceChosen, referenceRejected });
  return quantileLoss(
    tf.sub(policyChosen, policyRejected),
    stopGradient(tf.sub(referenceChosen, referenceRejected)),
    options,
  );
}

/**
 * AOT on unpaired samples: the quantiles of the chosen responses' log-ratios exceed those of the rejected ones' (Melnyk et
 * al., NeurIPS 2024, arXiv 2406.05882; TRL's `aot_unpaired`).
 *
 *   L_(k) = −(1 − ε) log σ(βz_k) − ε log σ(−βz_k),   z_k = (lr_w)_(k) − (lr_l)_(k)
 *
 * with x_(k) the k-th smallest of the batch: which rejected response belongs to which chosen one does not matter, only that
 * there are as many. Log-probs are summed over response tokens; β multiplies log-ratios. The value depends on which
 * examples share a batch: accumulating batches of 1 is DPO. Label smoothing is TRL's, not the paper's.
 *
 * @param logps each `[..., B]`; each row of the last axis is a batch
 * @returns loss of each quantile, ascending, not of each example `[..., B]`; gradients arrive at the examples
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const five = tf.tensor1d([-5, -5]);
 * const logps = { policyChosen: tf.tensor1d([-4, 0]), policyRejected: tf.tensor1d([0, -4]), referenceChosen: five, referenceRejected: five };
 * assert.deepEqual([...aotUnpaired(logps, { beta: 1 }).dataSync()], [Math.LN2, Math.LN2].map(Math.fround));
 * ```
 */
export function aotUnpaired(logps: PairedLogps, options: SmoothedOptions): Tensor {
  checkScale("aot-unpaired", options, ["labelSmoothing"]);
  const { chosen, rejected } = logRatios(logps);
  return quantileLoss(chosen, rejected, options);
}

function quantileLoss(better: Tensor, worse: Tensor, options: SmoothedOptions): Tensor {
  if (better.rank === 0) throw new TypeError("log-probs: expected shape [..., B], got []");
  return logisticLoss(tf.mul(tf.sub(sorted(better), sorted(worse)), options.beta), options.labelSmoothing);
}

/** Ascending along the last axis; the gradient goes back to where each number came from. */
function sorted(x: Tensor): Tensor {
  const op = tf.customGrad((input) => {
    const { shape } = input as Tensor;
    const values = (input as Tensor).dataSync<"float32">();
    const order = sortOrder(values, shape[shape.length - 1]);
    const out = new Float32Array(values.length);
    for (let place = 0; place < out.length; place++) out[place] = values[order[place]];
    return {
      value: tf.tensor(out, shape),
      gradFunc: (dy: Tensor) => {
        const upstream = dy.dataSync(), slopes = new Float32Array(upstream.length);
        for (let place = 0; place < slopes.length; place++) slopes[order[place]] = upstream[place];
        return tf.tensor(slopes, shape);
      },
    };
  });
  return op(x);
}

/**
 * For each place of each row, sorted, where its number stands in `values`.
 *
 * Numbers and places are packed into float64 keys, which sort without a comparison function, five times as fast.
 */
function sortOrder(values: Float32Array, size: number): Uint32Array {
  if (size > 2 ** 21) throw new RangeError(`log-probs: expected a batch of at most ${2 ** 21} examples, got ${size}`);
  const bits = new Uint32Array(values.slice().buffer), keys = new Float64Array(size);
  const order = new Uint32Array(values.length);
  for (let start = 0; start < values.length; start += size) {
    for (let i = 0; i < size; i++) {
      const b = bits[start + i];
      // The bits of floats are in the floats' order once negative ones are inverted and the others moved above them.
      keys[i] = (b >>> 31 ? ~b >>> 0 : b + 2 ** 31) * size + i;
    }
    keys.sort();
    for (let i = 0; i < size; i++) order[start + i] = start + keys[i] - Math.floor(keys[i] / size) * size;
  }
  return order;
}

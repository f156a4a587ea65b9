/**
 * Supervised fine-tuning: maximum likelihood of given responses.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { checkTensors } from "./check.ts";

/**
 * SFT: minus the log-prob of the response.
 *
 *   L = −log π(y|x)
 *
 * Whether long responses weigh more is decided by the log-probs given: summed over response tokens, the loss is the
 * likelihood of whole responses; averaged, every response weighs the same. The usual mean over all tokens of a batch is
 * neither: it is the sum of the summed losses divided by the number of tokens.
 *
 * @param policy log-probs in nats `[..., B]`
 * @returns per-example loss `[..., B]`
 * @throws RangeError naming the first log-prob that is not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.deepEqual([...sft(tf.tensor1d([-3, -0.5])).dataSync()], [3, 0.5]);
 * ```
 */
export function sft(policy: Tensor): Tensor {
  checkTensors({ policy });
  return tf.neg(policy);
}

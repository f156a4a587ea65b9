/**
 * Expectations under the policy being trained, estimated from its own samples.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { stopGradient } from "../tensor/ops.ts";
import { constantLike } from "./constant.ts";

/**
 * E_{y~π}[cost(y)] from samples: unbiased in value, and by the score function in gradient.
 *
 *   value cost(y),   gradient (cost(y) − b) ∇log π(y)
 *
 * @param cost of each sample, a constant `[..., B]`; where the cost itself is made of log π, its own gradient has
 * expectation 0 and is left out
 * @param policy log π(y) of each sample `[..., B]`, differentiable
 * @param baseline b, a number or a tensor that broadcasts to `[..., B]`; it must not depend on the sample it goes with
 * @returns `[..., B]`
 * @throws TypeError or RangeError for a baseline that does not broadcast or is not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const estimate = (policy: ReturnType<typeof tf.zeros>) => scoreFunctionEstimate(tf.tensor1d([3]), policy, 1);
 * assert.equal(estimate(tf.tensor1d([-1])).dataSync()[0], 3);
 * assert.equal(tf.grad((p) => tf.sum(estimate(p as never)))(tf.tensor1d([-1])).dataSync()[0], 2);
 * ```
 */
export function scoreFunctionEstimate(cost: Tensor, policy: Tensor, baseline: Tensor | number): Tensor {
  const fixed = stopGradient(cost);
  const weight = tf.sub(fixed, constantLike("baseline", baseline, policy));
  // log π minus itself: 0 to the bit, with the gradient of log π.
  return tf.add(fixed, tf.mul(weight, tf.sub(policy, stopGradient(policy))));
}

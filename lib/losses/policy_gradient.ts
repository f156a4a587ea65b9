/**
 * Reinforcement learning from a reward: score-function surrogates, and the RLHF objective.
 *
 * Samples must come from the policy being trained: the gradients are unbiased for those alone.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { meanLast, stopGradient } from "../tensor/ops.ts";
import { checkOptions, checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { constantLike } from "./constant.ts";
import { exactReverseKl, reverseKl, type RewardedSamples } from "./distribution.ts";

/**
 * REINFORCE: a surrogate whose expected gradient is that of −E_{y~π}[R(y)].
 *
 *   L = −(R(y) − b) log π(y|x),   y ~ π
 *
 * Its value means nothing: compare rewards, not losses.
 *
 * @param samples log-probs in nats, summed over response tokens, and rewards, each `[..., B]`
 * @param options.baseline b, a number or a tensor that broadcasts to `[..., B]`, independent of the sample; default 0
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers that are not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const samples = { policy: tf.tensor1d([-2]), reward: tf.tensor1d([3]) };
 * assert.equal(reinforce(samples, { baseline: 1 }).dataSync()[0], 4);
 * ```
 */
export function reinforce(
  samples: Pick<RewardedSamples, "policy" | "reward">,
  options: { readonly baseline?: Tensor | number } = {},
): Tensor {
  checkOptions("reinforce", options, ["baseline"]);
  const { policy, reward } = samples;
  checkTensors({ policy, reward });
  return tf.mul(tf.sub(constantLike("baseline", options.baseline ?? 0, policy), stopGradient(reward)), policy);
}

/**
 * RLOO: REINFORCE with the mean reward of the prompt's other samples as baseline.
 *
 *   L_j = −(R_j − 1/(K−1) Σ_{i≠j} R_i) log π(y_j|x),   y_1 .. y_K ~ π(·|x) independent
 *
 * The gradient of the mean over j is unbiased for that of −E[R]; a constant added to all rewards changes nothing.
 *
 * @param samples K responses to each prompt: log-probs in nats, summed over response tokens, and rewards, `[..., K]`
 * @returns per-example loss `[..., K]`
 * @throws TypeError for shapes; RangeError for numbers that are not finite, or fewer than two samples a prompt
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const samples = { policy: tf.tensor1d([-1, -1, -2]), reward: tf.tensor1d([0, 3, 6]) };
 * assert.deepEqual([...rloo(samples).dataSync()], [-4.5, 0, 9]);
 * ```
 */
export function rloo(samples: Pick<RewardedSamples, "policy" | "reward">): Tensor {
  const { policy, reward } = samples;
  checkTensors({ policy, reward });
  const size = policy.rank === 0 ? 0 : policy.shape[policy.rank - 1];
  if (size < 2) throw new RangeError(`policy: expected at least two samples a prompt, got [${policy.shape}]`);
  const centred = tf.sub(reward, meanLast(reward, true));
  // R_j minus the mean of the others is K/(K−1) times R_j minus the mean of all.
  return tf.mul(tf.mul(stopGradient(centred), size / (1 - size)), policy);
}

/**
 * Minus the RLHF objective, from samples y ~ π: unbiased in value and in gradient.
 *
 *   value   −A(y),   A = R(y) − β (log π(y|x) − log π_ref(y|x))
 *   slope   −(A(y) − b) ∇log π(y|x)
 *
 * The reverse-KL loss of {@linkcode reverseKl} without entropy (Yun et al., 2506.01523, (15) at γ = 0).
 *
 * @param samples log-probs in nats, summed over response tokens, and rewards, each `[..., B]`
 * @param options.beta weight of KL(π‖π_ref), > 0
 * @param options.baseline b of A: a number or a tensor that broadcasts to `[..., B]`, independent of the sample; default 0
 * @returns per-example loss `[..., B]`, whose mean is minus the objective's estimate
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const samples = { policy: tf.tensor1d([-2]), reference: tf.tensor1d([-4]), reward: tf.tensor1d([5]) };
 * assert.equal(rlhf(samples, { beta: 0.5 }).dataSync()[0], -4);
 * ```
 */
export function rlhf(
  samples: RewardedSamples,
  options: { readonly beta: number; readonly baseline?: Tensor | number },
): Tensor {
  checkOptions("rlhf", options, ["beta", "baseline"]);
  checkNumber("beta", options.beta, { above: 0 });
  return reverseKl(samples, { gamma: 0, klWeight: options.beta, baseline: options.baseline });
}

/**
 * Minus the RLHF objective by enumeration of all responses.
 *
 *   L = −Σ_y π(y|x) R(y) + β KL(π‖π_ref),   least at π ∝ π_ref e^{R/β}
 *
 * @param laws log-probs of all A responses of a prompt, and their rewards, each `[..., A]`
 * @param options.beta weight of KL(π‖π_ref), > 0
 * @returns `[...]`
 * @throws TypeError for shapes and unknown options; RangeError for numbers out of range or not finite, and for laws that
 * do not sum to 1
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const even = tf.tensor1d([0.5, 0.5].map(Math.log));
 * const loss = exactRlhf({ policy: even, reference: even, reward: tf.tensor1d([1, 3]) }, { beta: 1 });
 * assert.ok(Math.abs(loss.dataSync()[0] + 2) < 1e-6);
 * ```
 */
export function exactRlhf(laws: RewardedSamples, options: { readonly beta: number }): Tensor {
  checkOptions("rlhf-exact", options, ["beta"]);
  checkNumber("beta", options.beta, { above: 0 });
  return exactReverseKl(laws, { gamma: 0, klWeight: options.beta });
}

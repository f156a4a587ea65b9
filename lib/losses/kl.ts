/**
 * Divergences between policies: exact by enumeration, and estimated from samples.
 *
 * Orientation: the *reverse* KL of a policy to a reference is `exactKl(policy, reference)`, the *forward* KL is
 * `exactKl(reference, policy)`.
 *
 * Which estimate of the reverse KL to put into a loss is decided by its gradient, not its value. With samples from the
 * policy, E[k1] = E[k3] = KL(π‖π_ref), but differentiating the sampled value gives in expectation
 *
 *   E[∇k1] = 0,   E[∇k2] = ∇KL(π‖π_ref),   E[∇k3] = ∇KL(π_ref‖π)
 *
 * so k3 as a penalty minimises the *forward* KL, k1 minimises nothing, and k2, whose value is biased, has the right
 * gradient. {@linkcode reverseKlPenalty} has the right value and the right gradient. As part of a reward, where only the
 * value counts, k1 and k3 are both right.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { softplus, stopGradient } from "../tensor/ops.ts";
import { checkOptions, checkTensors, placed } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { scoreFunctionEstimate } from "./score_function.ts";

/**
 * Checks that log-probs are those of a law: raw logits in their place are the classic mistake.
 *
 * @param tensors by argument name, each `[..., A]`, all of one shape
 * @throws TypeError for shapes; RangeError for numbers that are not finite, and naming the slice whose probabilities do
 * not sum to 1 within 0.001
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.throws(() => checkLaws({ policy: tf.tensor1d([0, 0]) }), {
 *   message: "policy: the probabilities of law 0 sum to 2: expected log-probs, normalised over the last axis",
 * });
 * ```
 */
export function checkLaws(tensors: Readonly<Record<string, Tensor>>): void {
  checkTensors(tensors);
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.rank === 0) throw new TypeError(`${name}: expected shape [..., A], got []`);
    const values = tensor.dataSync(), width = tensor.shape[tensor.rank - 1];
    for (let law = 0; law * width < values.length; law++) {
      let total = 0;
      for (let a = law * width; a < (law + 1) * width; a++) total += Math.exp(values[a]);
      if (Math.abs(total - 1) <= 1e-3) continue;
      throw new RangeError(
        `${name}: the probabilities of law ${law} sum to ${total}: expected log-probs, normalised over the last axis`,
      );
    }
  }
}

/**
 * KL(p‖q) by enumeration, in nats.
 *
 *   KL = Σ_a p(a) (log p(a) − log q(a))
 *
 * @param p log-probs of all A outcomes `[..., A]`
 * @param q log-probs of the same outcomes `[..., A]`
 * @returns `[...]`; gradients flow through both
 * @throws TypeError for shapes; RangeError where a number is not finite or a law does not sum to 1
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [p, q] = [[0.5, 0.5], [0.25, 0.75]].map((law) => tf.tensor1d(law.map(Math.log)));
 * assert.ok(Math.abs(exactKl(p, q).dataSync()[0] - 0.5 * Math.log(4 / 3)) < 1e-6);
 * ```
 */
export function exactKl(p: Tensor, q: Tensor): Tensor {
  checkLaws({ p, q });
  return tf.sum(tf.mul(tf.exp(p), tf.sub(p, q)), -1);
}

/**
 * Generalised Jensen-Shannon divergence by enumeration, in nats.
 *
 *   JS_w = w KL(p‖m) + (1 − w) KL(q‖m),   m = w p + (1 − w) q
 *
 * It vanishes as w nears 0 or 1, like w KL(p‖q) and (1 − w) KL(q‖p); the ends are refused rather than defined as the KLs,
 * which would be a jump.
 *
 * @param p log-probs of all A outcomes `[..., A]`
 * @param q log-probs of the same outcomes `[..., A]`
 * @param options.weight w of p in the mixture, in (0, 1); 0.5 is symmetric
 * @returns `[...]`; gradients flow through both
 * @throws TypeError for shapes; RangeError where a number is not finite or out of range, or a law does not sum to 1
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const p = tf.tensor1d([-1e-9, -50]), q = tf.tensor1d([-50, -1e-9]); // as good as disjoint
 * assert.ok(Math.abs(exactJensenShannon(p, q, { weight: 0.5 }).dataSync()[0] - Math.LN2) < 1e-6);
 * ```
 */
export function exactJensenShannon(p: Tensor, q: Tensor, options: { readonly weight: number }): Tensor {
  checkOptions("exactJensenShannon", options, ["weight"]);
  checkNumber("weight", options.weight, { above: 0, below: 1 });
  checkLaws({ p, q });
  const w = options.weight;
  // log m − log p = log w + log(1 + e^{log q − log p + log((1−w)/w)}), and the same from q's side.
  const ratio = tf.add(tf.sub(q, p), Math.log1p(-w) - Math.log(w));
  const overP = tf.add(softplus(ratio), Math.log(w));
  const overQ = tf.add(softplus(tf.neg(ratio)), Math.log1p(-w));
  const terms = tf.add(tf.mul(tf.mul(tf.exp(p), overP), -w), tf.mul(tf.mul(tf.exp(q), overQ), w - 1));
  return tf.sum(terms, -1);
}

/**
 * α-divergence by enumeration.
 *
 *   D_α = (Σ_a p(a)^α q(a)^{1−α} − 1) / (α(α − 1))
 *
 * It tends to KL(p‖q) as α → 1 and to KL(q‖p) as α → 0; use {@linkcode exactKl} there. Within 0.01 of either end float32
 * keeps few digits. With u = p/q its generator has slope (u^{α−1} − 1)/(α − 1): the score of TRL's f-divergence DPO at
 * f2cd577 with the same α, and of earlier TRL releases with 1 − α.
 *
 * @param p log-probs of all A outcomes `[..., A]`
 * @param q log-probs of the same outcomes `[..., A]`
 * @param options.alpha any number but 0 and 1
 * @returns `[...]`; gradients flow through both
 * @throws TypeError for shapes; RangeError where a number is not finite or out of range, or a law does not sum to 1
 * @example At α = 1/2 it is four times the squared Hellinger distance
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [p, q] = [[0.5, 0.5], [0.1, 0.9]].map((law) => tf.tensor1d(law.map(Math.log)));
 * const affinity = Math.sqrt(0.05) + Math.sqrt(0.45);
 * assert.ok(Math.abs(exactAlpha(p, q, { alpha: 0.5 }).dataSync()[0] - 4 * (1 - affinity)) < 1e-6);
 * ```
 */
export function exactAlpha(p: Tensor, q: Tensor, options: { readonly alpha: number }): Tensor {
  checkOptions("exactAlpha", options, ["alpha"]);
  const { alpha } = options;
  checkNumber("alpha", alpha, {});
  if (alpha === 0 || alpha === 1) {
    throw new RangeError(`alpha: expected a number other than 0 and 1, whose limits are exactKl, got ${alpha}`);
  }
  checkLaws({ p, q });
  const powers = tf.exp(tf.add(tf.mul(p, alpha), tf.mul(q, 1 - alpha)));
  return tf.div(tf.sub(tf.sum(powers, -1), 1), alpha * (alpha - 1));
}

/**
 * k1: the log-ratio itself. Unbiased for KL(π‖π_ref), not signed, and its gradient has expectation 0.
 *
 *   k1 = log π(y) − log π_ref(y),   y ~ π
 *
 * @param logRatio in nats, any shape
 * @returns the same shape
 * @throws RangeError for a number that is not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(k1(tf.scalar(-0.5)).dataSync()[0], -0.5);
 * ```
 */
export function k1(logRatio: Tensor): Tensor {
  checkTensors({ logRatio });
  return logRatio;
}

/**
 * k2: half the squared log-ratio. Biased for KL(π‖π_ref), by third order in the log-ratio; its gradient is unbiased.
 *
 *   k2 = (log π(y) − log π_ref(y))² / 2,   y ~ π
 *
 * @param logRatio in nats, any shape
 * @returns the same shape, >= 0
 * @throws RangeError for a number that is not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(k2(tf.scalar(-0.5)).dataSync()[0], 0.125);
 * ```
 */
export function k2(logRatio: Tensor): Tensor {
  checkTensors({ logRatio });
  return tf.mul(tf.mul(logRatio, logRatio), 0.5);
}

/**
 * k3: unbiased for KL(π‖π_ref) and never negative; but its gradient is in expectation that of KL(π_ref‖π).
 *
 *   k3 = e^{−lr} − 1 + lr,   lr = log π(y) − log π_ref(y),   y ~ π
 *
 * @param logRatio in nats, any shape; above −88.7, where the value leaves float32
 * @returns the same shape, >= 0
 * @throws RangeError for a number that is not finite, or whose k3 is not
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.ok(Math.abs(k3(tf.scalar(1e-3)).dataSync()[0] / 5e-7 - 1) < 1e-3); // lr²/2 near 0
 * ```
 */
export function k3(logRatio: Tensor): Tensor {
  checkTensors({ logRatio });
  const op = tf.customGrad((value) => {
    const { shape } = value as Tensor;
    // In float64 on the host: near 0 the three terms cancel to lr²/2, of which float32 keeps nothing below 1e-3.
    const input = (value as Tensor).dataSync();
    const out = new Float32Array(input.length), slope = new Float32Array(input.length);
    for (let i = 0; i < input.length; i++) {
      slope[i] = -Math.expm1(-input[i]);
      out[i] = Math.expm1(-input[i]) + input[i];
      if (Number.isFinite(out[i])) continue;
      throw new RangeError(
        `${placed("logRatio", logRatio, i)}: k3 overflows float32, at a log of ${Number((-input[i]).toFixed(3))}`,
      );
    }
    return { value: tf.tensor(out, shape), gradFunc: (dy: Tensor) => tf.mul(dy, tf.tensor(slope, shape)) };
  });
  return op(logRatio);
}

/**
 * The reverse KL as a penalty on samples from the policy: unbiased in value *and* in gradient.
 *
 *   value lr, gradient (lr − b) ∇log π(y),   lr = log π(y) − log π_ref(y),   y ~ π
 *
 * The b·KL(π‖π_0) of preference maximum likelihood and distillation (Yun et al., 2506.01523, (5) and (12)).
 *
 * @param samples log-probs of responses drawn from the policy, summed over their tokens, each `[..., B]`
 * @param options.baseline b, a number: leaves the gradient's expectation, changes its variance; default 0
 * @returns `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers that are not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const reference = tf.tensor1d([-3]);
 * const slope = tf.grad((policy) => tf.sum(reverseKlPenalty({ policy, reference }, {})));
 * assert.deepEqual([...slope(tf.tensor1d([-1])).dataSync()], [2]);
 * ```
 */
export function reverseKlPenalty(
  samples: { readonly policy: Tensor; readonly reference: Tensor },
  options: { readonly baseline?: number },
): Tensor {
  checkOptions("reverse-kl-penalty", options, ["baseline"]);
  const { policy, reference } = samples;
  checkTensors({ policy, reference });
  return scoreFunctionEstimate(tf.sub(stopGradient(policy), stopGradient(reference)), policy, options.baseline ?? 0);
}

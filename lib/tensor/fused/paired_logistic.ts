/**
 * The logistic loss of pairs of responses, from four log-probabilities.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { stopGradient } from "../ops.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";
import { softplus } from "./softplus.ts";

/** Log-probs in nats, each `[..., B]`. */
interface Pairs {
  /** Of the chosen responses under the policy. */
  readonly policyChosen: Tensor;
  /** Of the rejected responses under the policy. */
  readonly policyRejected: Tensor;
  /** Of the chosen responses under the reference; held fixed. */
  readonly referenceChosen: Tensor;
  /** Of the rejected responses under the reference; held fixed. */
  readonly referenceRejected: Tensor;
}

/**
 * log(1 + e^{−x}) + ε·x with x = β·((πc − rc) − (πr − rr)), which is −(1 − ε) log σ(x) − ε log σ(−x), elementwise.
 *
 * @param pairs of one shape
 * @param beta β
 * @param smoothing ε
 * @returns of the same shape; differentiable in the policy
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const at = (x: number) => tf.tensor1d([x]);
 * const pairs = { policyChosen: at(-1), policyRejected: at(-1), referenceChosen: at(-2), referenceRejected: at(-2) };
 * assert.equal(pairedLogistic(pairs, 0.1, 0).dataSync()[0], Math.fround(Math.LN2));
 * ```
 */
export function pairedLogistic(pairs: Pairs, beta: number, smoothing: number): Tensor {
  if (!hasKernel("PairedLogistic")) return plainPairedLogistic(pairs, beta, smoothing);
  const attributes = { beta, smoothing };
  const op = tf.customGrad((...given) => {
    const [a, b, ra, rb, save] = given as unknown as [Tensor, Tensor, Tensor, Tensor, Save];
    save([a, b, ra, rb]);
    return {
      value: runKernel("PairedLogistic", { a, b, ra, rb }, attributes)[0],
      gradFunc: (dy: Tensor, [a, b, ra, rb]: Tensor[]) => [
        ...runKernel("PairedLogisticGrad", { a, b, ra, rb, dy }, attributes),
        tf.zerosLike(ra),
        tf.zerosLike(rb),
      ],
    };
  });
  return op(pairs.policyChosen, pairs.policyRejected, pairs.referenceChosen, pairs.referenceRejected);
}

/** The same in stock operations, for engines without the kernel. */
function plainPairedLogistic(pairs: Pairs, beta: number, smoothing: number): Tensor {
  const { policyChosen, policyRejected, referenceChosen, referenceRejected } = pairs;
  const chosen = tf.sub(policyChosen, stopGradient(referenceChosen));
  const rejected = tf.sub(policyRejected, stopGradient(referenceRejected));
  const x = tf.mul(tf.sub(chosen, rejected), beta);
  const loss = softplus(tf.neg(x));
  return smoothing === 0 ? loss : tf.add(loss, tf.mul(x, smoothing));
}

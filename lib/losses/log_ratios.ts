/**
 * What the paired losses share: log-ratios of policy and reference, and the logistic loss of a margin.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid, softplus, stopGradient } from "../tensor/ops.ts";
import { checkOptions, checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import type { PairedLogps } from "./types.ts";

/** Options of losses that have a scale and nothing else. */
export interface ScaleOptions {
  /** Multiplies log-ratios, > 0; there is no default, because papers and programs differ. */
  readonly beta: number;
}

/** Options of logistic losses. */
export interface SmoothedOptions extends ScaleOptions {
  /** Probability ε that a preference is the wrong way round, in [0, 0.5); default 0. */
  readonly labelSmoothing?: number;
}

/** log π(y|x) − log π_ref(y|x) in nats, each `[..., B]`. */
export interface LogRatios {
  /** Of the chosen responses. */
  readonly chosen: Tensor;
  /** Of the rejected responses. */
  readonly rejected: Tensor;
}

/**
 * Log-ratios of checked pairs; the reference is held fixed.
 *
 * @param logps each `[..., B]`
 * @returns each `[..., B]`
 * @throws TypeError naming what is no tensor or has another shape, RangeError naming a log-prob that is not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const at = (logp: number) => tf.tensor1d([logp]);
 * const { chosen, rejected } = logRatios({
 *   policyChosen: at(-1), policyRejected: at(-4), referenceChosen: at(-2), referenceRejected: at(-3),
 * });
 * assert.deepEqual([chosen.dataSync()[0], rejected.dataSync()[0]], [1, -1]);
 * ```
 */
export function logRatios(
  { policyChosen, policyRejected, referenceChosen, referenceRejected }: PairedLogps,
): LogRatios {
  checkTensors({ policyChosen, policyRejected, referenceChosen, referenceRejected });
  return {
    chosen: tf.sub(policyChosen, stopGradient(referenceChosen)),
    rejected: tf.sub(policyRejected, stopGradient(referenceRejected)),
  };
}

/**
 * Checks that a loss is given β, and nothing that it would ignore.
 *
 * @param name of the loss
 * @param others names of its other options
 * @throws TypeError for an unknown option, RangeError when β is not a number above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkScale("hinge", { beta: 0 }), { message: "beta: expected a number > 0, got 0" });
 * ```
 */
export function checkScale(name: string, options: ScaleOptions, others: readonly string[] = []): void {
  checkOptions(name, options, ["beta", ...others]);
  checkNumber("beta", options.beta, { above: 0 });
}

/**
 * Logistic loss of a scaled margin with smoothed labels.
 *
 *   −(1 − ε) log σ(x) − ε log σ(−x) = log(1 + e^{−x}) + ε x
 *
 * @param x scaled margin `[..., B]`
 * @returns `[..., B]`
 * @throws RangeError when ε is outside [0, 0.5)
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(logisticLoss(tf.scalar(-200), 0.25).dataSync()[0], 150);
 * ```
 */
export function logisticLoss(x: Tensor, labelSmoothing = 0): Tensor {
  checkNumber("labelSmoothing", labelSmoothing, { min: 0, below: 0.5 });
  const loss = softplus(tf.neg(x));
  return labelSmoothing === 0 ? loss : tf.add(loss, tf.mul(x, labelSmoothing));
}

/**
 * σ(x) = e^{log σ(x)}, elementwise: value and slope σ(x)σ(−x) keep their digits at both ends, where the stock gradient
 * σ(1 − σ) is 0 from x = 17 on.
 *
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const slope = tf.grad((x) => logistic(x as ReturnType<typeof tf.scalar>))(tf.scalar(30)).dataSync()[0];
 * assert.ok(Math.abs(slope / Math.exp(-30) - 1) < 1e-5);
 * ```
 */
export function logistic(x: Tensor): Tensor {
  return tf.exp(logSigmoid(x));
}

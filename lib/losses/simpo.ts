/**
 * SimPO: preference optimisation on average log-probs, without a reference.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { checkNumber } from "./check_number.ts";
import { checkSmoothing, type Link, transformedMargin, withFiniteTransform } from "./contrastive.ts";
import type { PolicyPair } from "./dpo.ts";
import { checkScale, logisticLoss, type SmoothedOptions } from "./log_ratios.ts";

/** Options of {@linkcode simpo}. */
export interface SimpoOptions extends SmoothedOptions {
  /** Target margin γ >= 0 of rewards, after β; must be given. The released code's `gamma_beta_ratio` is γ/β. */
  readonly gamma: number;
  /** Default "sigmoid", the paper's. Label smoothing goes with "sigmoid" alone. */
  readonly link?: Exclude<Link, "ipo">;
  /** AlphaPO's α: log-probs become (1 − π^{−α})/α; default 0, the log-prob itself. */
  readonly alpha?: number;
}

/**
 * SimPO (Meng et al., NeurIPS 2024, arXiv 2405.14734); with α AlphaPO (Gupta et al., 2025, arXiv 2501.03884).
 *
 *   sigmoid:  L = −(1 − ε) log σ(x) − ε log σ(−x)        hinge:  L = max(0, 1 − x)
 *   x = β(t(l_w) − t(l_l)) − γ,   l = log π(y|x)/|y|,   t(l) = (1 − e^{−αl})/α,   t(l) = l for α = 0
 *
 * Log-probs are *averaged* over response tokens; β multiplies them, not γ. Label smoothing and hinge are of the released
 * code, not the paper. Departure: HALOs takes |y| as the number of tokens whose log-prob is not exactly 0.
 *
 * @param logps averaged over response tokens, each `[..., B]`
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and options that are unknown or have no effect, RangeError for numbers out of range or not
 * finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logps = { policyChosen: tf.tensor1d([-0.25]), policyRejected: tf.tensor1d([-0.75]) };
 * assert.equal(simpo(logps, { beta: 2, gamma: 1 }).dataSync()[0], Math.fround(Math.LN2));
 * ```
 */
export function simpo(logps: PolicyPair, options: SimpoOptions): Tensor {
  checkScale("simpo", options, ["gamma", "labelSmoothing", "link", "alpha"]);
  const { gamma, link = "sigmoid", beta } = options;
  checkNumber("gamma", gamma, { min: 0 });
  const x = tf.sub(tf.mul(transformedMargin(logps, options.alpha), beta), gamma);
  checkSmoothing(options, link);
  switch (link) {
    case "sigmoid":
      return withFiniteTransform(logisticLoss(x, options.labelSmoothing), logps, options.alpha);
    case "hinge":
      return withFiniteTransform(tf.relu(tf.sub(1, x)), logps, options.alpha);
    default:
      throw new RangeError(`link: expected one of sigmoid, hinge, got ${link}`);
  }
}

/**
 * Contrastive preference optimisation. Elsewhere its letters are CPO; here those belong to the causal method alone.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import type { PolicyPair } from "./dpo.ts";
import { powerDifference, withFiniteScores } from "./f_divergence.ts";
import { checkScale, logisticLoss, type SmoothedOptions } from "./log_ratios.ts";

/** How a margin becomes a loss. */
export type Link = "sigmoid" | "hinge" | "ipo";

/** Options of {@linkcode contrastivePo}. */
export interface ContrastiveOptions extends SmoothedOptions {
  /** Default "sigmoid", the paper's. Label smoothing goes with "sigmoid" alone. */
  readonly link?: Link;
  /** AlphaPO's α: log-probs become (1 − π^{−α})/α; default 0, the log-prob itself. */
  readonly alpha?: number;
}

/**
 * The preference term of contrastive preference optimisation (Xu et al., ICML 2024, arXiv 2401.08417); with α the reward of
 * AlphaPO (Gupta et al., 2025, arXiv 2501.03884).
 *
 *   sigmoid:  L = −(1 − ε) log σ(βz) − ε log σ(−βz)
 *   hinge:    L = max(0, 1 − βz)
 *   ipo:      L = (z − 1/(2β))²
 *   z = t(log π(y_w|x)) − t(log π(y_l|x)),   t(l) = (1 − e^{−αl})/α,   t(l) = l for α = 0
 *
 * NOT causal preference optimisation. Log-probs are summed over response tokens for sigmoid and hinge, averaged for ipo and
 * for α ≠ 0, as in TRL; which, is the caller's input. Departures: the paper's second term, the likelihood of chosen
 * responses, is the caller's to add (`sft`); TRL averages it over the tokens of a batch, while this term is a sum over
 * them. TRL forms π^{−α} from π, which underflows for log-probs below −745 (−88 in float32).
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and options that are unknown or have no effect, RangeError for numbers out of range or not
 * finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logps = { policyChosen: tf.tensor1d([-2]), policyRejected: tf.tensor1d([-3]) };
 * assert.equal(contrastivePo(logps, { beta: 0.25, link: "hinge" }).dataSync()[0], 0.75);
 * ```
 */
export function contrastivePo(logps: PolicyPair, options: ContrastiveOptions): Tensor {
  checkScale("contrastive-po", options, ["labelSmoothing", "link", "alpha"]);
  const { link = "sigmoid", beta } = options;
  const z = transformedMargin(logps, options.alpha);
  checkSmoothing(options, link);
  const linked = () => {
    switch (link) {
      case "sigmoid":
        return logisticLoss(tf.mul(z, beta), options.labelSmoothing);
      case "hinge":
        return tf.relu(tf.sub(1, tf.mul(z, beta)));
      case "ipo": {
        const error = tf.sub(z, 1 / (2 * beta));
        return tf.mul(error, error);
      }
      default:
        throw new RangeError(`link: expected one of sigmoid, hinge, ipo, got ${link}`);
    }
  };
  return withFiniteTransform(linked(), logps, options.alpha);
}

/**
 * t(log π(y_w|x)) − t(log π(y_l|x)) for AlphaPO's t, of checked log-probs.
 *
 * @param logps each `[..., B]`
 * @param alpha default 0: the difference itself
 * @returns `[..., B]`
 * @throws TypeError for shapes, RangeError for numbers that are not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logps = { policyChosen: tf.tensor1d([0]), policyRejected: tf.tensor1d([-1]) };
 * assert.ok(Math.abs(transformedMargin(logps, 1).dataSync()[0] - (Math.E - 1)) < 1e-6);
 * ```
 */
export function transformedMargin({ policyChosen, policyRejected }: PolicyPair, alpha = 0): Tensor {
  checkTensors({ policyChosen, policyRejected });
  checkNumber("alpha", alpha, {});
  return powerDifference(policyChosen, policyRejected, alpha);
}

/**
 * A loss of transformed log-probs, where none has left float32.
 *
 * @param loss `[..., B]`
 * @param alpha AlphaPO's α, as for {@linkcode transformedMargin}
 * @throws RangeError naming the response whose power makes the loss infinite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logps = { policyChosen: tf.tensor1d([-200]), policyRejected: tf.tensor1d([-1]) };
 * assert.throws(() => withFiniteTransform(tf.tensor1d([Infinity]), logps, 0.5), {
 *   message: "policyChosen[0]: its score overflows float32, at a log of 100",
 * });
 * ```
 */
export function withFiniteTransform(loss: Tensor, { policyChosen, policyRejected }: PolicyPair, alpha = 0): Tensor {
  return withFiniteScores(loss, { chosen: policyChosen, rejected: policyRejected }, alpha);
}

/**
 * Checks that label smoothing is asked for only where it acts.
 *
 * @throws TypeError when it is given with a link that ignores it
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkSmoothing({ labelSmoothing: 0.1 }, "hinge"), {
 *   message: "labelSmoothing: has no effect with link hinge",
 * });
 * ```
 */
export function checkSmoothing({ labelSmoothing }: { readonly labelSmoothing?: number }, link: Link): void {
  if (labelSmoothing !== undefined && link !== "sigmoid") {
    throw new TypeError(`labelSmoothing: has no effect with link ${link}`);
  }
}

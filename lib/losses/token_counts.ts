/**
 * Log-ratios per token.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { stopGradient } from "../tensor/ops.ts";
import { checkTensors } from "./check.ts";
import type { LogRatios } from "./log_ratios.ts";

/** Numbers of scored tokens of responses, each `[..., B]`: what `sequenceLogProb` counts. */
export interface TokenCounts {
  /** |y_w|, whole numbers >= 1. */
  readonly chosenTokens: Tensor;
  /** |y_l|, whole numbers >= 1. */
  readonly rejectedTokens: Tensor;
}

/**
 * Log-ratios divided by numbers of tokens.
 *
 * @param ratios each `[..., B]`
 * @param counts each `[..., B]`, whole numbers >= 1
 * @returns each `[..., B]`
 * @throws TypeError for shapes, RangeError naming a count that is not a whole number >= 1: an empty response has no mean
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [ratio, none] = [tf.tensor1d([3]), tf.tensor1d([0])];
 * assert.throws(() => perToken({ chosen: ratio, rejected: ratio }, { chosenTokens: ratio, rejectedTokens: none }), {
 *   message: "rejectedTokens[0] is 0: expected a whole number >= 1",
 * });
 * ```
 */
export function perToken(ratios: LogRatios, { chosenTokens, rejectedTokens }: TokenCounts): LogRatios {
  checkTensors({ "log-probs": ratios.chosen, chosenTokens, rejectedTokens });
  for (const [name, counts] of Object.entries({ chosenTokens, rejectedTokens })) {
    for (const [i, count] of counts.dataSync().entries()) {
      if (!(Number.isInteger(count) && count >= 1)) {
        throw new RangeError(`${name}[${i}] is ${count}: expected a whole number >= 1`);
      }
    }
  }
  return {
    chosen: tf.div(ratios.chosen, stopGradient(chosenTokens)),
    rejected: tf.div(ratios.rejected, stopGradient(rejectedTokens)),
  };
}

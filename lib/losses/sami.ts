/**
 * SAMI: raising the mutual information between constitutions and responses, by contrasting each with the others.
 *
 * Fränken et al., arXiv 2404.14313 (NeurIPS 2024). All losses read a square matrix of log-probs: entry [k, j] is the
 * log-prob, under constitution k, of response j, which was drawn under constitution j. Whether it is summed over response
 * tokens or averaged is the caller's: the paper's code averages, which takes most of the advantage of long responses; only
 * summed log-probs make the bounds below statements about mutual information.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSoftmax } from "../tensor/ops.ts";
import { checkTensors } from "./check.ts";

/**
 * Two-sided SAMI (equation 2; the released loss): the mean of both contrasts.
 *
 *   L_j = (constitutionContrast_j + responseContrast_j)/2
 *
 * The KL term of the paper is the caller's: add β times the mean over tokens of {@linkcode exactKl} between the policy's
 * and the reference's next-token laws (β = 0 in the paper; the released code averages over prompt and padding as well).
 *
 * @param logps `[..., C, C]` in nats, rows constitutions, columns responses, matched on the diagonal
 * @returns loss of each pair `[..., C]`; ln C when nothing distinguishes the constitutions
 * @throws TypeError for a matrix that is not square, RangeError for a log-prob that is not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * for (const loss of sami(tf.tensor2d([[-2, -2], [-2, -2]])).dataSync()) assert.ok(Math.abs(loss - Math.LN2) < 1e-6);
 * ```
 */
export function sami(logps: Tensor): Tensor {
  return tf.mul(tf.add(constitutionContrast(logps), responseContrast(logps)), 0.5);
}

/**
 * One-sided SAMI over constitutions (equations 1 and 4): the cross-entropy of each column.
 *
 *   L_j = −log [π(y_j|x,c_j) / Σ_k π(y_j|x,c_k)]
 *
 * ln C − E[L] is a lower bound of the mutual information I(Y;C|X), and equal to it when all constitutions are in the
 * batch.
 *
 * @param logps `[..., C, C]` in nats, rows constitutions, columns responses, matched on the diagonal
 * @returns loss of each response `[..., C]`
 * @throws TypeError for a matrix that is not square, RangeError for a log-prob that is not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [first] = constitutionContrast(tf.tensor2d([[Math.log(0.3), -9], [Math.log(0.1), -9]])).dataSync();
 * assert.ok(Math.abs(first + Math.log(0.75)) < 1e-6);
 * ```
 */
export function constitutionContrast(logps: Tensor): Tensor {
  const size = checkedSize(logps);
  const axes = Array.from({ length: logps.rank }, (_, axis) => axis);
  return contrast(tf.transpose(logps, [...axes.slice(0, -2), logps.rank - 1, logps.rank - 2]), size);
}

/**
 * One-sided SAMI over responses (equation 8): the cross-entropy of each row.
 *
 *   L_k = −log [π(y_k|x,c_k) / Σ_j π(y_j|x,c_k)]
 *
 * ln C − E[L] is *not* a bound of the mutual information in general: it assumes that the sampled responses have equal
 * marginal probabilities, and may lie on either side.
 *
 * @param logps `[..., C, C]` in nats, rows constitutions, columns responses, matched on the diagonal
 * @returns loss of each constitution `[..., C]`
 * @throws TypeError for a matrix that is not square, RangeError for a log-prob that is not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [first] = responseContrast(tf.tensor2d([[Math.log(0.3), Math.log(0.1)], [-9, -9]])).dataSync();
 * assert.ok(Math.abs(first + Math.log(0.75)) < 1e-6);
 * ```
 */
export function responseContrast(logps: Tensor): Tensor {
  return contrast(logps, checkedSize(logps));
}

function checkedSize(logps: Tensor): number {
  const size = logps.shape[logps.rank - 1];
  if (logps.rank < 2 || size !== logps.shape[logps.rank - 2]) {
    throw new TypeError(
      `logps: expected a square matrix [..., C, C], constitutions by the responses drawn under them, got [${logps.shape}]`,
    );
  }
  checkTensors({ logps });
  return size;
}

/** Minus the diagonal of the log-softmax over the last axis. */
function contrast(scores: Tensor, size: number): Tensor {
  const diagonal = Float32Array.from({ length: size * size }, (_, i) => i % (size + 1) === 0 ? -1 : 0);
  return tf.sum(tf.mul(logSoftmax(scores), tf.tensor2d(diagonal, [size, size])), -1);
}

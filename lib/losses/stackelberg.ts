/**
 * The leader of Stackelberg preference optimisation: the policy's loss under the law that the follower chose.
 *
 * Chu, Zhang, Jia and Jin, "SGPO / SSAPO", arXiv 2502.18099v3 (NeurIPS 2025). The follower's answer is held fixed while
 * the leader moves. Algorithm 1, line 7 as printed weights pairs by w_i = Σ_k s_ik, which the program's own constraint
 * makes 1 for every pair: as printed it is DPO. The two forms here carry the follower's displacements instead, in margin
 * space as section 3.3 describes and in probability space as the released code (JinYujie99/SSAPO, ccb912a) does.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid, softplus, stopGradient } from "../tensor/ops.ts";
import { checkOptions, checkTensors } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import type { PairedLogps } from "./types.ts";

/** The follower's answer for the pairs of a batch, each `[..., B]`, constants: see {@linkcode follower}. */
export interface Displacement {
  /** Fraction of each pair's mass that was moved, in [0, 1]. */
  readonly moved: Tensor;
  /** How far down it was moved, >= 0, in the unit of the space. */
  readonly distance: Tensor;
}

/**
 * SGPO's leader in margin space.
 *
 *   L = (1 − m) softplus(−ξ) + m softplus(−(ξ − d)),   ξ = β [lr(y_w) − lr(y_l)],   d = ξ̂ − lo at the follower's turn
 *
 * With m = 0 it is DPO. At the follower's turn the moved share of a pair has the slope of a pair at the window's lower
 * end: the steepest in the batch.
 *
 * @param pairs log-probs in nats, summed over response tokens, each `[..., B]`
 * @param displacement of the same pairs, in margins of the same β, each `[..., B]`
 * @param options.beta multiplies log-ratios, > 0
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import { follower } from "./follower.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [policyChosen, policyRejected, referenceChosen, referenceRejected] = [-2, -4, -3, -3].map((l) => tf.tensor1d([l]));
 * const pairs = { policyChosen, policyRejected, referenceChosen, referenceRejected }; // the margin is 2β
 * const { moved, distance } = follower([2], { radius: 3, lo: -1 }); // all of it, down to −1
 * const displacement = { moved: tf.tensor1d([...moved]), distance: tf.tensor1d([...distance]) };
 * const [loss] = stackelbergMargin(pairs, displacement, { beta: 1 }).dataSync();
 * assert.ok(Math.abs(loss - Math.log1p(Math.E)) < 1e-6);
 * ```
 */
export function stackelbergMargin(
  pairs: PairedLogps,
  displacement: Displacement,
  options: { readonly beta: number },
): Tensor {
  checkOptions("stackelberg-margin", options, ["beta"]);
  const margin = checkedMargin(pairs, displacement, options.beta);
  const { moved, distance } = displacement;
  return mixture(
    moved,
    softplus(tf.neg(margin)),
    softplus(tf.sub(stopGradient(distance), margin)),
  );
}

/**
 * SSAPO's leader in probability space, on a support [floor, 1].
 *
 *   L = (1 − m) [−log v] + m N(v − d),   v = σ(β [lr(y_w) − lr(y_l)]),   d = v̂ − floor at the follower's turn
 *   N(s) = −log s for s >= floor,  −log floor + (floor − s)/floor below
 *
 * Departs from the released code, which lets the follower go to 0 and clamps v − d at 1e-6: there the loss is singular
 * and, on the clamp, without gradient. Here the follower stops at `floor`, and below it −log goes on along its tangent: if
 * the policy lowers a moved pair the loss keeps rising, with slope −1/floor. The β of v is the code's 0.1 in both places.
 *
 * @param pairs log-probs in nats, summed over response tokens, each `[..., B]`
 * @param displacement of the same pairs, in probabilities for the same β and with `lo` = floor, each `[..., B]`
 * @param options.beta multiplies log-ratios, > 0
 * @param options.floor lower end of the support, in (0, 1); about 0.02 is stable
 * @returns per-example loss `[..., B]`; DPO's where m = 0
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import { follower } from "./follower.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const [policyChosen, policyRejected, referenceChosen, referenceRejected] = [-3, -3, -3, -3].map((l) => tf.tensor1d([l]));
 * const pairs = { policyChosen, policyRejected, referenceChosen, referenceRejected }; // probability 1/2
 * const { moved, distance } = follower([0.5], { radius: 1, lo: 0.02 });
 * const displacement = { moved: tf.tensor1d([...moved]), distance: tf.tensor1d([...distance]) };
 * const [loss] = stackelbergProbability(pairs, displacement, { beta: 0.1, floor: 0.02 }).dataSync();
 * assert.ok(Math.abs(loss + Math.log(0.02)) < 1e-4);
 * ```
 */
export function stackelbergProbability(
  pairs: PairedLogps,
  displacement: Displacement,
  options: { readonly beta: number; readonly floor: number },
): Tensor {
  checkOptions("stackelberg-probability", options, ["beta", "floor"]);
  const { beta, floor } = options;
  checkNumber("floor", floor, { above: 0, below: 1 });
  const margin = checkedMargin(pairs, displacement, beta);
  const { moved, distance } = displacement;
  // exp(log σ) and not the stock σ, whose gradient v(1 − v) is 0 once v rounds to 1.
  const displaced = tf.sub(tf.exp(logSigmoid(margin)), stopGradient(distance));
  // Kept at the floor or above: at the floor itself, where the follower put it, relu has no slope and the tangent has.
  const kept = tf.add(tf.relu(tf.sub(displaced, floor)), floor);
  const loss = tf.add(tf.neg(tf.log(kept)), tf.div(tf.sub(kept, displaced), floor));
  return mixture(moved, softplus(tf.neg(margin)), loss);
}

function checkedMargin(pairs: PairedLogps, { moved, distance }: Displacement, beta: number): Tensor {
  checkNumber("beta", beta, { above: 0 });
  const { policyChosen, policyRejected, referenceChosen, referenceRejected } = pairs;
  checkTensors({ policyChosen, policyRejected, referenceChosen, referenceRejected, moved, distance });
  moved.dataSync().forEach((m, i) => {
    if (m < 0 || m > 1) throw new RangeError(`moved[${i}] is ${m}: expected a number >= 0 and <= 1`);
  });
  distance.dataSync().forEach((d, i) => {
    if (d < 0) throw new RangeError(`distance[${i}] is ${d}: expected a number >= 0`);
  });
  const chosen = tf.sub(policyChosen, stopGradient(referenceChosen));
  return tf.mul(tf.sub(chosen, tf.sub(policyRejected, stopGradient(referenceRejected))), beta);
}

/** (1 − m) stayed + m moved. */
function mixture(moved: Tensor, whereItWas: Tensor, whereMoved: Tensor): Tensor {
  const share = stopGradient(moved);
  return tf.add(tf.mul(tf.sub(1, share), whereItWas), tf.mul(share, whereMoved));
}

/**
 * DPO under divergences other than the reverse KL.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid } from "../tensor/ops.ts";
import { placed } from "./check.ts";
import { checkNumber } from "./check_number.ts";
import { checkScale, logisticLoss, type LogRatios, logRatios, type SmoothedOptions } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/**
 * The divergence D_f(π‖π_ref) that holds the policy near the reference. It replaces the log-ratio x = log u by the score
 * s(x) = f′(u), up to a constant, which cancels in differences:
 * - `reverse-kl`: s = x, plain DPO
 * - `forward-kl`: s = −e^{−x}
 * - `jensen-shannon`: s = log σ(x)
 * - `alpha`: s = (1 − e^{−αx})/α; α → 0 is the reverse and α = 1 the forward KL
 */
export type Divergence =
  | { readonly kind: "reverse-kl" }
  | { readonly kind: "forward-kl" }
  | { readonly kind: "jensen-shannon" }
  | { readonly kind: "alpha"; readonly alpha: number };

/** Options of {@linkcode fDpo}. */
export interface FDpoOptions extends SmoothedOptions {
  /** Must be given: with the reverse KL this is DPO. */
  readonly divergence: Divergence;
}

/**
 * f-DPO: DPO with the reverse KL replaced by another f-divergence (Wang et al., "Beyond Reverse KL", ICLR 2024,
 * arXiv 2309.16240).
 *
 *   L = −(1 − ε) log σ(βd) − ε log σ(−βd),   d = s(lr_w) − s(lr_l),   lr = log π(y|x) − log π_ref(y|x)
 *
 * Log-probs are summed over response tokens; β multiplies differences of scores. Departures: label smoothing is not in
 * the paper. TRL's `f_alpha_divergence_coef` was α up to v0.24 and is 1 − α at f2cd577, where exponents are also cut off
 * at 80, past which its loss no longer pulls; here a score that makes the loss or a slope infinite is refused by name.
 *
 * @param logps each `[..., B]`
 * @returns per-example loss `[..., B]`; at equal policies log 2, with slopes −β/2 and +β/2 for all but Jensen-Shannon,
 * which has half of that
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const at = (logp: number) => tf.tensor1d([logp]);
 * const logps = { policyChosen: at(-1), policyRejected: at(-3), referenceChosen: at(-2), referenceRejected: at(-3) };
 * const loss = fDpo(logps, { beta: 0.5, divergence: { kind: "forward-kl" } });
 * const margin = -Math.exp(-1) + 1;
 * assert.ok(Math.abs(loss.dataSync()[0] - Math.log1p(Math.exp(-margin / 2))) < 1e-6);
 * ```
 */
export function fDpo(logps: PairedLogps, options: FDpoOptions): Tensor {
  checkScale("f-dpo", options, ["labelSmoothing", "divergence"]);
  checkDivergence(options.divergence);
  const ratios = logRatios(logps), difference = scoreDifference(ratios, options.divergence);
  const loss = logisticLoss(tf.mul(difference, options.beta), options.labelSmoothing);
  return withFiniteScores(loss, ratios, powerOf(options.divergence));
}

const kinds = ["reverse-kl", "forward-kl", "jensen-shannon", "alpha"];

function checkDivergence(divergence: Divergence): void {
  if (typeof divergence !== "object" || divergence === null) {
    throw new TypeError(`divergence: expected an object with kind one of ${kinds.join(", ")}, got ${divergence}`);
  }
  if (!kinds.includes(divergence.kind)) {
    throw new RangeError(
      `divergence.kind: expected one of ${kinds.join(", ")}, got ${(divergence as { kind: unknown }).kind}`,
    );
  }
  if (divergence.kind === "alpha") checkNumber("divergence.alpha", divergence.alpha, {});
  else if ("alpha" in divergence) {
    throw new TypeError(`divergence.alpha: has no effect with kind ${(divergence as Divergence).kind}`);
  }
}

/**
 * s(lr_w) − s(lr_l) for the scores of a divergence.
 *
 * @param ratios each `[..., B]`
 * @returns `[..., B]`
 * @throws RangeError for an unknown divergence or an α that is not finite, TypeError for an α that has no effect
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const ratios = { chosen: tf.tensor1d([1]), rejected: tf.tensor1d([-1]) };
 * assert.equal(scoreDifference(ratios).dataSync()[0], 2);
 * assert.equal(scoreDifference(ratios, { kind: "jensen-shannon" }).dataSync()[0], 1);
 * ```
 */
export function scoreDifference(ratios: LogRatios, divergence: Divergence = { kind: "reverse-kl" }): Tensor {
  const { chosen, rejected } = ratios;
  checkDivergence(divergence);
  switch (divergence.kind) {
    case "reverse-kl":
      return tf.sub(chosen, rejected);
    case "forward-kl":
      return powerDifference(chosen, rejected, 1);
    case "jensen-shannon":
      return tf.sub(logSigmoid(chosen), logSigmoid(rejected));
    case "alpha":
      return powerDifference(chosen, rejected, divergence.alpha);
  }
}

/**
 * A loss of scores, where none has left float32: scores of the reverse KL and of Jensen-Shannon cannot.
 *
 * @param loss of pairs `[..., B]`
 * @param ratios what their scores are of `[..., B]`
 * @param alpha of the power transform; 0 for scores that stay finite, where nothing is read
 * @returns the loss
 * @throws RangeError naming the response whose score makes the loss infinite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const ratios = { chosen: tf.tensor1d([-200]), rejected: tf.tensor1d([0]) };
 * assert.throws(() => withFiniteScores(tf.tensor1d([Infinity]), ratios, 1), {
 *   message: "policyChosen[0]: its score overflows float32, at a log of 200",
 * });
 * ```
 */
export function withFiniteScores(loss: Tensor, { chosen, rejected }: LogRatios, alpha: number): Tensor {
  if (alpha === 0) return loss;
  const place = loss.dataSync().findIndex((value) => !Number.isFinite(value));
  if (place < 0) return loss;
  const logs = [chosen, rejected].map((x) => -alpha * x.dataSync()[place]);
  throw overflow(logs[0] >= logs[1] ? "policyChosen" : "policyRejected", chosen, place, Math.max(...logs));
}

function overflow(name: string, like: Tensor, place: number, log: number): RangeError {
  return new RangeError(
    `${placed(name, like, place)}: its score overflows float32, at a log of ${Number(log.toFixed(3))}`,
  );
}

/** α of a divergence's power transform; 0 for those whose scores cannot overflow. */
export const powerOf = (divergence: Divergence = { kind: "reverse-kl" }): number =>
  divergence.kind === "forward-kl" ? 1 : divergence.kind === "alpha" ? divergence.alpha : 0;

/**
 * t(a) − t(b) for the power transform t(x) = (1 − e^{−αx})/α of logarithms; α = 0 is its limit a − b.
 *
 * Computed in float64 from the larger of the two exponentials, so that neither ∞ − ∞ nor 0·∞ arises: where one end is past
 * all floats and pulls on nothing, its slope is 0.
 *
 * @param a `[..., B]`
 * @param b `[..., B]`
 * @returns `[..., B]`; ±∞ where the difference is past float32
 * @throws RangeError, from the gradient, naming the response whose slope is past float32
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const low = tf.tensor1d([-800, -1]), equal = tf.tensor1d([-800, 0]);
 * const [same, apart] = powerDifference(low, equal, 1).dataSync();
 * assert.equal(same, 0);
 * assert.ok(Math.abs(apart - (1 - Math.E)) < 1e-6);
 * ```
 */
export function powerDifference(a: Tensor, b: Tensor, alpha: number): Tensor {
  if (alpha === 0) return tf.sub(a, b);
  const op = tf.customGrad((left, right) => {
    const x = (left as Tensor).dataSync(), y = (right as Tensor).dataSync();
    const out = new Float32Array(x.length);
    for (let i = 0; i < out.length; i++) {
      const gap = Math.abs(alpha * (x[i] - y[i]));
      const larger = Math.max(-alpha * x[i], -alpha * y[i]);
      const size = Math.exp(larger + Math.log(-Math.expm1(-gap) / Math.abs(alpha)));
      out[i] = x[i] < y[i] ? -size : size;
    }
    return {
      value: tf.tensor(out, a.shape),
      gradFunc: (dy: Tensor) => {
        const upstream = dy.dataSync();
        const slopes = (name: string, values: ArrayLike<number>, sign: number) => {
          const out = new Float32Array(values.length);
          for (let i = 0; i < out.length; i++) {
            if (upstream[i] !== 0) out[i] = sign * upstream[i] * Math.exp(-alpha * values[i]);
            if (!Number.isFinite(out[i])) throw overflow(name, a, i, -alpha * values[i]);
          }
          return tf.tensor(out, a.shape);
        };
        return [slopes("policyChosen", x, 1), slopes("policyRejected", y, -1)];
      },
    };
  });
  return op(a, b);
}

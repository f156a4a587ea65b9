/**
 * Losses of one difference a pair, in float64 with slope and curvature, under the names of their tensor forms in this
 * folder: a test holds both forms of each together.
 *
 * @module
 */
import { sigmoid, softplus } from "../exact/logistic.ts";
import type { LogisticForm, MarginLoss } from "../exact/loss_forms.ts";
import { checkNumber } from "./check_number.ts";

/** −log σ(x) and `against` times x, with slope and curvature in x: what DPO, Bradley-Terry and distillation share. */
function logistic(x: number, against: number, out: Float64Array): void {
  const wrong = sigmoid(-x);
  out[0] = softplus(-x) + against * x;
  out[1] = against - wrong;
  out[2] = wrong * (1 - wrong);
}

/** A loss that was just made, with what is known of its form. */
function ofForm(
  loss: MarginLoss,
  { scale = 1, against = () => 0, shift = () => 0 }: Partial<LogisticForm>,
): MarginLoss {
  return Object.assign(loss, { logistic: { scale, against, shift } });
}

/** A loss of x as one of a margin, x = scale·margin. */
export function scaledMargin(name: string, scale: number, loss: MarginLoss): MarginLoss {
  checkNumber(name, scale, { above: 0 });
  // A call less for trainers whose margin is x already.
  if (scale === 1) return loss;
  return (margin, i, out) => {
    loss(scale * margin, i, out);
    out[1] *= scale;
    out[2] *= scale * scale;
  };
}

/**
 * DPO, −log σ(βd) with d = lr_w − lr_l; with label smoothing cDPO.
 *
 * @throws RangeError when β is not above 0 or ε not in [0, 0.5)
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactDpo({ beta: 0.5 })(0, 0, out);
 * assert.deepEqual([...out], [Math.LN2, -0.25, 0.0625]);
 * ```
 */
export function exactDpo(
  { beta, labelSmoothing = 0 }: { readonly beta: number; readonly labelSmoothing?: number },
): MarginLoss {
  checkNumber("labelSmoothing", labelSmoothing, { min: 0, below: 0.5 });
  return ofForm(scaledMargin("beta", beta, (x, _, out) => logistic(x, labelSmoothing, out)), {
    scale: beta,
    against: () => labelSmoothing,
  });
}

/**
 * Robust DPO of d = lr_w − lr_l at an assumed rate of flips ε.
 *
 * @throws RangeError when β is not above 0 or ε not in [0, 0.5)
 * @example Labels that are flipped at that rate have DPO's slope in the mean
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3), loss = exactRobustDpo({ beta: 1, labelSmoothing: 0.25 });
 * loss(0, 0, out);
 * assert.equal(0.75 * out[1] - 0.25 * out[1], -0.5);
 * ```
 */
export function exactRobustDpo(
  { beta, labelSmoothing }: { readonly beta: number; readonly labelSmoothing: number },
): MarginLoss {
  checkNumber("labelSmoothing", labelSmoothing, { min: 0, below: 0.5 });
  const flips = labelSmoothing / (1 - 2 * labelSmoothing);
  return ofForm(scaledMargin("beta", beta, (x, _, out) => logistic(x, -flips, out)), {
    scale: beta,
    against: () => -flips,
  });
}

/**
 * IPO on summed log-probs: (d − 1/(2τ))², d = lr_w − lr_l.
 *
 * @throws RangeError when τ is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactIpo({ tau: 0.5 })(0, 0, out);
 * assert.deepEqual([...out], [1, -2, 2]);
 * ```
 */
export function exactIpo({ tau }: { readonly tau: number }): MarginLoss {
  checkNumber("tau", tau, { above: 0 });
  const aim = 1 / (2 * tau);
  return (margin, _, out) => squared(margin - aim, out);
}

/**
 * REBEL: the square of lr_1 − lr_2 less what it is to be.
 *
 * @param options.aim η times the difference in rewards, of each pair
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactRebel({ aim: Float64Array.of(0, 3) })(2, 1, out);
 * assert.deepEqual([...out], [1, -2, 2]);
 * ```
 */
export function exactRebel({ aim }: { readonly aim: ArrayLike<number> }): MarginLoss {
  return (margin, i, out) => squared(margin - aim[i], out);
}

function squared(error: number, out: Float64Array): void {
  out[0] = error * error;
  out[1] = 2 * error;
  out[2] = 2;
}

/**
 * Bradley-Terry of a difference in rewards: −log σ(R_w − R_l − m).
 *
 * @param options.margin m of each pair
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactBradleyTerry({ margin: Float64Array.of(2) })(2, 0, out);
 * assert.equal(out[1], -0.5);
 * ```
 */
export function exactBradleyTerry({ margin: least }: { readonly margin: ArrayLike<number> }): MarginLoss {
  return ofForm((margin, i, out) => logistic(margin - least[i], 0, out), { shift: (i) => least[i] });
}

/**
 * Preference distillation of a difference in log-probs: cross-entropy of σ(γ [log π(y_1|x) − log π(y_2|x)]) to a label's
 * chance p. Where p is the share of comparisons that the first one won, it is PMLE's mean over them.
 *
 * @param options.chance p of each pair, in [0, 1]
 * @throws RangeError when γ is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactPreferenceDistillation({ gamma: 1, chance: Float64Array.of(0.5) })(0, 0, out);
 * assert.deepEqual([...out], [Math.LN2, 0, 0.25]);
 * ```
 */
export function exactPreferenceDistillation(
  { gamma, chance }: { readonly gamma: number; readonly chance: ArrayLike<number> },
): MarginLoss {
  return ofForm(scaledMargin("gamma", gamma, (x, i, out) => logistic(x, 1 - chance[i], out)), {
    scale: gamma,
    against: (i) => 1 - chance[i],
  });
}

/**
 * PMLE of a difference in log-probs, no reference: −log σ(γ [log π(y_w|x) − log π(y_l|x)]).
 *
 * @throws RangeError when γ is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactPmle({ gamma: 0.5 })(0, 0, out);
 * assert.deepEqual([...out], [Math.LN2, -0.25, 0.0625]);
 * ```
 */
export function exactPmle({ gamma }: { readonly gamma: number }): MarginLoss {
  return ofForm(scaledMargin("gamma", gamma, (x, _, out) => logistic(x, 0, out)), { scale: gamma });
}

/**
 * SimPO of a difference in log-probs, mean over tokens: −log σ(β [log π(y_w|x) − log π(y_l|x)] − γ).
 *
 * @throws RangeError when β is not above 0 or γ is below 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactSimpo({ beta: 0.5, gamma: 1 })(2, 0, out);
 * assert.deepEqual([...out], [Math.LN2, -0.25, 0.0625]);
 * ```
 */
export function exactSimpo({ beta, gamma }: { readonly beta: number; readonly gamma: number }): MarginLoss {
  checkNumber("gamma", gamma, { min: 0 });
  // Margins come without the scale here, which the target is not multiplied by.
  return ofForm(scaledMargin("beta", beta, (x, _, out) => logistic(x - gamma, 0, out)), {
    scale: beta,
    shift: () => gamma,
  });
}

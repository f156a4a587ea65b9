/**
 * Losses of the two log-ratios of a pair in float64, with both slopes: for trainers that need no tensors, and for pictures of
 * where a loss pushes (D'Oosterlinck et al., arXiv 2408.06266, section 4, for how DPO and both forms of APO compare).
 *
 * @module
 */
import { sigmoid, softplus } from "../exact/logistic.ts";
import type { MarginLoss, PairLoss, ResponseLoss } from "../exact/loss_forms.ts";
import { checkNumber } from "./check_number.ts";
import { exactApoZeroUnpaired } from "./exact_responses.ts";

/** Log-ratios that are not finite stop here: a sigmoid makes slopes of infinities that look like any others. */
function refuseUnlessFinite(chosen: number, rejected: number, i: number): void {
  // One branch, since trainers come here for every pair: times 0, what is not finite becomes NaN.
  if (chosen * 0 + rejected * 0 === 0) return;
  const [name, value] = Number.isFinite(chosen) ? ["rejected", rejected] : ["chosen", chosen];
  throw new RangeError(`${name}[${i}] is ${value}: expected a finite number`);
}

/** A loss that refuses log-ratios which are not finite. */
const guarded = (loss: PairLoss): PairLoss => (chosen, rejected, referencePoint, i, out) => {
  refuseUnlessFinite(chosen, rejected, i);
  loss(chosen, rejected, referencePoint, i, out);
};

/**
 * A loss of lr_w − lr_l as one of both log-ratios.
 *
 * @example
 * ```ts
 * import { exactDpo } from "./exact_margins.ts";
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * pairOfMargin(exactDpo({ beta: 1 }))(-5, -5, 0, 0, out);
 * assert.deepEqual([...out], [Math.LN2, -0.5, 0.5]);
 * ```
 */
export function pairOfMargin(loss: MarginLoss): PairLoss {
  return guarded((chosen, rejected, _, i, out) => {
    loss(chosen - rejected, i, out);
    out[2] = -out[1];
  });
}

/**
 * A loss of single responses summed over a pair, of which the chosen one is desirable and the other not.
 *
 * @example
 * ```ts
 * import { exactKto } from "./exact_responses.ts";
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * pairOfResponses(exactKto({ beta: 1 }))(0.5, 0.5, 0.5, 0, out);
 * assert.deepEqual([...out], [1, -0.25, 0.25]);
 * ```
 */
export function pairOfResponses(loss: ResponseLoss): PairLoss {
  const other = new Float64Array(3);
  return guarded((chosen, rejected, referencePoint, _, out) => {
    loss(chosen, true, referencePoint, out);
    loss(rejected, false, referencePoint, other);
    out[0] += other[0];
    out[2] = other[1];
  });
}

/**
 * APO-zero: σ(−βlr_w) + σ(βlr_l), that of single responses summed over a pair.
 *
 * @throws RangeError when β is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactApoZero({ beta: 1 })(0, 0, 0, 0, out);
 * assert.deepEqual([...out], [1, -0.25, 0.25]);
 * ```
 */
export function exactApoZero(options: { readonly beta: number }): PairLoss {
  return pairOfResponses(exactApoZeroUnpaired(options));
}

/**
 * APO-down: σ(βlr_w) + σ(−β(lr_w − lr_l)). The chosen response is not pushed at equal policies and on the line
 * lr_l = 2 lr_w.
 *
 * @throws RangeError when β is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactApoDown({ beta: 1 })(0, 0, 0, 0, out);
 * assert.deepEqual([...out], [1, 0, 0.25]);
 * ```
 */
export function exactApoDown({ beta }: { readonly beta: number }): PairLoss {
  checkNumber("beta", beta, { above: 0 });
  return guarded((chosen, rejected, _z0, _i, out) => {
    const margin = beta * (chosen - rejected), own = sigmoid(beta * chosen), wrong = sigmoid(-margin);
    const apart = sigmoid(margin) * wrong;
    out[0] = own + wrong;
    out[1] = beta * (own * sigmoid(-beta * chosen) - apart);
    out[2] = beta * apart;
  });
}

/**
 * ORPO's term of the odds of two log-probs, not log-ratios: λ softplus(log-odds_l − log-odds_w). The likelihood of the
 * chosen response is added by the caller.
 *
 * @throws RangeError when λ is not above 0, or in a call when a log-prob is not below 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactOrpo({ lambda: 1 })(-Math.LN2, -Math.LN2, 0, 0, out);
 * out.forEach((v, k) => assert.ok(Math.abs(v - [Math.LN2, -1, 1][k]) < 1e-15));
 * ```
 */
export function exactOrpo({ lambda }: { readonly lambda: number }): PairLoss {
  checkNumber("lambda", lambda, { above: 0 });
  return guarded((chosen, rejected, _z0, i, out) => {
    for (const [name, logp] of [["chosen", chosen], ["rejected", rejected]] as const) {
      if (!(logp < 0)) throw new RangeError(`${name}[${i}] is ${logp}: expected an average log-prob < 0`);
    }
    const notChosen = -Math.expm1(chosen), notRejected = -Math.expm1(rejected);
    const behind = rejected - Math.log(notRejected) - (chosen - Math.log(notChosen));
    const slope = lambda * sigmoid(behind);
    out[0] = lambda * softplus(behind);
    out[1] = -slope / notChosen;
    out[2] = slope / notRejected;
  });
}

/**
 * A loss times a constant.
 *
 * @throws RangeError when the factor is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * timesLoss(4, exactApoZero({ beta: 1 }))(0, 0, 0, 0, out);
 * assert.deepEqual([...out], [4, -1, 1]);
 * ```
 */
export function timesLoss(factor: number, loss: PairLoss): PairLoss {
  checkNumber("factor", factor, { above: 0 });
  return (chosen, rejected, referencePoint, i, out) => {
    loss(chosen, rejected, referencePoint, i, out);
    for (let k = 0; k < 3; k++) out[k] *= factor;
  };
}

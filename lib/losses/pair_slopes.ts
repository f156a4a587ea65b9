/**
 * Slopes of paired losses in the two log-ratios of a pair, in float64: for trainers that need no tensors, and for pictures
 * of where a loss pushes.
 *
 * Each equals the gradient of the loss of that name in this folder (D'Oosterlinck et al., arXiv 2408.06266, section 4, for
 * how those of DPO and both forms of APO compare).
 *
 * @module
 */
import { checkNumber } from "./check.ts";

/**
 * ∂L/∂lr of the chosen and of the rejected response of one pair, where lr = log π(y|x) − log π_ref(y|x) in nats.
 *
 * @param chosen lr of the chosen response
 * @param rejected lr of the rejected response
 * @param referencePoint KTO's z0 in nats, >= 0; the others do not read it
 * @param row of the pair among others, for messages
 * @throws RangeError naming the argument, and the row where it is given, of a number that is not finite
 */
export type PairSlopes = (
  chosen: number,
  rejected: number,
  referencePoint: number,
  row?: number,
) => readonly [chosen: number, rejected: number];

/** Log-ratios that are not finite stop here: a sigmoid makes slopes of infinities that look like any others. */
function refuseUnlessFinite(chosen: number, rejected: number, row: number | undefined): void {
  // One branch, since trainers come here for every pair: times 0, what is not finite becomes NaN.
  if (chosen * 0 + rejected * 0 === 0) return;
  const [name, value] = Number.isFinite(chosen) ? ["rejected", rejected] : ["chosen", chosen];
  throw new RangeError(`${name}${row === undefined ? "" : `[${row}]`} is ${value}: expected a finite number`);
}

/** Slopes that refuse log-ratios which are not finite. */
const guarded = (slopes: PairSlopes): PairSlopes => (chosen, rejected, referencePoint, row) => {
  refuseUnlessFinite(chosen, rejected, row);
  return slopes(chosen, rejected, referencePoint, row);
};

/** σ(x). */
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** δ(x) = σ(x)σ(−x), the slope of σ. */
const bump = (x: number): number => sigmoid(x) * sigmoid(-x);

function scaled(beta: number): number {
  checkNumber("beta", beta, { above: 0 });
  return beta;
}

/**
 * Slopes of DPO: −βσ(−m) and βσ(−m), m = β(lr_w − lr_l).
 *
 * @throws RangeError when β is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(dpoSlopes(1)(0, 0, 0), [-0.5, 0.5]);
 * ```
 */
export function dpoSlopes(beta: number): PairSlopes {
  scaled(beta);
  return guarded((chosen, rejected) => {
    const slope = beta * sigmoid(-beta * (chosen - rejected));
    return [-slope, slope];
  });
}

/**
 * Slopes of IPO on summed log-probs: ±2(d − 1/(2τ)), d = lr_w − lr_l.
 *
 * @throws RangeError when τ is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(ipoSlopes(0.5)(0, 0, 0), [-2, 2]);
 * ```
 */
export function ipoSlopes(tau: number): PairSlopes {
  checkNumber("tau", tau, { above: 0 });
  return guarded((chosen, rejected) => {
    const slope = 2 * (chosen - rejected - 1 / (2 * tau));
    return [slope, -slope];
  });
}

/**
 * Slopes of KTO summed over both responses of a pair, both with weight 1: −βδ(β(lr_w − z0)) and βδ(β(lr_l − z0)),
 * δ(x) = σ(x)σ(−x).
 *
 * @throws RangeError when β is not above 0
 * @example At z0 = 0 it is APO-zero
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(ktoSlopes(1)(0.3, -2, 0), apoZeroSlopes(1)(0.3, -2, 0));
 * ```
 */
export function ktoSlopes(beta: number): PairSlopes {
  scaled(beta);
  return guarded((chosen, rejected, z0) => {
    checkNumber("referencePoint", z0, { min: 0 });
    return [-beta * bump(beta * (chosen - z0)), beta * bump(beta * (rejected - z0))];
  });
}

/**
 * Slopes of SFT on the chosen response: −1 and 0.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(sftSlopes()(3, 4, 0), [-1, 0]);
 * ```
 */
export function sftSlopes(): PairSlopes {
  return guarded(() => [-1, 0]);
}

/**
 * Slopes of APO-zero: −βδ(βlr_w) and βδ(βlr_l), δ(x) = σ(x)σ(−x).
 *
 * @throws RangeError when β is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(apoZeroSlopes(1)(0, 0, 0), [-0.25, 0.25]);
 * ```
 */
export function apoZeroSlopes(beta: number): PairSlopes {
  scaled(beta);
  return guarded((chosen, rejected) => [-beta * bump(beta * chosen), beta * bump(beta * rejected)]);
}

/**
 * Slopes of APO-down: β(δ(βlr_w) − δ(m)) and βδ(m), m = β(lr_w − lr_l), δ(x) = σ(x)σ(−x). The chosen response is not
 * pushed at equal policies and on the line lr_l = 2 lr_w.
 *
 * @throws RangeError when β is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(apoDownSlopes(1)(0, 0, 0), [0, 0.25]);
 * ```
 */
export function apoDownSlopes(beta: number): PairSlopes {
  scaled(beta);
  return guarded((chosen, rejected) => {
    const margin = bump(beta * (chosen - rejected));
    return [beta * (bump(beta * chosen) - margin), beta * margin];
  });
}

/**
 * The slopes of a loss times a constant.
 *
 * @throws RangeError when the factor is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(timesSlopes(0.25, sftSlopes())(0, 0, 0), [-0.25, 0]);
 * ```
 */
export function timesSlopes(factor: number, slopes: PairSlopes): PairSlopes {
  checkNumber("factor", factor, { above: 0 });
  return (...at) => {
    const [chosen, rejected] = slopes(...at);
    return [factor * chosen, factor * rejected];
  };
}

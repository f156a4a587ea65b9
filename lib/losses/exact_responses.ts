/**
 * Losses of single responses in float64 with slope and curvature, under the names of their tensor forms in this folder.
 *
 * @module
 */
import { sigmoid } from "../exact/logistic.ts";
import type { ResponseLoss } from "../exact/loss_forms.ts";
import { checkNumber } from "./check_number.ts";

/**
 * KTO: σ(∓β(lr − z0)), upper sign for desirable responses, with weights 1.
 *
 * @throws RangeError when β is not above 0, or in a call when z0 is not a number from 0 up
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactKto({ beta: 2 })(3, false, 3, out);
 * assert.deepEqual([...out], [0.5, 0.5, 0]);
 * ```
 */
export function exactKto({ beta }: { readonly beta: number }): ResponseLoss {
  checkNumber("beta", beta, { above: 0 });
  return (logRatio, desirable, referencePoint, out) => {
    checkNumber("referencePoint", referencePoint, { min: 0 });
    prospect(beta, beta * (logRatio - referencePoint), desirable, out);
  };
}

/**
 * APO-zero of single responses: KTO with the reference point fixed at 0.
 *
 * @throws RangeError when β is not above 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactApoZeroUnpaired({ beta: 1 })(0, true, 0, out);
 * assert.deepEqual([...out].slice(0, 2), [0.5, -0.25]);
 * ```
 */
export function exactApoZeroUnpaired({ beta }: { readonly beta: number }): ResponseLoss {
  checkNumber("beta", beta, { above: 0 });
  return (logRatio, desirable, _, out) => prospect(beta, beta * logRatio, desirable, out);
}

/** σ(∓x) with slope and curvature in x/β. */
function prospect(beta: number, x: number, desirable: boolean, out: Float64Array): void {
  const above = sigmoid(x), below = sigmoid(-x), rate = (desirable ? -beta : beta) * (above * below);
  out[0] = desirable ? below : above;
  out[1] = rate;
  out[2] = beta * rate * (below - above);
}

/**
 * SFT on desirable responses: −log π(y|x), up to the reference's log-prob, which is constant.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * exactSft({})(-4, true, 0, out);
 * assert.deepEqual([...out], [4, -1, 0]);
 * ```
 */
export function exactSft(_: Readonly<Record<string, never>>): ResponseLoss {
  return (logRatio, desirable, _, out) => {
    out[0] = desirable ? -logRatio : 0;
    out[1] = desirable ? -1 : 0;
    out[2] = 0;
  };
}

/**
 * The leaders of Stackelberg preference optimisation in float64, as losses of a margin d = lr_w − lr_l.
 *
 * @module
 */
import { sigmoid } from "../exact/logistic.ts";
import type { MarginLoss } from "../exact/loss_forms.ts";
import { checkNumber } from "./check_number.ts";
import { exactDpo, scaledMargin } from "./exact_margins.ts";
import type { BestResponse } from "./best_response.ts";

/** Where the follower has put the pairs: see {@linkcode BestResponse}. */
type Displaced = Pick<BestResponse, "moved" | "distance">;

/**
 * A leader's loss of ξ = βd: DPO's of the share of a pair that stayed, another of the share that was moved.
 *
 * @param displaced the loss of what was moved, in ξ
 * @throws RangeError when β is not above 0
 * @example Where nothing was moved it is DPO
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(3);
 * mixtureLoss({ beta: 0.5, moved: Float64Array.of(0) }, () => {})(0, 0, out);
 * assert.deepEqual([...out], [Math.LN2, -0.25, 0.0625]);
 * ```
 */
export function mixtureLoss(
  { beta, moved }: { readonly beta: number; readonly moved: Float64Array },
  displaced: MarginLoss,
): MarginLoss {
  const stayed = exactDpo({ beta: 1 }), there = new Float64Array(3);
  return scaledMargin("beta", beta, (xi, i, out) => {
    stayed(xi, i, out);
    const share = moved[i];
    if (share === 0) return;
    displaced(xi, i, there);
    for (let k = 0; k < 3; k++) out[k] = (1 - share) * out[k] + share * there[k];
  });
}

/**
 * SGPO's leader in margin space: the moved share at ξ − distance, ξ = βd.
 *
 * @throws RangeError when β is not above 0
 * @example All of a pair that is level, moved down by 1
 * ```ts
 * import assert from "node:assert/strict";
 * const [one] = [Float64Array.of(1)], out = new Float64Array(3);
 * exactStackelbergMargin({ beta: 1, moved: one, distance: one })(0, 0, out);
 * assert.ok(Math.abs(out[0] - Math.log1p(Math.E)) < 1e-15);
 * ```
 */
export function exactStackelbergMargin(
  { beta, moved, distance }: { readonly beta: number } & Displaced,
): MarginLoss {
  const dpo = exactDpo({ beta: 1 });
  return mixtureLoss({ beta, moved }, (xi, i, out) => dpo(xi - distance[i], i, out));
}

/**
 * SSAPO's leader in probability space: the moved share at σ(ξ) − distance, below the floor along the tangent of −log.
 *
 * @throws RangeError when β is not above 0 or the floor not in (0, 1)
 * @example All of a pair that is level, moved down to the floor
 * ```ts
 * import assert from "node:assert/strict";
 * const at = { beta: 1, floor: 0.25, moved: Float64Array.of(1), distance: Float64Array.of(0.25) };
 * const out = new Float64Array(3);
 * exactStackelbergProbability(at)(0, 0, out);
 * assert.deepEqual([...out].slice(0, 2), [Math.log(4), -1]);
 * ```
 */
export function exactStackelbergProbability(
  { beta, floor, moved, distance }: { readonly beta: number; readonly floor: number } & Displaced,
): MarginLoss {
  checkNumber("floor", floor, { above: 0, below: 1 });
  return mixtureLoss({ beta, moved }, (xi, i, out) => {
    const v = sigmoid(xi), rate = v * (1 - v), at = v - distance[i], kept = Math.max(at, floor);
    out[0] = -Math.log(kept) + (kept - at) / floor;
    out[1] = -rate / kept;
    out[2] = (at > floor ? rate * rate / at ** 2 : 0) - rate * (1 - 2 * v) / kept;
  });
}

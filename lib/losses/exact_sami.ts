/**
 * SAMI's losses of two responses under two constitutions, in float64 with slopes: the mean over both of the losses of
 * `sami.ts`.
 *
 * @module
 */
import { sigmoid, softplus } from "../exact/logistic.ts";
import type { MatrixLoss } from "../exact/loss_forms.ts";

/**
 * Two-sided SAMI.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(5);
 * exactSami({})(Float64Array.of(-1, -1, -1, -1), out);
 * assert.deepEqual([...out], [Math.LN2, -0.25, 0.25, 0.25, -0.25]);
 * ```
 */
export function exactSami(_: Readonly<Record<string, never>>): MatrixLoss {
  return (logps, out) => {
    out.fill(0);
    addContrast(logps, BELOW, 0.25, out);
    addContrast(logps, BESIDE, 0.25, out);
  };
}

/**
 * SAMI's contrast of constitutions alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(5);
 * exactConstitutionContrast({})(Float64Array.of(-1, -9, -1, -9), out);
 * assert.deepEqual([...out], [Math.LN2, -0.25, 0.25, 0.25, -0.25]);
 * ```
 */
export function exactConstitutionContrast(_: Readonly<Record<string, never>>): MatrixLoss {
  return (logps, out) => {
    out.fill(0);
    addContrast(logps, BELOW, 0.5, out);
  };
}

/**
 * SAMI's contrast of responses alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(5);
 * exactResponseContrast({})(Float64Array.of(-1, -1, -9, -9), out);
 * assert.deepEqual([...out], [Math.LN2, -0.25, 0.25, 0.25, -0.25]);
 * ```
 */
export function exactResponseContrast(_: Readonly<Record<string, never>>): MatrixLoss {
  return (logps, out) => {
    out.fill(0);
    addContrast(logps, BESIDE, 0.5, out);
  };
}

/** In the matrix row by row: the entry below the first one, of the other constitution, and the one beside it. */
const BELOW = 2, BESIDE = 1;

/**
 * Both cross-entropies of a side, each times `weight`: of columns where the entry that a correct one competes with is below
 * it, of rows where it is beside it.
 */
function addContrast(
  logps: Float64Array,
  other: typeof BELOW | typeof BESIDE,
  weight: number,
  out: Float64Array,
): void {
  // The second correct entry, the last one, competes with the one that is left.
  const rest = BELOW + BESIDE - other, lead = logps[other] - logps[0], trail = logps[rest] - logps[3];
  const first = weight * sigmoid(lead), second = weight * sigmoid(trail);
  out[0] += weight * (softplus(lead) + softplus(trail));
  out[1] -= first;
  out[1 + other] += first;
  out[4] -= second;
  out[1 + rest] += second;
}

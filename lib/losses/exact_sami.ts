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
    addConstitutions(logps, 0.25, out);
    addResponses(logps, 0.25, out);
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
    addConstitutions(logps, 0.5, out);
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
    addResponses(logps, 0.5, out);
  };
}

/** Cross-entropies of the columns, each times `weight`. */
function addConstitutions({ 0: a, 1: b, 2: c, 3: d }: Float64Array, weight: number, out: Float64Array): void {
  const first = weight * sigmoid(c - a), second = weight * sigmoid(b - d);
  out[0] += weight * (softplus(c - a) + softplus(b - d));
  out[1] -= first;
  out[3] += first;
  out[4] -= second;
  out[2] += second;
}

/** Cross-entropies of the rows, each times `weight`. */
function addResponses({ 0: a, 1: b, 2: c, 3: d }: Float64Array, weight: number, out: Float64Array): void {
  const first = weight * sigmoid(b - a), second = weight * sigmoid(c - d);
  out[0] += weight * (softplus(b - a) + softplus(c - d));
  out[1] -= first;
  out[2] += first;
  out[4] -= second;
  out[3] += second;
}

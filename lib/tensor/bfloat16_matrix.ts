/**
 * Matrices whose numbers are rounded to bfloat16, and products with them.
 *
 * @module
 */
import { type Tensor, tf } from "./tf.ts";
import { hasKernel, runKernel } from "./fused/dispatch.ts";
import { checkRows, type HeldMatrix } from "./held_matrix.ts";
import { openOneDnn } from "./kernels/onednn.ts";
import type { OrderedMatrix } from "./kernels/onednn_check.ts";
import { whyForbidden } from "./kernels/permission.ts";

/**
 * Why the engine that runs does not multiply bfloat16; undefined where it does.
 *
 * @example
 * ```ts
 * import { startBackend } from "./backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(whyNoBfloat16(), "needs --backend native");
 * ```
 */
export function whyNoBfloat16(): string | undefined {
  if (!hasKernel("Bfloat16Product") || whyForbidden() !== undefined) return "needs --backend native";
  try {
    openOneDnn();
  } catch (error) {
    return (error as Error).message;
  }
}

/** What multiplies, with its version. */
export const bfloat16By = (): string => openOneDnn().about;

/**
 * A matrix W in bfloat16. What it is multiplied with is rounded to bfloat16 as well, products are added up in float32, and
 * each row of a product is to the bit what it is alone. A number is rounded by 2⁻⁹ of itself at most, so that a product is
 * off by at most about `2⁻⁸ · Σ|x||w|`.
 *
 * It is put in the library's order once for products with it and, when that is first asked for, once for the way back.
 *
 * @param read its numbers, row-major `[out, in]`; called again when a form is first needed
 * @param shape `[out, in]`
 * @throws Error where the library is missing: see {@linkcode whyNoBfloat16}
 * @example
 * ```ts ignore
 * const matrix = bfloat16Matrix(() => checkpoint.read(name), [576, 1536]);
 * const y = matrix.times(x);
 * ```
 */
export function bfloat16Matrix(read: () => Float32Array, shape: readonly [number, number]): HeldMatrix {
  const [out, into] = shape, by = openOneDnn(), forward = by.order(read(), into, out, true);
  let backward: OrderedMatrix | undefined, plain: Uint16Array | undefined;
  const multiply = (x: Tensor, matrix: OrderedMatrix): Tensor => {
    if (x.shape[1] !== matrix.inner) throw new TypeError(`x: expected [N, ${matrix.inner}], got shape [${x.shape}]`);
    return runKernel("Bfloat16Product", { x }, { by, matrix })[0];
  };
  return {
    shape,
    times: (x) => multiply(x, forward),
    timesEach: (x) => multiply(x, forward),
    back: (dy) => multiply(dy, backward ??= by.order(read(), out, into, false)),
    rows(ids) {
      checkRows(ids, out);
      plain ??= by.round(read());
      const bits = new Uint32Array(ids.length * into);
      for (let i = 0, at = 0; i < ids.length; i++) {
        for (let k = ids[i] * into, end = k + into; k < end; k++) bits[at++] = plain[k] << 16;
      }
      return tf.tensor(new Float32Array(bits.buffer), [ids.length, into]);
    },
    dispose() {
      forward.dispose();
      backward?.dispose();
    },
  };
}

/**
 * Damped Newton steps for a few parameters, in float64.
 *
 * @module
 */

/** An objective at a point, with its derivatives. */
export interface Quadratic {
  /** The objective. */
  readonly value: number;
  /** Its gradient `[D]`. */
  readonly gradient: Float64Array;
  /** Its Hessian, symmetric, row-major `[D, D]`. */
  readonly hessian: Float64Array;
}

/** Where the search ended. */
export interface Minimum {
  /** The point `[D]`. */
  readonly at: Float64Array;
  /** Largest absolute entry of the gradient there. */
  readonly gradientNorm: number;
}

const norm = (v: Float64Array): number => v.reduce((top, x) => Math.max(top, Math.abs(x)), 0);

/**
 * Solves (H + damping·I) s = g by Cholesky.
 *
 * @returns s, or undefined where the matrix is not positive definite
 */
function solveDamped(hessian: Float64Array, gradient: Float64Array, damping: number): Float64Array | undefined {
  const d = gradient.length, low = hessian.slice(), s = gradient.slice();
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = low[i * d + j] + (i === j ? damping : 0);
      for (let k = 0; k < j; k++) sum -= low[i * d + k] * low[j * d + k];
      if (i !== j) low[i * d + j] = sum / low[j * d + j];
      else if (sum > 0) low[i * d + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < i; k++) s[i] -= low[i * d + k] * s[k];
    s[i] /= low[i * d + i];
  }
  for (let i = d - 1; i >= 0; i--) {
    for (let k = i + 1; k < d; k++) s[i] -= low[k * d + i] * s[k];
    s[i] /= low[i * d + i];
  }
  return s;
}

/**
 * Minimises a smooth function by Newton steps with Levenberg's damping, which rises until a step goes down.
 *
 * @param start the first point `[D]`
 * @param evaluate the objective with its gradient and Hessian at a point
 * @param tolerance of the largest absolute entry of the gradient
 * @returns where no step goes further down, the tolerance is met, or 500 steps are taken: see `gradientNorm`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { at } = minimise(Float64Array.of(0), ([x]) => ({
 *   value: Math.cosh(x - 2), gradient: Float64Array.of(Math.sinh(x - 2)), hessian: Float64Array.of(Math.cosh(x - 2)),
 * }), 1e-12);
 * assert.ok(Math.abs(at[0] - 2) < 1e-12);
 * ```
 */
export function minimise(start: Float64Array, evaluate: (x: Float64Array) => Quadratic, tolerance: number): Minimum {
  let at = start, here = evaluate(at), damping = 0;
  for (let step = 0; step < 500 && norm(here.gradient) > tolerance; step++) {
    const move = solveDamped(here.hessian, here.gradient, damping);
    const next = move && at.map((x, i) => x - move[i]);
    const there = next && evaluate(next);
    // Near the minimum the value no longer tells steps apart; the gradient does.
    const better = there && (there.value < here.value ||
      (there.value <= here.value + 1e-12 * Math.abs(here.value) && norm(there.gradient) < norm(here.gradient)));
    if (better) {
      [at, here] = [next, there];
      damping = damping < 1e-10 ? 0 : damping / 8;
    } else {
      damping = Math.max(4 * damping, 1e-6 * Math.max(norm(here.hessian), 1e-12));
      if (damping > 1e12 * (1 + norm(here.hessian))) break;
    }
  }
  return { at, gradientNorm: norm(here.gradient) };
}

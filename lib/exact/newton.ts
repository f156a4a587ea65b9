/**
 * Damped Newton steps for a few parameters, in float64.
 *
 * @module
 */

import { solveDamped } from "./cholesky.ts";

/** An objective at a point, with its derivatives; overwritten at the next evaluation. */
export interface Quadratic {
  /** The objective. */
  value: number;
  /** Its gradient `[D]`. */
  readonly gradient: Float64Array;
  /** Its Hessian, symmetric, row-major `[D, D]`; the lower half is read. */
  readonly hessian: Float64Array;
}

/** Writes an objective and its derivatives at a point into `out`, whatever stands there. */
type Objective = (at: Float64Array, out: Quadratic) => void;

/** Where the search ended. */
interface Minimum {
  /** The point `[D]`. */
  readonly at: Float64Array;
  /** Largest absolute entry of the gradient there. */
  readonly gradientNorm: number;
}

function norm(v: Float64Array): number {
  let top = 0;
  for (let i = 0; i < v.length; i++) top = Math.max(top, Math.abs(v[i]));
  return top;
}

const room = (d: number): Quadratic => ({
  value: 0,
  gradient: new Float64Array(d),
  hessian: new Float64Array(d * d),
});

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
 * const { at } = minimise(Float64Array.of(0), ([x], out) => {
 *   out.value = Math.cosh(x - 2);
 *   out.gradient[0] = Math.sinh(x - 2);
 *   out.hessian[0] = Math.cosh(x - 2);
 * }, 1e-12);
 * assert.ok(Math.abs(at[0] - 2) < 1e-12);
 * ```
 */
export function minimise(start: Float64Array, evaluate: Objective, tolerance: number): Minimum {
  const d = start.length, factor = new Float64Array(d * d), move = new Float64Array(d);
  let at = start.slice(), next = new Float64Array(d), here = room(d), there = room(d), damping = 0;
  evaluate(at, here);
  let slope = norm(here.gradient);
  for (let step = 0; step < 500 && slope > tolerance; step++) {
    let better = solveDamped(here.hessian, here.gradient, damping, { factor, solution: move }), newSlope = Infinity;
    if (better) {
      for (let i = 0; i < d; i++) next[i] = at[i] - move[i];
      evaluate(next, there);
      newSlope = norm(there.gradient);
      // Near the minimum the value no longer tells steps apart; the gradient does.
      better = there.value < here.value ||
        (there.value <= here.value + 1e-12 * Math.abs(here.value) && newSlope < slope);
    }
    if (better) {
      [at, next, here, there, slope] = [next, at, there, here, newSlope];
      damping = damping < 1e-10 ? 0 : damping / 8;
    } else {
      const scale = norm(here.hessian);
      damping = Math.max(4 * damping, 1e-6 * Math.max(scale, 1e-12));
      if (damping > 1e12 * (1 + scale)) break;
    }
  }
  return { at, gradientNorm: slope };
}

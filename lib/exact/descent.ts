/**
 * First-order steps for a few parameters, in float64.
 *
 * @module
 */
import { DivergenceError } from "../user_error.ts";

/** Takes one step down a gradient `[D]`. */
type Step = (gradient: Float64Array) => void;

/**
 * Gradient descent.
 *
 * @param theta what is moved, in place `[D]`
 * @param rate step size
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const theta = Float64Array.of(1, 2);
 * sgd(theta, 0.5)(Float64Array.of(2, 0));
 * assert.deepEqual([...theta], [0, 2]);
 * ```
 */
export function sgd(theta: Float64Array, rate: number): Step {
  return (gradient) => {
    for (let k = 0; k < theta.length; k++) theta[k] -= rate * gradient[k];
  };
}

/** Decay of Adam's two averages, the share of what is new, and what keeps a step finite, as published. */
const MEAN = { old: 0.9, new: 0.1 }, SQUARE = { old: 0.999, new: 0.001 }, EPSILON = 1e-8;

/**
 * Adam (Kingma & Ba, ICLR 2015, algorithm 1) with β1 = 0.9, β2 = 0.999, ε = 1e-8. For steps up a gradient, turn its sign.
 *
 * @param theta what is moved, in place `[D]`
 * @param rate step size
 * @example The first step has the step's size, whatever the gradient's
 * ```ts
 * import assert from "node:assert/strict";
 * const theta = Float64Array.of(1, 2);
 * adam(theta, 0.5)(Float64Array.of(300, -4));
 * assert.ok(Math.abs(theta[0] - 0.5) < 1e-8 && Math.abs(theta[1] - 2.5) < 1e-8);
 * ```
 */
export function adam(theta: Float64Array, rate: number): Step {
  const mean = new Float64Array(theta.length), square = new Float64Array(theta.length);
  let step = 0;
  return (gradient) => {
    step++;
    const ofMean = 1 - MEAN.old ** step, ofSquare = 1 - SQUARE.old ** step;
    for (let k = 0; k < theta.length; k++) {
      const g = gradient[k];
      mean[k] = MEAN.old * mean[k] + MEAN.new * g;
      square[k] = SQUARE.old * square[k] + SQUARE.new * g * g;
      theta[k] -= rate * (mean[k] / ofMean) / (Math.sqrt(square[k] / ofSquare) + EPSILON);
    }
  };
}

/** A weight beyond this has run away: rounding errors of log-ratios are no longer far below a nat. */
const RUNAWAY = 1e12;

/**
 * Stops a training run whose weights ran away.
 *
 * @param theta `[D]`
 * @param nameOf what weight k is called
 * @param run whose training this is, and which step of it
 * @throws DivergenceError naming weight, arm, seed and step
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const run = { arm: "sami", seed: 3, step: 40 }, nameOf = (k: number) => `weight ${k}`;
 * checkBounded(Float64Array.of(1e9, -2), nameOf, run);
 * assert.throws(() => checkBounded(Float64Array.of(0, NaN), nameOf, run), /weight 1 is NaN \(arm sami, seed 3, step 40\)/);
 * ```
 */
export function checkBounded(
  theta: Float64Array,
  nameOf: (k: number) => string,
  run: { readonly arm: string; readonly seed: number; readonly step: number },
): void {
  for (let k = 0; k < theta.length; k++) {
    if (!(Math.abs(theta[k]) < RUNAWAY)) throw DivergenceError.of({ what: nameOf(k), value: theta[k], ...run });
  }
}

/**
 * Training of log-linear laws in float64: laws, slopes, gradient and Adam's step in one pass, without an engine of tensors.
 *
 * @module
 */
import { DivergenceError } from "../user_error.ts";
import { adam } from "./descent.ts";
import { Room } from "./kernels/room.ts";
import { type AddSlopes, LawTable } from "./law_table.ts";
import type { Term } from "./law_terms.ts";
import { dimensionsOf, type LawClass } from "./laws.ts";

/** How a law is trained, and whose training it is. */
interface Descent {
  /** Named in errors. */
  readonly arm: string;
  /** Named in errors. */
  readonly seed: number;
  /** One after the other, each with an optimiser of its own. */
  readonly phases: readonly { readonly steps: number; readonly learningRate: number }[];
  /** θ that it starts from `[D]`; 0 unless given. */
  readonly from?: Float64Array;
  /** Sees θ before the first step and after each; the array is that of the training. */
  readonly along?: (theta: Float64Array, step: number) => void;
}

/** Where a training ended. */
interface Descended {
  /** `[D]`. */
  readonly theta: Float64Array;
  /** Euclidean norm of the gradient there: how far from converged. */
  readonly gradientNorm: number;
}

/**
 * A table of laws with terms that read them.
 *
 * @returns the laws, and what adds the slopes of all terms
 */
export function lawsWith(space: LawClass, terms: readonly Term[]): readonly [LawTable, AddSlopes] {
  const room = new Room(), placed = terms.map((term) => term(room)), laws = new LawTable(space, room);
  const parts = placed.map((place) => place(laws));
  return [laws, (step) => {
    for (const part of parts) part(step);
  }];
}

/**
 * Minimises a sum of terms over θ with Adam.
 *
 * @throws DivergenceError naming arm, seed and step of a gradient that is not finite, or of what a loss refused after the
 * first step
 * @example A reward in the features of the class: π ∝ π0 e^R
 * ```ts
 * import { expectedCost } from "./law_terms.ts";
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const reward = expectedCost({ cost: Float64Array.of(-1, 0), price: 1 });
 * const phases = [{ steps: 400, learningRate: 0.05 }, { steps: 200, learningRate: 0.005 }];
 * assert.ok(Math.abs(descend(even, [reward], { arm: "reward", seed: 0, phases }).theta[0] - 1) < 1e-3);
 * ```
 */
export function descend(space: LawClass, terms: readonly Term[], about: Descent): Descended {
  const { arm, seed, phases, from, along } = about, theta = from?.slice() ?? new Float64Array(dimensionsOf(space));
  const [laws, add] = lawsWith(space, terms), gradient = theta.slice();
  let taken = 0;
  const evaluate = () => {
    laws.at(theta);
    try {
      add(taken);
    } catch (error) {
      // What a loss refuses after the first step is what training made, not what it was given.
      if (taken === 0 || !(error instanceof RangeError)) throw error;
      throw new DivergenceError(`training stopped: ${error.message} (arm ${arm}, seed ${seed}, step ${taken})`, {
        cause: error,
      });
    }
    laws.gradient(gradient);
    for (let k = 0; k < gradient.length; k++) {
      if (gradient[k] - gradient[k] !== 0) {
        throw DivergenceError.of({ what: "gradient", value: gradient[k], arm, seed, step: taken });
      }
    }
  };
  along?.(theta, 0);
  for (const { steps, learningRate } of phases) {
    if (!(Number.isSafeInteger(steps) && steps >= 0)) {
      throw new RangeError(`steps must be an integer >= 0, got ${steps}`);
    }
    const move = adam(theta, learningRate);
    for (let step = 0; step < steps; step++) {
      evaluate();
      move(gradient);
      taken++;
      along?.(theta, taken);
    }
  }
  evaluate(); // one pass more than there are steps: it only measures where training ended
  laws.close();
  return { theta, gradientNorm: Math.hypot(...gradient) };
}

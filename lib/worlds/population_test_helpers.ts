/**
 * What tests enumerate of a population.
 *
 * @module
 */
import type { Population } from "./population.ts";

/**
 * Variance of reactions to what π0 writes, over prompts, tastes, noise of the reaction and of its record.
 *
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import { population } from "./population.ts";
 * import assert from "node:assert/strict";
 * const knobs = { prompts: 2, responses: 4, confounding: 1, link: 1, noise: 0, overlap: 0.5, complexity: 0 };
 * const [some, none] = [1, 0].map((confounding) => population({ ...knobs, confounding }, Rng.seed(1)));
 * assert.equal(varianceOfReactions(some), varianceOfReactions(none));
 * ```
 */
export function varianceOfReactions({ utilities, logStart, prompts, noise }: Population): number {
  let mean = 0, square = 0;
  for (const utility of utilities) {
    for (const [i, u] of utility.entries()) {
      const share = Math.exp(logStart[i]) / prompts / 2;
      for (const [sign, chance] of [[1, 1 - noise], [-1, noise]]) {
        mean += share * chance * sign * u;
        square += share * chance * (u * u + Math.PI ** 2 / 6); // a Gumbel law's
      }
    }
  }
  return square - mean * mean;
}

/**
 * Random streams of a run, by name.
 *
 * @module
 */
import { Rng } from "../random.ts";

/**
 * The stream of a question that goes by these names: the same whatever was drawn from others before.
 *
 * @param seed root of all streams of a run
 * @param names from the question's to the stream's own
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const draw = () => streamsOf(1, "policies", 0, "world").uniform();
 * assert.equal(draw(), draw());
 * ```
 */
export function streamsOf(seed: number, ...names: readonly (string | number)[]): Rng {
  return names.reduce<Rng>((rng, name) => rng.fork(name), Rng.seed(seed));
}

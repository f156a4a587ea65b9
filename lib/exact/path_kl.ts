/**
 * How far from π0 a path of training is at its points.
 *
 * @module
 */
import { LawTable } from "./law_table.ts";
import { groupsOf, type LawClass } from "./laws.ts";

/**
 * Mean KL(π ‖ π0) at each point of a path, in nats.
 *
 * @param path θ along training `[n][D]`
 * @param groups over which KL is averaged; one may stand there more than once
 * @returns `[n]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const [none, some] = klsAlong(even, [Float64Array.of(0), Float64Array.of(Math.log(3))], [0]);
 * assert.ok(none < 1e-15 && Math.abs(some - (0.75 * Math.log(1.5) + 0.25 * Math.log(0.5))) < 1e-12);
 * ```
 */
export function klsAlong(space: LawClass, path: readonly Float64Array[], groups: readonly number[]): number[] {
  const { logStart, ...rest } = groupsOf(space, groups), laws = new LawTable({ logStart, ...rest });
  const kls = path.map((theta) => {
    laws.at(theta);
    let sum = 0;
    for (let i = 0; i < logStart.length; i++) sum += laws.chances[i] * (laws.logp[i] - logStart[i]);
    return Math.max(0, sum / groups.length);
  });
  laws.close();
  return kls;
}

import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { LawTable } from "./law_table.ts";
import { gradientInTheta, type LawClass, logLawOf } from "./laws.ts";

/** A class with normal numbers. */
function classOf(groups: number, responses: number, dimensions: number, seed: number): LawClass {
  const rng = Rng.seed(seed), cells = groups * responses;
  return { logStart: rng.normals(cells), features: rng.normals(cells * dimensions), responses };
}

Deno.test("laws and gradients are those of one law after the other, for sizes on and off the width of a panel", () => {
  for (const [groups, responses, dimensions] of [[5, 6, 3], [1, 17, 1], [3, 7, 8], [4, 3, 64], [1, 9, 2], [2, 1, 3]]) {
    const space = classOf(groups, responses, dimensions, 3), rng = Rng.seed(4), laws = new LawTable(space);
    for (let again = 0; again < 2; again++) { // nothing is left of the first θ
      const theta = rng.normals(dimensions), slopes = rng.normals(groups * responses);
      laws.at(theta);
      laws.slopes.set(slopes);
      const found = laws.gradient(new Float64Array(dimensions)), right = new Float64Array(dimensions);
      const logp = new Float64Array(responses),
        chances = new Float64Array(responses),
        part = new Float64Array(dimensions);
      for (let g = 0; g < groups; g++) {
        logLawOf(space, theta, g, logp, chances);
        const first = g * responses;
        // Sums of 64 products through exponentials of logits below 30.
        logp.forEach((l, a) => assert.ok(Math.abs(laws.logp[first + a] - l) < 1e-13));
        chances.forEach((p, a) => assert.ok(Math.abs(laws.chances[first + a] - p) < 1e-13));
        gradientInTheta(space, g, chances, slopes.slice(first, first + responses), part);
        part.forEach((v, k) => right[k] += v);
      }
      found.forEach((v, k) => assert.ok(Math.abs(v - right[k]) < 1e-12, `${v} against ${right[k]}`));
      assert.ok(laws.slopes.every((v) => v === 0));
    }
  }
});

Deno.test("the same bits in any company: a table does not see others, and a second one of the same class is the same", () => {
  const space = classOf(4, 6, 8, 1), theta = Rng.seed(2).normals(8), alone = new LawTable(space);
  alone.at(theta);
  const others = [0, 1, 2].map((seed) => new LawTable(classOf(4, 6, 8, seed)));
  others.forEach((laws) => laws.at(theta));
  assert.deepEqual(others[1].logp, alone.logp);
  assert.notDeepEqual(others[0].logp, alone.logp);
});

import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { addScores, weightedSum } from "./scores.ts";

Deno.test("both products are one sum after the other, to the bit, for every remainder of four", () => {
  const rng = Rng.seed(1), ROWS = 12;
  for (let dimensions = 1; dimensions <= 9; dimensions++) {
    const features = rng.normals(ROWS * dimensions), theta = rng.normals(dimensions);
    for (let size = 1; size <= 9; size++) {
      for (const first of [0, 1, 3]) {
        const weights = rng.normals(size), start = rng.normals(size), rows = { first, size, dimensions };
        const expected = start.map((value, a) => {
          for (let k = 0; k < dimensions; k++) value += theta[k] * features[(first + a) * dimensions + k];
          return value;
        });
        assert.deepEqual(addScores(features, theta, rows, start.slice()), expected);
        const sums = new Float64Array(dimensions);
        for (let a = 0; a < size; a++) {
          for (let k = 0; k < dimensions; k++) sums[k] += weights[a] * features[(first + a) * dimensions + k];
        }
        // What stood in the room does not count.
        assert.deepEqual(weightedSum(features, weights, rows, new Float64Array(dimensions).fill(7)), sums);
      }
    }
  }
});

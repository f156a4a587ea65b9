import assert from "node:assert/strict";
import { Matrix, QrDecomposition, SingularValueDecomposition } from "ml-matrix";
import { Rng } from "../random.ts";
import type { SparseMatrix } from "./text_features.ts";
import { truncatedSvd } from "./truncated_svd.ts";

/** Keeps the entries that are not zero. */
function sparse(dense: number[][]): SparseMatrix {
  const starts = [0], indices: number[] = [], values: number[] = [];
  for (const row of dense) {
    for (const [column, value] of row.entries()) {
      if (value !== 0) {
        indices.push(column);
        values.push(value);
      }
    }
    starts.push(indices.length);
  }
  return {
    rows: dense.length,
    columns: dense[0].length,
    starts: Uint32Array.from(starts),
    indices: Uint32Array.from(indices),
    values: Float64Array.from(values),
  };
}

/** A random matrix, about a third of it filled. */
function random(rows: number, columns: number, rng: Rng): number[][] {
  return Array.from(
    { length: rows },
    () => Array.from({ length: columns }, () => rng.bernoulli(1 / 3) ? rng.normal() : 0),
  );
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);

for (const [rows, columns] of [[40, 25], [25, 40]]) {
  Deno.test(`${rows} x ${columns}: values and directions of the exact decomposition`, () => {
    const dense = random(rows, columns, Rng.seed(1));
    const exact = new SingularValueDecomposition(new Matrix(dense), { autoTranspose: true });
    const dimensions = 5;
    // Directions past the 15 kept ones fade by (s16 / s5)^2 per iteration, here about 0.3: 40 iterations leave 1e-21, so
    // that only rounding, about 1e-14 relative to the first value, is left.
    const svd = truncatedSvd(sparse(dense), { dimensions, iterations: 40, rng: Rng.seed(2) });
    for (let k = 0; k < dimensions; k++) {
      assert.ok(Math.abs(svd.singularValues[k] / exact.diagonal[k] - 1) < 1e-12, `value ${k}`);
      const cosine = dot(svd.directions[k], exact.rightSingularVectors.getColumn(k));
      // Rounding turns a direction by about 1e-14 s1 / gap, here below 1e-11; the cosine loses the square of that.
      assert.ok(Math.abs(Math.abs(cosine) - 1) < 1e-12, `direction ${k}: ${cosine}`);
    }
  });

  Deno.test(`${rows} x ${columns}: all dimensions rebuild the matrix`, () => {
    const dense = random(rows, columns, Rng.seed(3));
    const dimensions = Math.min(rows, columns);
    const svd = truncatedSvd(sparse(dense), { dimensions, iterations: 0, rng: Rng.seed(4) });
    const features = svd.project(sparse(dense));
    for (let r = 0; r < rows; r++) {
      const row = features.subarray(r * dimensions, (r + 1) * dimensions);
      for (let c = 0; c < columns; c++) {
        assert.ok(Math.abs(dot(row, svd.directions.map((d) => d[c])) - dense[r][c]) < 1e-12);
      }
    }
  });
}

Deno.test("directions are orthonormal to rounding, with the largest component positive", () => {
  const svd = truncatedSvd(sparse(random(60, 50, Rng.seed(5))), { dimensions: 12, iterations: 2, rng: Rng.seed(6) });
  for (const [i, a] of svd.directions.entries()) {
    for (const [j, b] of svd.directions.entries()) assert.ok(Math.abs(dot(a, b) - Number(i === j)) < 1e-13);
    const largest = Math.max(...a.map(Math.abs));
    assert.equal(a.find((x) => Math.abs(x) === largest), largest);
  }
  assert.ok(svd.singularValues.every((s, i, all) => i === 0 || s <= all[i - 1]));
});

Deno.test("orthonormal even when the values span eight orders of magnitude", () => {
  // The loss of orthogonality of single sweeps cancels: 300 other seeds stay below 2e-13.
  const turn = (seed: number) =>
    new QrDecomposition(Matrix.from1DArray(9, 9, [...Rng.seed(seed).normals(81)])).orthogonalMatrix;
  const dense = turn(1).mmul(Matrix.diag(Array.from({ length: 9 }, (_, i) => 10 ** -i))).mmul(turn(2)).to2DArray();
  const svd = truncatedSvd(sparse(dense), { dimensions: 9, iterations: 0, rng: Rng.seed(7) });
  // The matrix is known to 1e-16 of its first value: the last, 1e-8 of that, to about 1e-8, times a modest factor.
  for (const [i, value] of svd.singularValues.entries()) assert.ok(Math.abs(value / 10 ** -i - 1) < 1e-6, `value ${i}`);
  for (const [i, a] of svd.directions.entries()) {
    for (const [j, b] of svd.directions.entries()) assert.ok(Math.abs(dot(a, b) - Number(i === j)) < 1e-12);
  }
});

Deno.test("features of the training rows have the singular values as lengths and are uncorrelated", () => {
  const matrix = sparse(random(40, 25, Rng.seed(8)));
  const svd = truncatedSvd(matrix, { dimensions: 4, iterations: 40, rng: Rng.seed(9) });
  const features = svd.project(matrix);
  const column = (k: number) => features.filter((_, i) => i % 4 === k);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j <= i; j++) {
      const expected = i === j ? svd.singularValues[i] ** 2 : 0;
      assert.ok(Math.abs(dot(column(i), column(j)) - expected) < 1e-11 * svd.singularValues[0] ** 2);
    }
  }
});

Deno.test("unseen rows: the features are the inner products with the directions", () => {
  const svd = truncatedSvd(sparse(random(30, 20, Rng.seed(10))), { dimensions: 3, iterations: 4, rng: Rng.seed(11) });
  const unseen = random(2, 20, Rng.seed(12));
  const features = svd.project(sparse([...unseen, new Array(20).fill(0)]));
  for (const [r, row] of unseen.entries()) {
    for (const [k, direction] of svd.directions.entries()) {
      assert.ok(Math.abs(features[r * 3 + k] - dot(row, direction)) < 1e-13);
    }
  }
  assert.deepEqual([...features.subarray(6)], [0, 0, 0]);
  assert.throws(() => svd.project(sparse([[1, 2]])), {
    name: "RangeError",
    message: "matrix has 2 columns, the decomposed one had 20",
  });
});

Deno.test("the same stream gives the same bytes; another start gives the same directions", () => {
  const matrix = sparse(random(40, 25, Rng.seed(13)));
  const run = (seed: number) => truncatedSvd(matrix, { dimensions: 3, iterations: 40, rng: Rng.seed(seed) });
  assert.deepEqual(run(1).directions, run(1).directions);
  assert.deepEqual(run(1).singularValues, run(1).singularValues);
  for (const [k, direction] of run(2).directions.entries()) {
    // The sign rule makes the vectors themselves comparable.
    assert.ok(direction.every((x, i) => Math.abs(x - run(1).directions[k][i]) < 1e-10));
  }
});

Deno.test("more dimensions than rank: the rest is zero", () => {
  const dense = Array.from({ length: 8 }, (_, i) => [1, i, 1 + i, 2 * i, 0, 0]);
  const svd = truncatedSvd(sparse(dense), { dimensions: 6, iterations: 3, rng: Rng.seed(14) });
  assert.ok(svd.singularValues[1] > 0.1);
  for (const k of [2, 3, 4, 5]) {
    assert.ok(svd.singularValues[k] < 1e-12 * svd.singularValues[0]);
    assert.ok(svd.directions[k].every((x) => Math.abs(x) < 1e-12));
  }
});

Deno.test("options out of range", () => {
  const matrix = sparse([[1, 0, 0], [0, 1, 0]]);
  const run = (dimensions: number, iterations: number) =>
    truncatedSvd(matrix, { dimensions, iterations, rng: Rng.seed(1) });
  for (const dimensions of [0, 3, 1.5, NaN]) {
    assert.throws(() => run(dimensions, 1), {
      name: "RangeError",
      message: `dimensions must be an integer from 1 to 2 for 2 x 3, got ${dimensions}`,
    });
  }
  assert.throws(() => run(1, -1), { name: "RangeError", message: "iterations must be an integer >= 0, got -1" });
});

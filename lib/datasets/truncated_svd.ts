/**
 * The leading singular directions of a sparse matrix: dense text features of a chosen width.
 *
 * @module
 */
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import type { Rng } from "../random.ts";
import type { SparseMatrix } from "./text_features.ts";

/** Extra directions that are iterated and thrown away: they speed up the convergence of those that are kept. */
const OVERSAMPLING = 10;

/** A column this small next to what it was before orthogonalising lies in the span of the others up to rounding. */
const DEPENDENT = 1e-12;

/** Dense columns, each a vector of the same length. */
type Columns = Float64Array[];

/** The leading part of a singular value decomposition A ≈ U S Vᵀ. */
export interface TruncatedSvd {
  /** S, descending, `[dimensions]`. */
  readonly singularValues: Float64Array;
  /**
   * V by columns, `dimensions` of length `columns`: orthonormal, each with its largest component positive. A direction
   * whose singular value is within rounding of 0 (1e-12 of the first) is zero.
   */
  readonly directions: readonly Float64Array[];
  /**
   * The features of rows, seen or unseen: A V, `[n * dimensions]` row-major.
   *
   * @throws RangeError when the number of columns is not that of the decomposed matrix
   */
  project(matrix: SparseMatrix): Float64Array;
}

/**
 * Randomised subspace iteration (Halko, Martinsson and Tropp, SIAM Review 2011, algorithms 4.4 and 5.1), in float64.
 *
 * @param matrix `[rows, columns]`
 * @param options.dimensions directions to keep, at most min(rows, columns)
 * @param options.iterations products with AᵀA after the first: each sharpens the gap between singular values
 * @param options.rng draws the start; the same stream gives the same bytes
 * @throws RangeError when `dimensions` or `iterations` is out of range
 *
 * @example A diagonal matrix
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const matrix = {
 *   rows: 2, columns: 2, starts: Uint32Array.of(0, 1, 2), indices: Uint32Array.of(0, 1), values: Float64Array.of(3, 2),
 * };
 * const svd = truncatedSvd(matrix, { dimensions: 1, iterations: 2, rng: Rng.seed(1) });
 * assert.ok(Math.abs(svd.singularValues[0] - 3) < 1e-12);
 * assert.ok(Math.abs(svd.project(matrix)[0] - 3) < 1e-12);
 * ```
 */
export function truncatedSvd(
  matrix: SparseMatrix,
  { dimensions, iterations, rng }: { dimensions: number; iterations: number; rng: Rng },
): TruncatedSvd {
  const smaller = Math.min(matrix.rows, matrix.columns);
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > smaller) {
    throw new RangeError(
      `dimensions must be an integer from 1 to ${smaller} for ${matrix.rows} x ${matrix.columns}, got ${dimensions}`,
    );
  }
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new RangeError(`iterations must be an integer >= 0, got ${iterations}`);
  }
  const width = Math.min(dimensions + OVERSAMPLING, smaller);
  let left = Array.from({ length: width }, () => times(matrix, rng.normals(matrix.columns)));
  for (let i = 0; i < iterations; i++) {
    orthonormalise(left);
    const right = left.map((column) => transposedTimes(matrix, column));
    orthonormalise(right);
    left = right.map((column) => times(matrix, column));
  }
  orthonormalise(left);
  // With Q = left, QᵀA = (AᵀQ)ᵀ = (W R)ᵀ: the singular vectors of the small R turn W into those of A. Taking R rather
  // than the Gram matrix keeps the small singular values, which squaring would drown in rounding.
  const right = left.map((column) => transposedTimes(matrix, column));
  const triangle = orthonormalise(right);
  const small = new SingularValueDecomposition(triangle, { autoTranspose: true });
  const singularValues = Float64Array.from(small.diagonal.slice(0, dimensions));
  const directions = Array.from(singularValues, (_, k) => {
    const direction = new Float64Array(matrix.columns);
    for (const [j, column] of right.entries()) add(direction, small.leftSingularVectors.get(j, k), column);
    return fixSign(direction);
  });
  return { singularValues, directions, project: (rows) => project(rows, directions) };
}

/** A x */
function times({ rows, starts, indices, values }: SparseMatrix, x: Float64Array): Float64Array {
  const y = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let e = starts[r]; e < starts[r + 1]; e++) sum += values[e] * x[indices[e]];
    y[r] = sum;
  }
  return y;
}

/** Aᵀ y */
function transposedTimes({ rows, columns, starts, indices, values }: SparseMatrix, y: Float64Array): Float64Array {
  const x = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    for (let e = starts[r]; e < starts[r + 1]; e++) x[indices[e]] += values[e] * y[r];
  }
  return x;
}

function add(to: Float64Array, factor: number, from: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * from[i];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Orthonormalises the columns in place by modified Gram-Schmidt and returns the triangle R with old = new · R. A column
 * that depends on the earlier ones becomes zero. The loss of orthogonality, the unit roundoff times the condition number,
 * moves singular values by that relative amount and no more.
 */
function orthonormalise(columns: Columns): Matrix {
  const triangle = Matrix.zeros(columns.length, columns.length);
  for (const [j, column] of columns.entries()) {
    const before = Math.sqrt(dot(column, column));
    for (let i = 0; i < j; i++) {
      const part = dot(columns[i], column);
      triangle.set(i, j, part);
      add(column, -part, columns[i]);
    }
    const length = Math.sqrt(dot(column, column));
    if (length <= DEPENDENT * before) {
      column.fill(0);
      continue;
    }
    triangle.set(j, j, length);
    for (let i = 0; i < column.length; i++) column[i] /= length;
  }
  return triangle;
}

/** Singular vectors are defined up to sign: the component of largest size, the first of them in a tie, is made positive. */
function fixSign(direction: Float64Array): Float64Array {
  let at = 0;
  for (let i = 1; i < direction.length; i++) if (Math.abs(direction[i]) > Math.abs(direction[at])) at = i;
  return direction[at] < 0 ? direction.map((x) => -x) : direction;
}

function project(matrix: SparseMatrix, directions: readonly Float64Array[]): Float64Array {
  const width = directions.length;
  if (matrix.columns !== directions[0].length) {
    throw new RangeError(`matrix has ${matrix.columns} columns, the decomposed one had ${directions[0].length}`);
  }
  const features = new Float64Array(matrix.rows * width);
  for (const [k, direction] of directions.entries()) {
    for (const [row, value] of times(matrix, direction).entries()) features[row * width + k] = value;
  }
  return features;
}

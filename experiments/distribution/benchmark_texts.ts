/**
 * Vectors of texts that come in pairs.
 *
 * @module
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";

/**
 * Turns and scales the columns so that differences within pairs of texts (2i, 2i + 1) are uncorrelated with second moment
 * one: comparisons see nothing else, and answers that differ in a word have differences far smaller than the texts.
 *
 * @param rows `[2n, D]`, with n >= D independent differences
 */
export function whitenDifferences(rows: Float64Array, dimensions: number): Float64Array {
  const pairs = rows.length / dimensions / 2, moments = Matrix.zeros(dimensions, dimensions);
  for (let i = 0; i < pairs; i++) {
    const at = 2 * i * dimensions;
    const difference = rows.subarray(at, at + dimensions).map((v, k) => v - rows[at + dimensions + k]);
    for (let j = 0; j < dimensions; j++) {
      for (let k = 0; k < dimensions; k++) {
        moments.set(j, k, moments.get(j, k) + difference[j] * difference[k] / pairs);
      }
    }
  }
  const low = new CholeskyDecomposition(moments).lowerTriangularMatrix;
  const out = rows.slice();
  for (let at = 0; at < out.length; at += dimensions) {
    for (let j = 0; j < dimensions; j++) {
      for (let k = 0; k < j; k++) out[at + j] -= low.get(j, k) * out[at + k];
      out[at + j] /= low.get(j, j);
    }
  }
  return out;
}

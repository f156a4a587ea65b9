/**
 * Parity of softmax and its logarithm, with the loops that other references are made of.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { logSoftmax } from "../ops.ts";
import type { ParityCase } from "./case_test_helpers.ts";

/** Rows of the last axis. */
export const rowsOf = (x: Float64Array, width: number) =>
  Array.from({ length: width === 0 ? 0 : x.length / width }, (_, r) => x.subarray(r * width, (r + 1) * width));

/** Log-probabilities of a row of logits. */
export function logLaw(row: Float64Array): Float64Array {
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0));
  return row.map((v) => v - top - total);
}

/**
 * How far float32 log-probabilities of so many logits may be off beyond 2u of their own size, which shift and final
 * difference round away: the sum of n exponentials, each within 4u, is off by (n + 4)u, which the logarithm makes
 * absolute; the logarithm itself is off by 4u of at most log n.
 */
export const normaliserError = (width: number) => u * (width + 4 + 4 * Math.log(width + 1));

const total = (row: Float64Array) => row.reduce((a, b) => a + b, 0);

/** What a row's law and the upstream gradient of that row make of each entry. */
function mapRows(
  shape: readonly number[],
  x: Float64Array,
  dy: Float64Array,
  f: (law: Float64Array, dy: Float64Array) => Float64Array,
): Float64Array {
  const width = shape.at(-1)!, out = new Float64Array(x.length);
  rowsOf(x, width).forEach((row, r) => out.set(f(logLaw(row), dy.subarray(r * width, (r + 1) * width)), r * width));
  return out;
}

function logSoftmaxCase(shape: readonly number[]): ParityCase {
  const width = shape.at(-1)!;
  return {
    op: "logSoftmax",
    shapes: [shape],
    draw: (z) => 5 * z,
    apply: logSoftmax,
    f64: (x) => mapRows(shape, x, x, (law) => law),
    bound: (_, expected) => expected.map((v) => 2 * u * Math.abs(v) + normaliserError(width)),
    gradient: {
      f64: ([x], dy) => [mapRows(shape, x, dy, (law, dy) => law.map((l, i) => dy[i] - Math.exp(l) * total(dy)))],
      // The sum of dy is off by n·u·Σ|dy|; the exponential of a log-probability that is off by e is off by a factor 1 + e,
      // with e below u(2·45 + n + 4 + 4 log n) for logits within 45 of each other.
      bound: ([x], dy) => [
        mapRows(shape, x, dy, (law, dy) => {
          const size = total(dy.map(Math.abs)), off = u * (width + 96) + normaliserError(width);
          return law.map((l, i) => 2 * u * Math.abs(dy[i]) + Math.exp(l) * size * off + SMALLEST_NORMAL);
        }),
      ],
    },
  };
}

function softmaxCase(shape: readonly number[]): ParityCase {
  const width = shape.at(-1)!;
  // Of its size: twice u of a shift of at most 45, the exponential 4u, the sum (n + 4)u and the quotient 5u.
  const off = u * (2 * 45 + width + 13);
  return {
    op: "softmax",
    shapes: [shape],
    draw: (z) => 5 * z,
    apply: (x: Tensor) => tf.softmax(x),
    f64: (x) => mapRows(shape, x, x, (law) => law.map(Math.exp)),
    bound: (_, expected) => expected.map((p) => off * p + SMALLEST_NORMAL),
    gradient: {
      f64: ([x], dy) => [
        mapRows(shape, x, dy, (law, dy) => {
          const p = law.map(Math.exp), mean = total(p.map((p, i) => p * dy[i]));
          return p.map((p, i) => p * (dy[i] - mean));
        }),
      ],
      // p·dy and the mean of dy are each off by at most twice what p is, the sum by n·u, of the sizes they have.
      bound: ([x], dy) => [
        mapRows(shape, x, dy, (law, dy) => {
          const p = law.map(Math.exp), mean = total(p.map((p, i) => p * Math.abs(dy[i])));
          return p.map((p, i) => (2 * off + u * (width + 4)) * p * (Math.abs(dy[i]) + mean) + SMALLEST_NORMAL);
        }),
      ],
    },
  };
}

const shapes = [[1], [3], [17], [1, 129], [129, 1], [3, 64], [64, 129], [2, 3, 17], [0, 3]];

/** Of our log-softmax. */
export const logSoftmaxCases: readonly ParityCase[] = shapes.map(logSoftmaxCase);

/** Of tfjs's softmax. */
export const softmaxCases: readonly ParityCase[] = shapes.map(softmaxCase);

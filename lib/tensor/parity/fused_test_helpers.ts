/**
 * Parity of the library's own operations, in one list.
 *
 * To add one: its name, shapes, how it is called, what it does in plain float64 loops, and how far float32 may be from
 * that, derived in a comment. A gradient without an `f64` of its own is compared with central differences, which costs
 * four evaluations an entry: keep those shapes small, and write loops for large ones.
 *
 * @module
 */
import type { Tensor } from "../backend.ts";
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { log1mexp, logSigmoid, logSoftmax, softplus, stopGradient, takeAlongLast } from "../ops.ts";
import { Rng } from "../random.ts";
import { sequenceLogProb } from "../sequence.ts";
import { away, type ParityCase, relative } from "./case_test_helpers.ts";

const logistic = (x: number) => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
const exactSoftplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const lines = [[], [1], [3], [17], [64], [129], [3, 17], [129, 64], [0]];

/** A function of one number; `ulps` bounds values, `slopeUlps` slopes, in units of u. */
function pointwise(
  op: string,
  apply: (x: Tensor) => Tensor,
  f: (x: number) => number,
  slope: (x: number) => number,
  { draw, ulps, slopeUlps }: { draw: (z: number) => number; ulps: number; slopeUlps: number },
): ParityCase[] {
  return lines.map((shape): ParityCase => ({
    op,
    shapes: [shape],
    draw,
    apply,
    f64: (x) => x.map(f),
    bound: relative(ulps),
    gradient: {
      f64: ([x], dy) => [dy.map((d, i) => d * slope(x[i]))],
      bound: (_, __, [slopes]) => [slopes.map((v) => slopeUlps * u * Math.abs(v) + SMALLEST_NORMAL)],
    },
  }));
}

/** Rows of the last axis. */
const rowsOf = (x: Float64Array, width: number) =>
  Array.from({ length: width === 0 ? 0 : x.length / width }, (_, r) => x.subarray(r * width, (r + 1) * width));

function logLaw(row: Float64Array): Float64Array {
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0));
  return row.map((v) => v - top - total);
}

function softmaxCase(shape: readonly number[]): ParityCase {
  const width = shape.at(-1)!;
  const map = (x: Float64Array, dy: Float64Array, f: (law: Float64Array, dy: Float64Array) => Float64Array) => {
    const out = new Float64Array(x.length);
    rowsOf(x, width).forEach((row, r) => out.set(f(logLaw(row), dy.subarray(r * width, (r + 1) * width)), r * width));
    return out;
  };
  return {
    op: "logSoftmax",
    shapes: [shape],
    draw: (z) => 5 * z,
    apply: logSoftmax,
    f64: (x) => map(x, x, (law) => law),
    // Shift and final difference round once each; the sum of n exponentials is off by (n + 4)u, which log makes absolute;
    // the logarithm itself is off by 4u of at most log n.
    bound: (_, expected) => expected.map((v) => u * (2 * Math.abs(v) + width + 4 + 4 * Math.log(width + 1))),
    gradient: {
      f64: ([x], dy) => {
        const total = (row: Float64Array) => row.reduce((a, b) => a + b, 0);
        return [map(x, dy, (law, dy) => law.map((l, i) => dy[i] - Math.exp(l) * total(dy)))];
      },
      // The sum of dy is off by n·u·Σ|dy|; the exponential of a log-probability that is off by e is off by a factor 1 + e,
      // with e below u(2·45 + n + 4 + 4 log n) for logits within 45 of each other.
      bound: ([x], dy) => [
        map(x, dy, (law, dy) => {
          const size = dy.reduce((sum, v) => sum + Math.abs(v), 0);
          const off = 2 * width + 4 * Math.log(width + 1) + 100;
          return law.map((l, i) => u * (2 * Math.abs(dy[i]) + Math.exp(l) * size * off) + SMALLEST_NORMAL);
        }),
      ],
    },
  };
}

function takeCase(rows: number, width: number, n: number): ParityCase {
  const rng = Rng.seed(0);
  const index = Uint32Array.from({ length: rows * n }, () => rng.integer(width));
  const at = (i: number) => Math.floor(i / n) * width + index[i];
  return {
    op: "takeAlongLast",
    shapes: [[rows, width]],
    note: `${n} a row`,
    apply: (values) => takeAlongLast(values, index, n),
    f64: (x) => Float64Array.from(index, (_, i) => x[at(i)]),
    bound: () => 0,
    gradient: {
      f64: ([x], dy) => {
        const slopes = new Float64Array(x.length);
        dy.forEach((d, i) => slopes[at(i)] += d);
        return [slopes];
      },
      // At most n terms below 5 meet in one entry.
      bound: () => [u * n * n * 5],
    },
  };
}

function sequenceCase(
  batch: number,
  length: number,
  vocabulary: number,
  reduction: "sum" | "mean" | "none",
): ParityCase {
  const rng = Rng.seed(0).fork(`${batch} ${length} ${vocabulary}`);
  const labels = Uint32Array.from({ length: batch * length }, () => rng.integer(vocabulary));
  // The last sequence has nothing that counts.
  const mask = Uint8Array.from(
    labels,
    (_, i) => Math.floor(i / length) === batch - 1 ? 0 : Number(rng.uniform() < 0.7),
  );
  /** Calls back with every token that counts: its logits, its label, where it is added and with what weight. */
  const tokens = (each: (row: number, label: number, target: number, weight: number) => void) => {
    for (let b = 0; b < batch; b++) {
      let counted = 0;
      for (let t = 1; t < length; t++) counted += mask[b * length + t];
      for (let t = 1; t < length; t++) {
        if (mask[b * length + t] === 0) continue;
        const target = reduction === "none" ? b * (length - 1) + t - 1 : b;
        each(b * length + t - 1, labels[b * length + t], target, reduction === "mean" ? 1 / counted : 1);
      }
    }
  };
  const outputs = reduction === "none" ? batch * Math.max(0, length - 1) : batch;
  return {
    op: "sequenceLogProb",
    shapes: [[batch, length, vocabulary]],
    note: reduction,
    draw: (z) => 3 * z,
    apply: (logits) => sequenceLogProb(logits, labels, mask, { reduction }).logp,
    f64: (x) => {
      const sums = new Float64Array(outputs), rows = rowsOf(x, vocabulary);
      tokens((row, label, target, weight) => sums[target] += weight * logLaw(rows[row])[label]);
      return sums;
    },
    // Of a token: (n + 8 + 4 log n)u for its normaliser and 2u of its size; they add up over the sequence.
    bound: (_, expected) =>
      expected.map((v) => u * (length * (vocabulary + 8 + 4 * Math.log(vocabulary + 1)) + (length + 2) * Math.abs(v))),
    gradient: {
      f64: ([x], dy) => {
        const slopes = new Float64Array(x.length), rows = rowsOf(x, vocabulary);
        tokens((row, label, target, weight) =>
          logLaw(rows[row]).forEach((l, v) =>
            slopes[row * vocabulary + v] = dy[target] * weight * (Number(v === label) - Math.exp(l))
          )
        );
        return [slopes];
      },
      // 1 − p or p, with p off by the error of a log-probability: (n + 100)u.
      bound: ([x], dy) => {
        const bounds = new Float64Array(x.length);
        tokens((row, _, target, weight) =>
          bounds.fill(u * (vocabulary + 100) * Math.abs(dy[target] * weight), row * vocabulary, (row + 1) * vocabulary)
        );
        return [bounds];
      },
    },
  };
}

/** Every operation of the library's own. */
export const fused: readonly ParityCase[] = [
  // exp and log are within 4u, Kahan's log1p adds a product, a quotient and a correction, its argument's error counts at
  // most fully, the outer sum once: 9u where exp and log are within 2u of the truth, as the grid of ops_test.ts shows.
  ...pointwise("softplus", softplus, exactSoftplus, logistic, { draw: (z) => 5 * z, ulps: 9, slopeUlps: 6 }),
  ...pointwise("logSigmoid", logSigmoid, (x) => -exactSoftplus(-x), (x) => logistic(-x), {
    draw: (z) => 5 * z,
    ulps: 9,
    slopeUlps: 6,
  }),
  // In float64 on the host, rounded once; its slope is multiplied once more.
  ...pointwise(
    "log1mexp",
    log1mexp,
    (x) => x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x)),
    (x) => 1 / -Math.expm1(-x),
    { draw: (z) => -Math.exp(3 * z), ulps: 1.001, slopeUlps: 3 },
  ),
  ...pointwise("stopGradient", stopGradient, (x) => x, () => 0, { draw: away, ulps: 0, slopeUlps: 0 }),
  ...[[1], [3], [17], [1, 129], [129, 1], [3, 64], [64, 129], [2, 3, 17], [0, 3]].map(softmaxCase),
  ...([[1, 1, 1], [3, 17, 64], [17, 3, 129], [64, 129, 1], [129, 64, 3], [3, 17, 0]] as const).map(([rows, width, n]) =>
    takeCase(rows, width, n)
  ),
  ...([[1, 1, 3], [3, 17, 64], [2, 3, 129], [17, 3, 1], [3, 64, 17]] as const).flatMap(([batch, length, vocabulary]) =>
    (["sum", "mean", "none"] as const).map((reduction) => sequenceCase(batch, length, vocabulary, reduction))
  ),
];

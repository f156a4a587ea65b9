/**
 * Parity of reductions over an axis or over everything.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { type ParityCase, sizeOf } from "./case_test_helpers.ts";

/** Outer, reduced and inner size: entry (o, r, i) of the input is at (o·R + r)·I + i. */
type Split = readonly [outer: number, reduced: number, inner: number];

/** What a reduction makes of its entries, and the weight that each has in its gradient. */
interface Reduction {
  readonly op: string;
  readonly apply: (x: Tensor, axis: number | undefined, keepDims: boolean) => Tensor;
  readonly of: (entries: Float64Array) => number;
  readonly weights: (entries: Float64Array) => Float64Array;
  /** Errors are of roundings: of each partial sum, and of a final quotient. None where entries are only compared. */
  readonly rounds: boolean;
}

const reductions: readonly Reduction[] = [
  {
    op: "sum",
    apply: (x, axis, keepDims) => tf.sum(x, axis, keepDims),
    of: (entries) => entries.reduce((a, b) => a + b, 0),
    weights: (entries) => entries.map(() => 1),
    rounds: true,
  },
  {
    op: "mean",
    apply: (x, axis, keepDims) => tf.mean(x, axis, keepDims),
    of: (entries) => entries.reduce((a, b) => a + b, 0) / entries.length,
    weights: (entries) => entries.map(() => 1 / entries.length),
    rounds: true,
  },
  {
    op: "max",
    apply: (x, axis, keepDims) => tf.max(x, axis, keepDims),
    of: (entries) => entries.reduce((a, b) => Math.max(a, b), -Infinity),
    weights: (entries) => {
      const top = entries.reduce((a, b) => Math.max(a, b), -Infinity);
      return entries.map((v) => Number(v === top));
    },
    rounds: false,
  },
];

function caseOf(reduction: Reduction, shape: readonly number[], axis: number | undefined, keepDims: boolean) {
  const { op, apply, of, weights, rounds } = reduction;
  const [outer, reduced, inner]: Split = axis === undefined ? [1, sizeOf(shape), 1] : [
    sizeOf(shape.slice(0, axis)),
    shape[axis],
    sizeOf(shape.slice(axis + 1)),
  ];
  /** Calls back with each group of entries that become one. */
  const groups = (x: Float64Array, each: (entries: Float64Array, group: number, at: (r: number) => number) => void) => {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const at = (r: number) => (o * reduced + r) * inner + i;
        each(Float64Array.from({ length: reduced }, (_, r) => x[at(r)]), o * inner + i, at);
      }
    }
  };
  const reduce = (x: Float64Array, f: (entries: Float64Array) => number) => {
    const out = new Float64Array(outer * inner);
    groups(x, (entries, group) => out[group] = f(entries));
    return out;
  };
  const result: ParityCase = {
    op,
    shapes: [shape],
    note: `axis ${axis ?? "all"}${keepDims ? ", kept" : ""}`,
    apply: (x) => apply(x, axis, keepDims),
    f64: (x) => reduce(x, of),
    // n − 1 roundings of partial sums, each at most Σ|x|; the mean rounds twice more.
    bound: ([x]) =>
      rounds
        ? reduce(x, (entries) => u * (entries.length + 2) * of(entries.map(Math.abs))).map((v) => v + SMALLEST_NORMAL)
        : 0,
    gradient: {
      f64: ([x], dy) => {
        const slopes = new Float64Array(x.length);
        groups(x, (entries, group, at) => weights(entries).forEach((w, r) => slopes[at(r)] = w * dy[group]));
        return [slopes];
      },
      bound: (_, __, [slopes]) => [slopes.map((v) => 6 * u * Math.abs(v))],
    },
  };
  return result;
}

/** Every reduction of tfjs that the library uses; of nothing, only the sum is asked for. */
export const reductionCases: readonly ParityCase[] = reductions.flatMap((reduction) => [
  ...[[1], [3], [17], [64], [129], [129, 64], [2, 3, 17]].map((shape) => caseOf(reduction, shape, undefined, false)),
  ...[[1, 1], [3, 17], [17, 1], [64, 129], [129, 3], [1, 129], [2, 3, 17], [0, 3]].flatMap((shape) =>
    [false, true].map((kept) => caseOf(reduction, shape, shape.length - 1, kept))
  ),
  ...[[3, 17], [129, 64], [64, 1]].map((shape) => caseOf(reduction, shape, 0, false)),
  ...[[2, 3, 17], [3, 64, 17]].map((shape) => caseOf(reduction, shape, 1, false)),
  ...(reduction.op === "sum" ? [[0], [0, 3], [3, 0]].map((shape) => caseOf(reduction, shape, undefined, false)) : []),
  ...(reduction.op === "sum" ? [caseOf(reduction, [0, 3], 0, false), caseOf(reduction, [3, 0], 1, true)] : []),
]);

/**
 * Parity of elementwise operations: one number from one or two numbers, with the broadcasts that losses make.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { away, type ParityCase, positive, relative, sizeOf } from "./case_test_helpers.ts";

const shapes = [[], [1], [3], [17], [64], [129], [3, 17], [129, 64], [2, 3, 17], [0], [0, 3]];

/** A function of one number with its slope; `ulps` bounds the relative error of both in units of u. */
function unary(
  op: string,
  apply: (x: Tensor) => Tensor,
  f: (x: number) => number,
  slope: ((x: number) => number) | "none",
  // Kernels of single functions are within 2 units in the last place (4u); a slope multiplies one by dy and, at most,
  // by another such value: 4u + 4u + 2u. A slope with a difference in it is off by u of the size of its terms.
  { draw = away, ulps = 4, slopeSize = slope }: {
    draw?: (z: number) => number;
    ulps?: number;
    slopeSize?: ((x: number) => number) | "none";
  } = {},
): ParityCase[] {
  return shapes.map((shape): ParityCase => ({
    op,
    shapes: [shape],
    draw,
    apply,
    f64: (x) => x.map(f),
    bound: relative(ulps),
    gradient: slope === "none" || slopeSize === "none" ? "none" : {
      f64: ([x], dy) => [dy.map((d, i) => d * slope(x[i]))],
      bound: ([x], dy) => [dy.map((d, i) => 10 * u * Math.abs(d * slopeSize(x[i])) + SMALLEST_NORMAL)],
    },
  }));
}

const pairs = [
  [[129], [129]],
  [[3, 17], [3, 17]],
  [[129, 64], [64]],
  [[129, 64], [129, 1]],
  [[64, 17], [1, 17]],
  [[3, 1], [1, 17]],
  [[129], []],
  [[], [17]],
  [[1], [64]],
  [[2, 3, 17], [3, 1]],
  [[0], [0]],
  [[0, 3], [3]],
  [[0, 3], []],
];

/** Where each entry of a broadcast result comes from in an input. */
function sources(shape: readonly number[], out: readonly number[]): Int32Array {
  const padded = [...new Array(out.length - shape.length).fill(1), ...shape];
  return Int32Array.from({ length: sizeOf(out) }, (_, i) => {
    let at = 0, stride = 1;
    for (let axis = out.length - 1; axis >= 0; axis--) {
      if (padded[axis] > 1) at += (i % out[axis]) * stride;
      i = Math.floor(i / out[axis]);
      stride *= padded[axis];
    }
    return at;
  });
}

function broadcast([a, b]: readonly (readonly number[])[]): number[] {
  const rank = Math.max(a.length, b.length);
  const at = (shape: readonly number[], axis: number) => shape[shape.length - rank + axis] ?? 1;
  return Array.from({ length: rank }, (_, axis) => at(a, axis) === 1 ? at(b, axis) : at(a, axis));
}

/** A function of two numbers with both partial slopes. */
function binary(
  op: string,
  apply: (a: Tensor, b: Tensor) => Tensor,
  f: (a: number, b: number) => number,
  partials: readonly [(a: number, b: number) => number, (a: number, b: number) => number] | "none",
  { draw = away, ulps = 1 }: { draw?: (z: number) => number; ulps?: number } = {},
): ParityCase[] {
  return pairs.map((shapes): ParityCase => {
    const out = broadcast(shapes), from = shapes.map((shape) => sources(shape, out));
    /** Σ of what `term` gives over the entries that an input reaches. */
    const pulled = (input: number, length: number, term: (i: number) => number) => {
      const sums = new Float64Array(length);
      from[input].forEach((at, i) => sums[at] += term(i));
      return sums;
    };
    const slopes = (inputs: readonly Float64Array[], dy: Float64Array, size: (term: number) => number) =>
      inputs.map((x, input) =>
        pulled(input, x.length, (i) =>
          size(
            dy[i] * (partials as NonNullable<Exclude<typeof partials, "none">>)[input](
              inputs[0][from[0][i]],
              inputs[1][from[1][i]],
            ),
          ))
      );
    return {
      op,
      shapes,
      draw,
      apply,
      f64: (a, b) => Float64Array.from({ length: sizeOf(out) }, (_, i) => f(a[from[0][i]], b[from[1][i]])),
      bound: relative(ulps),
      gradient: partials === "none" ? "none" : {
        f64: (inputs, dy) => slopes(inputs, dy, (term) => term),
        // n terms, each off by at most 4 roundings and 2 quotients of 5u, are added with n roundings of sums of sizes.
        bound: (inputs, dy) =>
          slopes(inputs, dy, Math.abs).map((sizes) =>
            sizes.map((size) => u * (14 + sizeOf(out) / Math.max(1, sizes.length)) * size + SMALLEST_NORMAL)
          ),
      },
    };
  });
}

const logistic = (x: number) => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
/** Over nearly all exponents of float32, short of its ends. */
const wide = (z: number) => Math.max(-86, Math.min(25 * z, 86));
/** Integers, so that equality happens. */
const whole = (z: number) => Math.round(z);

/** Every elementwise operation of tfjs that the library uses. */
export const elementwise: readonly ParityCase[] = [
  ...binary("add", (a, b) => tf.add(a, b), (a, b) => a + b, [() => 1, () => 1]),
  ...binary("sub", (a, b) => tf.sub(a, b), (a, b) => a - b, [() => 1, () => -1]),
  ...binary("mul", (a, b) => tf.mul(a, b), (a, b) => a * b, [(_, b) => b, (a) => a]),
  // WGSL allows a quotient 2.5 units in the last place.
  ...binary("div", (a, b) => tf.div(a, b), (a, b) => a / b, [(_, b) => 1 / b, (a, b) => -a / b ** 2], { ulps: 5 }),
  // Comparisons have no gradient function: they serve inside customGrad and on constants.
  ...binary("greater", (a, b) => tf.greater(a, b), (a, b) => Number(a > b), "none", { draw: whole }),
  ...binary("greaterEqual", (a, b) => tf.greaterEqual(a, b), (a, b) => Number(a >= b), "none", { draw: whole }),
  ...binary("equal", (a, b) => tf.equal(a, b), (a, b) => Number(a === b), "none", { draw: whole }),
  ...unary("neg", (x) => tf.neg(x), (x) => -x, () => -1, { ulps: 0 }),
  ...unary("abs", (x) => tf.abs(x), Math.abs, Math.sign, { ulps: 0 }),
  ...unary("relu", (x) => tf.relu(x), (x) => Math.max(x, 0), (x) => Number(x > 0), { ulps: 0 }),
  ...unary("step", (x) => tf.step(x), (x) => Number(x > 0), "none", { ulps: 0 }),
  ...unary("exp", (x) => tf.exp(x), Math.exp, Math.exp),
  ...unary("exp", (x) => tf.exp(x), Math.exp, Math.exp, { draw: wide }),
  ...unary("log", (x) => tf.log(x), Math.log, (x) => 1 / x, { draw: positive }),
  // Near 1, where log1p by Kahan's correction needs every digit, and over the whole range.
  ...unary("log", (x) => tf.log(x), Math.log, (x) => 1 / x, { draw: (z) => 1 + 2 ** -20 * Math.round(4 * z) }),
  ...unary("log", (x) => tf.log(x), Math.log, (x) => 1 / x, { draw: (z) => Math.exp(wide(z)) }),
  ...unary("sigmoid", (x) => tf.sigmoid(x), logistic, (x) => logistic(x) * logistic(-x), { slopeSize: logistic }),
  ...unary("sigmoid", (x) => tf.sigmoid(x), logistic, (x) => logistic(x) * logistic(-x), {
    draw: (z) => 20 * z,
    slopeSize: logistic,
  }),
  ...unary("square", (x) => tf.square(x), (x) => x * x, (x) => 2 * x),
  ...unary("sqrt", (x) => tf.sqrt(x), Math.sqrt, (x) => 0.5 / Math.sqrt(x), { draw: positive }),
  ...unary("rsqrt", (x) => tf.rsqrt(x), (x) => 1 / Math.sqrt(x), (x) => -0.5 / x ** 1.5, { draw: positive }),
];

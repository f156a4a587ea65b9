/**
 * One parity case: an operation, what it should do in plain float64 loops, and how far float32 may be from that.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Tensor, tf } from "../backend.ts";
import { assertClose, numericGradient, rounded, SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";

/** Absolute errors allowed: one for all entries, or one for each. */
type Bound = number | ArrayLike<number>;

/** An operation at some shapes. */
export interface ParityCase {
  /** A name in the tfjs namespace, or of an exported function of `lib/tensor`: what the coverage test looks for. */
  readonly op: string;
  /** One shape an input. */
  readonly shapes: readonly (readonly number[])[];
  /** What sets it apart from other cases of the operation at these shapes. */
  readonly note?: string;
  /** An entry of an input from a standard normal draw; default: the draw, kept 0.1 away from 0. */
  readonly draw?: (z: number, input: number) => number;
  /** The operation under test. */
  readonly apply: (...inputs: Tensor[]) => Tensor;
  /** The same in float64, on flat inputs, by plain loops. */
  readonly f64: (...inputs: Float64Array[]) => Float64Array;
  /** Errors allowed to the values. */
  readonly bound: (inputs: readonly Float64Array[], expected: Float64Array) => Bound;
  /** Gradients; "none" where tfjs has none. */
  readonly gradient: Gradient | "none";
}

/** What an operation should send back. */
export interface Gradient {
  /** Vector-Jacobian product of each input, by plain loops; default: central differences of `f64`. */
  readonly f64?: (inputs: readonly Float64Array[], dy: Float64Array) => Float64Array[];
  /** Errors allowed to the gradient of each input. */
  readonly bound: (inputs: readonly Float64Array[], dy: Float64Array, expected: readonly Float64Array[]) => Bound[];
}

/** Number of entries of a shape. */
export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Keeps a draw away from the kink at 0. */
export const away = (z: number) => z + 0.1 * Math.sign(z);

/** The draw's size, at least 0.1. */
export const positive = (z: number) => Math.abs(z) + 0.1;

/** Errors of `ulps` half units in the last place of each expected value. */
export function relative(ulps: number): (inputs: readonly Float64Array[], expected: Float64Array) => Bound {
  return (_, expected) => expected.map((v) => ulps * u * Math.abs(v) + SMALLEST_NORMAL);
}

/** Runs a case on the engine that has been started. */
export function check(parity: ParityCase, backend: string): void {
  const { op, shapes, note, draw = away, apply, f64, bound, gradient } = parity;
  const label = `${op}${note ? ` (${note})` : ""} on ${shapes.map((s) => `[${s}]`).join(" ")} [${backend}]`;
  const rng = Rng.seed(0).fork(label.slice(0, label.lastIndexOf(" "))); // the same numbers on every engine
  const inputs = shapes.map((shape, i) => rounded(rng.fork(i).normals(sizeOf(shape)).map((z) => draw(z, i))));
  const tensors = inputs.map((x, i) => tf.tensor(Float32Array.from(x), [...shapes[i]]));
  const expected = f64(...inputs);
  const out = apply(...tensors);
  close(out.dataSync(), expected, bound(inputs, expected), label);
  if (gradient === "none") return;

  const dy = rounded(rng.fork("upstream").normals(expected.length));
  const upstream = tf.tensor(Float32Array.from(dy), out.shape);
  const given = tf.grads((...x: Tensor[]) => apply(...x))(tensors, upstream);
  // What a network differentiates is computed, and freed before the backward pass asks for it: the same bytes.
  const computed = tf.grads((...x: Tensor[]) => apply(...x.map((x) => tf.mul(x, 1))))(tensors, upstream);
  const slopes = gradient.f64?.(inputs, dy) ?? numericSlopes(f64, inputs, dy);
  gradient.bound(inputs, dy, slopes).forEach((bound, i) => {
    assert.deepEqual(given[i].shape, tensors[i].shape, `${label}: shape of gradient ${i}`);
    close(given[i].dataSync(), slopes[i], bound, `${label}: gradient ${i}`);
    const [again, first] = [computed[i], given[i]].map((slope) => Float32Array.from(slope.dataSync())); // [] where empty
    assert.deepEqual(again, first, `${label}: gradient ${i} of computed inputs`);
  });
}

function close(actual: ArrayLike<number>, expected: Float64Array, bound: Bound, label: string): void {
  assertClose(actual, expected, typeof bound === "number" ? bound : (_, i) => bound[i], label);
}

/** Gradients of Σ dy·f by central differences, good to 1e-9 of the slopes that occur here. */
function numericSlopes(f64: ParityCase["f64"], inputs: readonly Float64Array[], dy: Float64Array): Float64Array[] {
  return inputs.map((input, i) =>
    numericGradient((x) => {
      const at = f64(...inputs.map((other, j) => j === i ? x : other));
      return dy.reduce((total, w, j) => total + w * at[j], 0);
    }, input)
  );
}

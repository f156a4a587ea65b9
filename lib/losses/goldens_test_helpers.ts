/**
 * What the tests against reference values share, for tests alone.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, SMALLEST_NORMAL, u } from "../tensor/backends_test_helpers.ts";
import { tf } from "../tensor/backend.ts";
import { type AnyOptions, type Pairs, type PlainLosses, plainLosses } from "./pairs_test_helpers.ts";

/** Numbers as the files of reference values hold them: those that are not finite by name. */
type Numbers = readonly (number | string)[];

const named: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

/** Flat numbers of nested arrays. */
export function flat(values: unknown): number[] {
  return (values as unknown[]).flat(Infinity).map((v) => typeof v === "string" ? named[v] : v as number);
}

/** Reference values of one case; gradients are of the mean. */
export interface Expected {
  readonly losses?: Numbers;
  readonly mean: number | string;
  readonly grads: Readonly<Record<string, unknown>>;
}

/**
 * Accuracy asked of float32 beside a float64 truth: relative, some 60 roundings, and absolute where terms of size 1
 * cancel, one rounding. `moved` is how far rounding the inputs to float32 moves the truth itself, as computed in float64.
 */
export function accuracy(moved?: ArrayLike<number>): (expected: number, index: number) => number {
  return (expected, i) => 64 * u * Math.abs(expected) + u + (moved ? Math.abs(moved[i]) : 0);
}

/** The loss, its mean and the gradients of the mean, all of them as float32 engines give them. */
export function evaluate(
  loss: (inputs: Record<string, Tensor>) => Tensor,
  inputs: Readonly<Record<string, Tensor>>,
  differentiate: readonly string[],
): { losses: Float32Array; mean: number; grads: Record<string, Float32Array> } {
  const at = (x: Tensor[]) => loss({ ...inputs, ...Object.fromEntries(differentiate.map((name, i) => [name, x[i]])) });
  const given = differentiate.map((name) => inputs[name]);
  const losses = at(given);
  const slopes = tf.grads((...x: Tensor[]) => tf.mean(tf.reshape(at(x), [-1]), -1))(given);
  return {
    losses: losses.dataSync<"float32">(),
    mean: tf.mean(tf.reshape(losses, [-1]), -1).dataSync()[0],
    grads: Object.fromEntries(differentiate.map((name, i) => [name, slopes[i].dataSync<"float32">()])),
  };
}

/** Float32 tensors of the inputs of a case, nested arrays and all. */
export function tensors(inputs: Readonly<Record<string, unknown>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => [name, tf.tensor(values as number[], undefined, "float32")]),
  );
}

/**
 * Fails unless a loss and the second implementation both give the reference values, or the loss refuses what is infinite
 * there.
 *
 * @param loss by tensors
 * @param name and options of the second implementation, which is held to 1e-9
 */
export function assertMatches(
  label: string,
  loss: (inputs: Record<string, Tensor>) => Tensor,
  pairs: Pairs,
  expected: Expected,
  plain: { readonly name: string; readonly options: AnyOptions },
): void {
  const sides = ["policyChosen", "policyRejected"] as const;
  const moved: Partial<Record<keyof PlainLosses, Float64Array | number>> = {};
  const rounded = Object.fromEntries(Object.entries(pairs).map(([k, v]) => [k, (v as number[]).map(Math.fround)]));
  const isExact = JSON.stringify(rounded) === JSON.stringify(pairs);
  // What float32 holds of a number: past its ends the truth is infinite, or 0.
  const fround = (values: unknown) => flat(values).map((v) => Math.abs(v) < SMALLEST_NORMAL ? 0 : Math.fround(v));
  const run = () => evaluate(loss, tensors(pairs as unknown as Record<string, unknown>), sides);
  if ([expected.losses ?? [], ...Object.values(expected.grads)].flatMap(fround).some((v) => !Number.isFinite(v))) {
    // The released code goes on with an infinite loss or slope; here that is refused.
    assert.throws(run, { name: "RangeError", message: /^policy(Chosen|Rejected)\[\d+\]: its score overflows/ }, label);
    return;
  }
  const truth = plainLosses(plain.name, pairs, plain.options);
  const strict = (v: number) => 1e-9 * Math.abs(v) + 1e-12;
  if (expected.losses) assertClose(truth.losses, flat(expected.losses), strict, `${label}: second implementation`);
  assertClose([truth.mean], flat([expected.mean]), strict, `${label}: its mean`);
  for (const side of sides) {
    if (side in expected.grads) assertClose(truth[side], flat(expected.grads[side]), strict, `${label}: its ${side}`);
  }
  const there = isExact ? truth : plainLosses(plain.name, rounded as unknown as Pairs, plain.options);
  const apart = (a: Float64Array, b: Float64Array) => a.map((v, i) => v === b[i] ? 0 : v - b[i]);
  moved.losses = apart(there.losses, truth.losses);
  moved.mean = there.mean === truth.mean ? 0 : there.mean - truth.mean;
  for (const side of sides) moved[side] = apart(there[side], truth[side]);
  const found = run();
  if (expected.losses) {
    assertClose(found.losses, fround(expected.losses), accuracy(moved.losses as Float64Array), label);
  }
  assertClose([found.mean], fround([expected.mean]), accuracy([moved.mean as number ?? 0]), `${label}: mean`);
  for (const side of sides) {
    if (!(side in expected.grads)) continue;
    const slack = accuracy(moved[side] as Float64Array);
    assertClose(found.grads[side], fround(expected.grads[side]), slack, `${label}: gradient in ${side}`);
  }
}

/** Functions of single numbers: exponential, logarithm, and the two ends of the logistic function. */
import type { TensorInfo } from "@tensorflow/tfjs";
import { type KernelCall, register } from "./heap.ts";

/** Registers `Exp` and `Log` over the stock kernels, `SignedSoftplus` and `SignedSoftplusGrad`. */
export function registerElementwise(): void {
  register("Exp", ({ inputs: { x }, heap }: KernelCall): TensorInfo => {
    const y = heap.output(x.shape);
    heap.assembly.exp(sizeOf(x), heap.address(x), heap.address(y));
    return y;
  });
  register("Log", ({ inputs: { x }, heap }: KernelCall): TensorInfo => {
    const y = heap.output(x.shape);
    heap.assembly.log(sizeOf(x), heap.address(x), heap.address(y));
    return y;
  });
  register("SignedSoftplus", ({ inputs: { x }, attrs: { sign }, heap }: KernelCall): TensorInfo => {
    const y = heap.output(x.shape);
    heap.assembly.softplus(sizeOf(x), sign, heap.address(x), heap.address(y));
    return y;
  });
  register("SignedSoftplusGrad", ({ inputs: { x, dy }, attrs: { sign }, heap }: KernelCall): TensorInfo => {
    const dx = heap.output(x.shape), at = heap.address;
    heap.assembly.softplusGrad(sizeOf(x), sign, at(x), at(dy), at(dx));
    return dx;
  });
}

/**
 * How many numbers a tensor holds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(sizeOf({ dataId: {}, shape: [2, 3], dtype: "float32" }), 6);
 * ```
 */
export function sizeOf({ shape }: TensorInfo): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Functions of single numbers: exponential, logarithm, and the two ends of the logistic function. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type KernelCall, register } from "./heap.ts";

/** Registers `Exp` and `Log` over the stock kernels, `SignedSoftplus` and `SignedSoftplusGrad`. */
export function registerElementwise(): void {
  register("Exp", ({ inputs: { x }, heap }: KernelCall): TensorInfo | undefined => {
    if (x.dtype !== "float32") return undefined;
    const y = heap.output(x.shape);
    heap.assembly.exp(sizeOf(x.shape), heap.address(x), heap.address(y));
    return y;
  });
  register("Log", ({ inputs: { x }, heap }: KernelCall): TensorInfo | undefined => {
    if (x.dtype !== "float32") return undefined;
    const y = heap.output(x.shape);
    heap.assembly.log(sizeOf(x.shape), heap.address(x), heap.address(y));
    return y;
  });
  register("SignedSoftplus", ({ inputs: { x }, attrs: { sign }, heap }: KernelCall): TensorInfo => {
    const y = heap.output(x.shape);
    heap.assembly.softplus(sizeOf(x.shape), sign, heap.address(x), heap.address(y));
    return y;
  });
  register("SignedSoftplusGrad", ({ inputs: { x, dy }, attrs: { sign }, heap }: KernelCall): TensorInfo => {
    const dx = heap.output(x.shape), at = heap.address;
    heap.assembly.softplusGrad(sizeOf(x.shape), sign, at(x), at(dy), at(dx));
    return dx;
  });
}

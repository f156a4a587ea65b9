/** The gated middle of a feed-forward layer: see `../fused/swiglu.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type KernelCall, register } from "./heap.ts";

/** Registers `Swiglu` and `SwigluGrad`. */
export function registerSwiglu(): void {
  register("Swiglu", ({ inputs: { x }, heap }: KernelCall): TensorInfo => {
    const width = x.shape[x.shape.length - 1] / 2;
    const y = heap.output([...x.shape.slice(0, -1), width]);
    heap.assembly.swiglu(sizeOf(y.shape) / width, width, heap.address(x), heap.address(y));
    return y;
  });
  register("SwigluGrad", ({ inputs: { x, dy }, heap }: KernelCall): TensorInfo[] => {
    const width = x.shape[x.shape.length - 1] / 2;
    const dx = heap.output(x.shape), y = heap.output(dy.shape);
    heap.assembly.swigluGrad(sizeOf(dy.shape) / width, width, ...[x, dy, dx, y].map(heap.address));
    return [dx, y];
  });
}

/** Picks along rows, and means of rows: see `../fused/take.ts` and `../fused/mean.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type Heap, type KernelCall, register } from "./heap.ts";

/** Registers `TakeAlongLast`, `MeanRows` and their gradients. */
export function registerTake(): void {
  register("TakeAlongLast", ({ inputs: { x }, attrs: { index, n }, heap }: KernelCall): TensorInfo => {
    const [rows, width] = x.shape, out = heap.output([rows, n]);
    heap.assembly.take(rows, width, n, heap.address(x), uploaded(index, heap), heap.address(out));
    return out;
  });
  register("TakeAlongLastGrad", ({ inputs: { dy }, attrs: { index, width }, heap }: KernelCall): TensorInfo => {
    const [rows, n] = dy.shape, dx = heap.output([rows, width]), at = uploaded(index, heap);
    new Float32Array(heap.memory.buffer, heap.address(dx), rows * width).fill(0);
    heap.assembly.takeGrad(rows, width, n, at, heap.address(dy), heap.address(dx));
    return dx;
  });
  register("MeanRows", ({ inputs: { x }, heap }: KernelCall): TensorInfo => {
    const y = heap.output(x.shape.slice(0, -1));
    heap.assembly.meanRows(sizeOf(y.shape), x.shape[x.shape.length - 1], heap.address(x), heap.address(y));
    return y;
  });
  register("MeanRowsGrad", ({ inputs: { dy }, attrs: { width }, heap }: KernelCall): TensorInfo => {
    const dx = heap.output([...dy.shape, width]);
    heap.assembly.meanRowsGrad(sizeOf(dy.shape), width, heap.address(dy), heap.address(dx));
    return dx;
  });
}

function uploaded(index: Uint32Array, heap: Heap): number {
  const address = heap.scratch(Math.max(4, index.byteLength));
  new Uint32Array(heap.memory.buffer, address, index.length).set(index);
  return address;
}

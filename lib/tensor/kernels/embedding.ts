/** Rows of a table by index: see `../fused/embedding.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type Heap, type KernelCall, register } from "./heap.ts";

/** Registers `LookUp` and `LookUpGrad`. */
export function registerEmbedding(): void {
  register("LookUp", ({ inputs: { table }, attrs: { ids }, heap }: KernelCall): TensorInfo => {
    const width = table.shape[1], y = heap.output([ids.length, width]);
    heap.assembly.lookUp(ids.length, width, uploaded(ids, heap), heap.address(table), heap.address(y));
    return y;
  });
  register("LookUpGrad", ({ inputs: { dy }, attrs: { ids, rows }, heap }: KernelCall): TensorInfo => {
    const width = dy.shape[1], dtable = heap.output([rows, width]);
    const addresses = [uploaded(ids, heap), heap.address(dy), heap.address(dtable)];
    new Float32Array(heap.memory.buffer, addresses[2], sizeOf(dtable.shape)).fill(0);
    heap.assembly.lookUpGrad(ids.length, width, ...addresses);
    return dtable;
  });
}

function uploaded(ids: Uint32Array, heap: Heap): number {
  const address = heap.scratch(ids.byteLength);
  new Uint32Array(heap.memory.buffer, address, ids.length).set(ids);
  return address;
}

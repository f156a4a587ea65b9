/**
 * Conversions and counts that the stock kernels get wrong.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type Heap, type KernelCall, register } from "./heap.ts";

/** Registers `Cast`, `OneHot`, `Cumsum` and `Cumprod`. */
export function registerConversions(): void {
  register("Cast", ({ inputs: { x }, attrs: { dtype }, heap }: KernelCall): TensorInfo | undefined => {
    if (dtype !== "bool" || (x.dtype !== "float32" && x.dtype !== "int32")) return undefined;
    const out = heap.output(x.shape, "bool"), count = sizeOf(x.shape); // stock: 0.5 becomes 0
    const from = numbers(heap, x, count), to = new Uint8Array(heap.memory.buffer, heap.address(out), count);
    for (let i = 0; i < count; i++) to[i] = from[i] !== 0 ? 1 : 0;
    return out;
  });
  register("OneHot", ({ inputs: { indices }, attrs, heap }: KernelCall): TensorInfo | undefined => {
    if (attrs.dtype !== "float32") return undefined; // stock: the bits of an integer
    const count = sizeOf(indices.shape), { depth, onValue, offValue } = attrs;
    const out = heap.output([...indices.shape, depth]);
    const at = numbers(heap, indices, count);
    const to = new Float32Array(heap.memory.buffer, heap.address(out), count * depth).fill(offValue);
    for (let i = 0; i < count; i++) if (at[i] >= 0 && at[i] < depth) to[i * depth + at[i]] = onValue;
    return out;
  });
  for (const name of ["Cumsum", "Cumprod"]) {
    register(name, ({ inputs, attrs, heap }: KernelCall): TensorInfo | undefined => {
      if (attrs.axis >= 0) return undefined; // stock: a negative axis damages the heap
      return heap.run(name, inputs, { ...attrs, axis: attrs.axis + inputs.x.shape.length });
    });
  }
}

/** A tensor's numbers, read where they lie. */
function numbers(heap: Heap, tensor: TensorInfo, count: number): Float32Array | Int32Array {
  const { buffer } = heap.memory, address = heap.address(tensor);
  return tensor.dtype === "float32" ? new Float32Array(buffer, address, count) : new Int32Array(buffer, address, count);
}

/** Rotary position embedding: see `../fused/rotary.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";

/** Registers `Rotary`, which is its own gradient with the direction turned round. */
export function registerRotary(): void {
  register("Rotary", ({ inputs: { x, cosines, sines }, attrs, heap }: KernelCall): TensorInfo => {
    const { heads, positions, direction } = attrs;
    const y = heap.output(x.shape), at = heap.address;
    const [rows, width] = x.shape, [, half] = cosines.shape;
    const places = heap.scratch(positions.byteLength);
    new Uint32Array(heap.memory.buffer, places, rows).set(positions);
    heap.assembly.rotary(rows, width, heads, half, direction, at(x), at(cosines), at(sines), places, at(y));
    return y;
  });
}

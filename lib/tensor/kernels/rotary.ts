/** Rotary position embedding: see `../fused/rotary.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";

/** Registers `Rotary`, which is its own gradient with the direction turned round. */
export function registerRotary(): void {
  register("Rotary", ({ inputs: { x, cosines, sines }, attrs: { heads, direction }, heap }: KernelCall): TensorInfo => {
    const y = heap.output(x.shape), at = heap.address;
    const [batch, length, width] = x.shape, [, head] = cosines.shape;
    heap.assembly.rotary(
      ...[batch * length, width, length, heads, head, direction, at(x), at(cosines), at(sines), at(y)],
    );
    return y;
  });
}

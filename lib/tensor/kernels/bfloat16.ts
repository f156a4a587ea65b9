/** Products with matrices of bfloat16: see `../bfloat16_matrix.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";
import { nativeAddress } from "./native_address.ts";
import type { Bfloat16Products, OrderedMatrix } from "./onednn_check.ts";

/** Registers `Bfloat16Product`. */
export function registerBfloat16(): void {
  register("Bfloat16Product", ({ inputs: { x }, attrs, heap }: KernelCall): TensorInfo => {
    const { by, matrix } = attrs as { readonly by: Bfloat16Products; readonly matrix: OrderedMatrix };
    const [rows] = x.shape, y = heap.output([rows, matrix.outputs]);
    if (rows > 0) {
      const [from, to] = [x, y].map((tensor) => nativeAddress(heap, heap.address(tensor)));
      by.multiply(matrix, rows, from, to);
    }
    return y;
  });
}

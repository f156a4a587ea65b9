/** Products of few rows: see `../fused/rowwise_product.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";

/** Registers `RowwiseProduct`. */
export function registerRowwise(): void {
  register("RowwiseProduct", ({ inputs: { x, weight }, heap }: KernelCall): TensorInfo => {
    const [rows, columns] = x.shape, outputs = weight.shape[0], y = heap.output([rows, outputs]);
    heap.assembly.rowwise(rows, outputs, columns, ...[x, weight, y].map(heap.address));
    return y;
  });
}

/** Products of groups of rows: see `../fused/grouped_product.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";
import { multiplyMatrices } from "./products.ts";

/** Bytes of weights that are multiplied with all groups before the next: they stay in the cache of a core. */
const PANEL = 384 * 1024;

/** Registers `GroupedProduct`. */
export function registerGrouped(): void {
  register("GroupedProduct", ({ inputs: { x, weight }, attrs: { lengths }, heap }: KernelCall): TensorInfo => {
    const [rows, columns] = x.shape, outputs = weight.shape[0], y = heap.output([rows, outputs]);
    const [from, by, to] = [x, weight, y].map(heap.address), tall = panelRows(columns);
    for (let first = 0; first < outputs; first += tall) {
      const count = Math.min(tall, outputs - first), panel = by + 4 * first * columns;
      let row = 0;
      for (const length of lengths as Uint32Array) {
        const at = from + 4 * row * columns, out = to + 4 * (row * outputs + first);
        if (length === 1) heap.assembly.rowwise(1, count, columns, at, panel, out);
        else multiplyMatrices(heap, length, count, columns, at, false, panel, true, out, columns, columns, outputs);
        row += length;
      }
    }
    return y;
  });
}

/** Rows of a panel: by the width alone, so that a group is multiplied by the same panels in any company. */
function panelRows(columns: number): number {
  return Math.max(16, 16 * Math.floor(PANEL / (64 * columns)));
}

/** Products with matrices that stay packed: see `../packed_matrix.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { multiplyPanels, panelRows } from "./grouped.ts";
import { type KernelCall, register } from "./heap.ts";

/** Rows of weights that are made float32 at a time where all rows of x are one group: a BLAS looks at x as seldom. */
const MANY = 1024;

/** Registers `PackedProduct`, `RoundedProduct` and `PackedRows`. */
export function registerPacked(): void {
  register("PackedProduct", ({ inputs: { x, packed }, attrs, heap }: KernelCall): TensorInfo => {
    const { outputs, bits, lengths, isWhole } = attrs, [rows, columns] = x.shape;
    const y = heap.output([rows, outputs]), tall = Math.min(outputs, isWhole ? MANY : panelRows(columns));
    if (rows === 0) return y;
    const panel = heap.output([tall, columns]), { packedBytes, unpackRows } = heap.assembly; // not scratch, which products use
    const to = heap.address(panel), from = heap.address(packed), size = packedBytes(bits, columns);
    multiplyPanels(heap, { x, y, lengths, tall }, (first, count) => {
      unpackRows(bits, count, columns, from + first * size, to);
      return to;
    });
    heap.dispose(panel);
    return y;
  });
  register("RoundedProduct", ({ inputs: { x, packed }, attrs: { outputs, bits }, heap }: KernelCall): TensorInfo => {
    const { roundedBytes, roundRows, roundedProduct } = heap.assembly, [rows, columns] = x.shape;
    const y = heap.output([rows, outputs]), rounded = heap.scratch(Math.max(64, roundedBytes(rows, columns)));
    const [from, by, to] = [x, packed, y].map(heap.address);
    roundRows(rows, columns, from, rounded);
    roundedProduct(bits, rows, outputs, columns, rounded, by, to);
    return y;
  });
  register("PackedRows", ({ inputs: { packed }, attrs: { ids, columns, bits }, heap }: KernelCall): TensorInfo => {
    const { packedBytes, unpackRows } = heap.assembly, y = heap.output([ids.length, columns]);
    const from = heap.address(packed), to = heap.address(y), size = packedBytes(bits, columns);
    (ids as Uint32Array).forEach((id, i) => unpackRows(bits, 1, columns, from + id * size, to + 4 * columns * i));
    return y;
  });
}

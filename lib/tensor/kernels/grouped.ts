/** Products of groups of rows: see `../fused/grouped_product.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type Heap, type KernelCall, register } from "./heap.ts";
import { multiplyMatrices, rowsStandAlone } from "./products.ts";

/** Bytes of weights that are multiplied with all groups before the next: they stay in the cache of a core. */
const PANEL = 384 * 1024;

/** Registers `GroupedProduct`. */
export function registerGrouped(): void {
  register("GroupedProduct", ({ inputs: { x, weight }, attrs: { lengths }, heap }: KernelCall): TensorInfo => {
    const [rows, columns] = x.shape, outputs = weight.shape[0], y = heap.output([rows, outputs]);
    const by = heap.address(weight), tall = panelRows(columns);
    multiplyPanels(heap, { x, y, lengths, tall }, (first) => by + 4 * first * columns);
    return y;
  });
}

/**
 * Rows of a panel: by the width alone, so that a group is multiplied by the same panels in any company.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(4 * 576 * panelRows(576), 368_640);
 * ```
 */
export function panelRows(columns: number): number {
  return Math.max(16, 16 * Math.floor(PANEL / (64 * columns)));
}

/**
 * Multiplies each group of rows with each panel of weights, panel after panel; groups whose rows do not depend on how many
 * there are together.
 *
 * @param of.x `[N, in]`
 * @param of.y `[N, out]`, is written
 * @param of.tall rows of a panel
 * @param panelAt address of so many rows of weights from the first on, `[count, in]` in float32
 * @example
 * ```ts ignore
 * multiplyPanels(heap, { x, y, lengths, tall: panelRows(576) }, (first) => weights + 4 * 576 * first);
 * ```
 */
export function multiplyPanels(
  heap: Heap,
  { x, y, lengths, tall }: {
    readonly x: TensorInfo;
    readonly y: TensorInfo;
    readonly lengths: Uint32Array;
    readonly tall: number;
  },
  panelAt: (first: number, count: number) => number,
): void {
  const columns = x.shape[1], outputs = y.shape[1], runs = rowsStandAlone() ? joined(lengths) : lengths;
  for (let first = 0; first < outputs; first += tall) {
    const count = Math.min(tall, outputs - first), panel = panelAt(first, count);
    const from = heap.address(x), to = heap.address(y);
    let row = 0;
    for (const length of runs) {
      const at = from + 4 * row * columns, out = to + 4 * (row * outputs + first);
      if (length === 1) heap.assembly.rowwise(1, count, columns, at, panel, out);
      else multiplyMatrices(heap, length, count, columns, at, false, panel, true, out, columns, columns, outputs);
      row += length;
    }
  }
}

/** Lengths of neighbours with more than a row each added up: weights are packed once for all of them. */
function joined(lengths: Uint32Array): number[] {
  const runs: number[] = [];
  let goesOn = false;
  for (const length of lengths) {
    if (goesOn && length > 1) runs[runs.length - 1] += length;
    else runs.push(length);
    goesOn = length > 1;
  }
  return runs;
}

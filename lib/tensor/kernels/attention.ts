/** Causal attention: see `../fused/attention.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";
import { multiplyMatrices } from "./products.ts";

/** Registers `Attention` and `AttentionGrad`. */
export function registerAttention(): void {
  register("Attention", ({ inputs: { x }, attrs, heap }: KernelCall): TensorInfo[] => {
    const { batch, length, width, heads, head, queryAt, keyAt, valueAt, scale } = layoutOf(x, attrs);
    const y = heap.output([batch, length, heads * head]), shares = heap.output([batch, heads, length, length]);
    const [from, to, scores] = [x, y, shares].map(heap.address), T = length;
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const row = from + 4 * b * T * width, p = scores + 4 * (b * heads + h) * T * T;
        multiplyMatrices(heap, T, T, head, row + queryAt(h), false, row + keyAt(h), true, p, width, width, T);
        heap.assembly.causalSoftmax(T, scale, p);
        const out = to + 4 * (b * T * heads + h) * head;
        multiplyMatrices(heap, T, head, T, p, false, row + valueAt(h), false, out, T, width, heads * head);
      }
    }
    return [y, shares];
  });
  register("AttentionGrad", ({ inputs: { x, shares, dy }, attrs, heap }: KernelCall): TensorInfo => {
    const { batch, length, width, heads, head, queryAt, keyAt, valueAt, group, scale } = layoutOf(x, attrs);
    const dx = heap.output(x.shape), T = length, held = heads * head;
    const dscores = heap.output([T, T]); // not scratch, which products use
    const [from, scores, upstream, to, ds] = [x, shares, dy, dx, dscores].map(heap.address);
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const row = from + 4 * b * T * width, out = to + 4 * b * T * width;
        const p = scores + 4 * (b * heads + h) * T * T, d = upstream + 4 * (b * T * heads + h) * head;
        const adds = h % group !== 0; // heads that share keys and values add up their slopes
        multiplyMatrices(heap, T, head, T, p, true, d, false, out + valueAt(h), T, held, width, adds);
        multiplyMatrices(heap, T, T, head, d, false, row + valueAt(h), true, ds, held, width, T);
        heap.assembly.causalSoftmaxGrad(T, scale, p, ds);
        multiplyMatrices(heap, T, head, T, ds, false, row + keyAt(h), false, out + queryAt(h), T, width, width);
        multiplyMatrices(heap, T, head, T, ds, true, row + queryAt(h), false, out + keyAt(h), T, width, width, adds);
      }
    }
    heap.dispose(dscores);
    return dx;
  });
}

/** Sizes, and where the queries, keys and values of a head begin in a row, in bytes. */
function layoutOf(x: TensorInfo, { heads, keyHeads }: { heads: number; keyHeads: number }) {
  const [batch, length, width] = x.shape, head = width / (heads + 2 * keyHeads), group = heads / keyHeads;
  const at = (column: number) => 4 * column * head;
  return {
    batch,
    length,
    width,
    heads,
    head,
    group,
    scale: 1 / Math.sqrt(head),
    queryAt: at,
    keyAt: (h: number) => at(heads + Math.floor(h / group)),
    valueAt: (h: number) => at(heads + keyHeads + Math.floor(h / group)),
  };
}

/** Causal attention: see `../fused/attention.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";
import { multiplyMatrices } from "./products.ts";

/** Registers `Attention` and `AttentionGrad`. */
export function registerAttention(): void {
  register("Attention", ({ inputs: { x }, attrs, heap }: KernelCall): TensorInfo[] => {
    const { heads, head, scale, width, columns, squares } = layoutOf(x, attrs);
    const y = heap.output([x.shape[0], heads * head]), shares = heap.output([heads * squares]);
    const [from, to, scores] = [x, y, shares].map(heap.address);
    forEachHead(attrs, ({ row, T, h, square }) => {
      const at = from + 4 * row * width, p = scores + 4 * square, { query, key, value } = columns(h);
      multiplyMatrices(heap, T, T, head, at + query, false, at + key, true, p, width, width, T);
      heap.assembly.causalSoftmax(T, scale, p);
      const out = to + 4 * (row * heads + h) * head;
      multiplyMatrices(heap, T, head, T, p, false, at + value, false, out, T, width, heads * head);
    });
    return [y, shares];
  });
  register("AttentionGrad", ({ inputs: { x, shares, dy }, attrs, heap }: KernelCall): TensorInfo => {
    const { heads, head, scale, width, columns, group, longest } = layoutOf(x, attrs);
    const dx = heap.output(x.shape), held = heads * head;
    const dscores = heap.output([longest, longest]); // not scratch, which products use
    const [from, scores, upstream, to, ds] = [x, shares, dy, dx, dscores].map(heap.address);
    forEachHead(attrs, ({ row, T, h, square }) => {
      const at = from + 4 * row * width, out = to + 4 * row * width, { query, key, value } = columns(h);
      const p = scores + 4 * square, d = upstream + 4 * (row * heads + h) * head;
      const adds = h % group !== 0; // heads that share keys and values add up their slopes
      multiplyMatrices(heap, T, head, T, p, true, d, false, out + value, T, held, width, adds);
      multiplyMatrices(heap, T, T, head, d, false, at + value, true, ds, held, width, T);
      heap.assembly.causalSoftmaxGrad(T, scale, p, ds);
      multiplyMatrices(heap, T, head, T, ds, false, at + key, false, out + query, T, width, width);
      multiplyMatrices(heap, T, head, T, ds, true, at + query, false, out + key, T, width, width, adds);
    });
    heap.dispose(dscores);
    return dx;
  });
}

/** What the kernels are told. */
interface Attributes {
  readonly heads: number;
  readonly keyHeads: number;
  readonly lengths: Uint32Array;
  readonly head: number;
  readonly scale: number;
}

/** Visits each head of each sequence: its first row, its length, and where its square of shares begins. */
function forEachHead(
  { heads, lengths }: Attributes,
  visit: (place: { readonly row: number; readonly T: number; readonly h: number; readonly square: number }) => void,
): void {
  let row = 0, square = 0;
  for (const T of lengths) {
    for (let h = 0; h < heads; h++, square += T * T) visit({ row, T, h, square });
    row += T;
  }
}

/** Sizes, and where the queries, keys and values of a head begin in a row, in bytes. */
function layoutOf(x: TensorInfo, attributes: Attributes) {
  const { heads, keyHeads, lengths, head } = attributes, group = heads / keyHeads;
  const at = (column: number) => 4 * column * head;
  return {
    ...attributes,
    width: x.shape[1],
    group,
    longest: lengths.reduce((a, b) => Math.max(a, b), 0),
    squares: lengths.reduce((sum, T) => sum + T * T, 0),
    columns: (h: number) => {
      const shared = Math.floor(h / group);
      return { query: at(h), key: at(heads + shared), value: at(heads + keyHeads + shared) };
    },
  };
}

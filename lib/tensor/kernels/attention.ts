/** Causal attention: see `../fused/attention.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";
import { multiplyMatrices, rowsStandAlone } from "./products.ts";

/**
 * Registers `Attention` and `AttentionGrad`. Without a BLAS a sequence that goes on from none is one call to our kernels, which
 * leave out what is not seen; a BLAS does not, and is as fast all the same.
 */
export function registerAttention(): void {
  register("Attention", ({ inputs: { x }, attrs, heap }: KernelCall): TensorInfo[] => {
    const { heads, head, scale, width, columns, group, held } = layoutOf(x, attrs), places = placesOf(attrs);
    const y = heap.output([x.shape[0], held]);
    const shares = heap.output([places.reduce((sum, { T, P }) => sum + heads * T * (P + T), 0)]);
    const [from, to, scores] = [x, y, shares].map(heap.address);
    let p = scores;
    for (const { row, T, before, P } of places) {
      const at = from + 4 * row * width, first = from + 4 * before * width, S = P + T;
      if (P === 0 && rowsStandAlone()) {
        const room = heap.scratch(heap.assembly.ownScratch(T, head)), out = to + 4 * row * held;
        heap.assembly.ownAttention(T, heads, group, head, scale, at, 4 * width, p, out, 4 * held, room);
        p += 4 * heads * T * T;
        continue;
      }
      for (let h = 0; h < heads; h++, p += 4 * T * S) {
        const { query, key, value } = columns(h), out = to + 4 * (row * heads + h) * head, own = p + 4 * P;
        multiplyMatrices(heap, T, T, head, at + query, false, at + key, true, own, width, width, S);
        if (P > 0) multiplyMatrices(heap, T, P, head, at + query, false, first + key, true, p, width, width, S);
        heap.assembly.causalSoftmax(T, P, scale, p);
        multiplyMatrices(heap, T, head, T, own, false, at + value, false, out, S, width, held);
        if (P > 0) multiplyMatrices(heap, T, head, P, p, false, first + value, false, out, S, width, held, true);
      }
    }
    return [y, shares];
  });
  register("AttentionGrad", ({ inputs: { x, shares, dy }, attrs, heap }: KernelCall): TensorInfo => {
    const { heads, head, scale, width, columns, group, held } = layoutOf(x, attrs), places = placesOf(attrs);
    const dx = heap.output(x.shape);
    const dscores = heap.output([places.reduce((most, { T, P }) => Math.max(most, T * (P + T)), 0)]); // not scratch, which products use
    const [from, scores, upstream, to, ds] = [x, shares, dy, dx, dscores].map(heap.address);
    let p = scores;
    for (const { row, T, before, P } of places) {
      const at = from + 4 * row * width, out = to + 4 * row * width, S = P + T;
      const first = from + 4 * before * width, firstOut = to + 4 * before * width;
      if (P === 0 && rowsStandAlone()) {
        const room = heap.scratch(heap.assembly.ownScratch(T, head)), d = upstream + 4 * row * held;
        heap.assembly.ownAttentionGrad(
          ...[T, heads, group, head, scale, at, 4 * width, p, d, 4 * held, out, ds, room],
        );
        p += 4 * heads * T * T;
        continue;
      }
      for (let h = 0; h < heads; h++, p += 4 * T * S) {
        const { query, key, value } = columns(h), d = upstream + 4 * (row * heads + h) * head;
        const adds = h % group !== 0; // heads that share keys and values add up their slopes
        const own = p + 4 * P, dsOwn = ds + 4 * P;
        multiplyMatrices(heap, T, head, T, own, true, d, false, out + value, S, held, width, adds);
        multiplyMatrices(heap, T, T, head, d, false, at + value, true, dsOwn, held, width, S);
        if (P > 0) {
          multiplyMatrices(heap, P, head, T, p, true, d, false, firstOut + value, S, held, width, true);
          multiplyMatrices(heap, T, P, head, d, false, first + value, true, ds, held, width, S);
        }
        heap.assembly.causalSoftmaxGrad(T, P, scale, p, ds);
        multiplyMatrices(heap, T, head, T, dsOwn, false, at + key, false, out + query, S, width, width);
        multiplyMatrices(heap, T, head, T, dsOwn, true, at + query, false, out + key, S, width, width, adds);
        if (P > 0) {
          multiplyMatrices(heap, T, head, P, ds, false, first + key, false, out + query, S, width, width, true);
          multiplyMatrices(heap, P, head, T, ds, true, at + query, false, firstOut + key, S, width, width, true);
        }
      }
    }
    heap.dispose(dscores);
    return dx;
  });
}

/** What the kernels are told. */
interface Attributes {
  readonly heads: number;
  readonly keyHeads: number;
  readonly lengths: Uint32Array;
  readonly prefixes: Int32Array;
  readonly head: number;
  readonly scale: number;
}

/** A sequence: its first row and its rows, and those of what it goes on from, which stands before it. */
interface Place {
  readonly row: number;
  readonly T: number;
  readonly before: number;
  readonly P: number;
}

function placesOf({ lengths, prefixes }: Attributes): Place[] {
  const places: Place[] = [];
  let row = 0;
  lengths.forEach((T, b) => {
    const prefix = prefixes[b] < 0 ? undefined : places[prefixes[b]];
    places.push({ row, T, before: prefix?.row ?? 0, P: prefix?.T ?? 0 });
    row += T;
  });
  return places;
}

/** Sizes, and where the queries, keys and values of a head begin in a row, in bytes. */
function layoutOf(x: TensorInfo, attributes: Attributes) {
  const { heads, keyHeads, head } = attributes, group = heads / keyHeads;
  const at = (column: number) => 4 * column * head;
  return {
    ...attributes,
    width: x.shape[1],
    held: heads * head,
    group,
    columns: (h: number) => {
      const shared = Math.floor(h / group);
      return { query: at(h), key: at(heads + shared), value: at(heads + keyHeads + shared) };
    },
  };
}

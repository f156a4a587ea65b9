/** Attention with a cache: see `../fused/cached_attention.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";

/** Registers `WriteCache` and `CachedAttention`. */
export function registerCachedAttention(): void {
  register("WriteCache", ({ inputs: { cache, x }, attrs: { slots, positions }, heap }: KernelCall): TensorInfo => {
    const [, length, kept] = cache.shape, width = x.shape[1], memory = new Float32Array(heap.memory.buffer);
    const from = heap.address(x) / 4 + width - kept, to = heap.address(cache) / 4;
    for (let i = 0; i < slots.length; i++) {
      const at = from + i * width;
      memory.copyWithin(to + (slots[i] * length + positions[i]) * kept, at, at + kept);
    }
    return heap.share(cache, cache.shape); // in place: whoever gave the cache reads it no more
  });
  register("CachedAttention", ({ inputs: { x, cache }, attrs, heap }: KernelCall): TensorInfo => {
    const { heads, keyHeads, head, scale, softCap, window, slots, positions } = attrs;
    const rows = x.shape[0], length = cache.shape[1], y = heap.output([rows, heads * head]);
    const places = heap.scratch(4 * (2 * rows + length));
    new Uint32Array(heap.memory.buffer, places, rows).set(slots);
    new Uint32Array(heap.memory.buffer, places + 4 * rows, rows).set(positions);
    heap.assembly.cachedAttention(
      ...[rows, heads, keyHeads, head, length, window, scale, softCap],
      ...[heap.address(x), heap.address(cache), places, places + 4 * rows, places + 8 * rows, heap.address(y)],
    );
    return y;
  });
}

/**
 * Where numbers lie for a library of the system.
 *
 * @module
 */
import type { Heap } from "./heap.ts";

/** Where numbers begin, in bytes of native memory. */
export function addressOf(numbers: ArrayBufferView): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(numbers as Uint8Array<ArrayBuffer>)));
}

const bases = new WeakMap<ArrayBufferLike, bigint>();

/**
 * The native address of a place in a heap; it holds until the heap grows.
 *
 * @example
 * ```ts ignore
 * const x = nativeAddress(heap, heap.address(tensor));
 * ```
 */
export function nativeAddress({ memory: { buffer } }: Heap, place: number): bigint {
  let base = bases.get(buffer); // another buffer each time that the memory grows
  if (base === undefined) bases.set(buffer, base = addressOf(new Uint8Array(buffer)));
  return base + BigInt(place); // as a number it would be taken by a path that is twenty times slower
}

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

let known: ArrayBufferLike | undefined, base = 0n;

/**
 * The native address of a place in a heap; it holds until the heap grows.
 *
 * @example
 * ```ts ignore
 * const x = nativeAddress(heap, heap.address(tensor));
 * ```
 */
export function nativeAddress({ memory: { buffer } }: Heap, place: number): bigint {
  if (buffer !== known) { // another one each time that the memory grows
    known = buffer;
    base = addressOf(new Uint8Array(buffer));
  }
  return base + BigInt(place); // as a number it would be taken by a path that is twenty times slower
}

/**
 * What is made once and kept, by key.
 *
 * @module
 */

/**
 * What is kept under a key, made now where there is nothing yet.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const kept = new Map<number, number>();
 * let made = 0;
 * const square = (n: number) => madeOnce(kept, n, () => (made++, n * n));
 * assert.deepEqual([square(3), square(3), made], [9, 9, 1]);
 * ```
 */
export function madeOnce<K, V>(kept: Map<K, V>, key: K, make: () => V): V {
  let value = kept.get(key);
  if (value === undefined) {
    value = make();
    kept.set(key, value);
  }
  return value;
}

/**
 * What a function makes, made when it is first asked for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * let made = 0;
 * const value = once(() => ++made);
 * assert.deepEqual([made, value(), value(), made], [0, 1, 1, 1]);
 * ```
 */
export function once<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined;
  return () => (made ??= { value: make() }).value;
}

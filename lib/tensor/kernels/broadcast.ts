/**
 * Shapes that are stretched to one another, as in NumPy: aligned at the last axis, sizes equal or 1.
 *
 * @module
 */

/**
 * Number of elements of a shape.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(sizeOf([2, 3]), 6);
 * assert.equal(sizeOf([]), 1);
 * ```
 */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/**
 * The shape that both are stretched to.
 *
 * @throws TypeError when two sizes differ and neither is 1
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(broadcastShape([4, 1, 3], [5, 1]), [4, 5, 3]);
 * assert.throws(() => broadcastShape([2], [3]), { message: "shapes [2] and [3] cannot be broadcast together" });
 * ```
 */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1, y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new TypeError(`shapes [${a}] and [${b}] cannot be broadcast together`);
    return x === 1 ? y : x;
  });
}

/**
 * Where each element of a stretched shape comes from.
 *
 * @param shape what is stretched
 * @param target a shape that it can be stretched to, see {@linkcode broadcastShape}
 * @returns for each element of the target, row-major, the index of its element in `shape`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...offsetsOf([2, 1], [2, 3])], [0, 0, 0, 1, 1, 1]);
 * ```
 */
export function offsetsOf(shape: readonly number[], target: readonly number[]): Int32Array {
  let offsets = Int32Array.of(0), stride = sizeOf(shape);
  for (let axis = 0; axis < target.length; axis++) {
    const size = shape[axis - target.length + shape.length] ?? 1;
    stride /= size || 1;
    const step = size === 1 ? 0 : stride, length = target[axis];
    const next = new Int32Array(offsets.length * length);
    for (let i = 0; i < next.length; i++) next[i] = offsets[Math.floor(i / length)] + i % length * step;
    offsets = next;
  }
  return offsets;
}

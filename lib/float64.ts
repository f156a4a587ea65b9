/**
 * Arrays of float64 numbers, number by number.
 *
 * @module
 */

/**
 * An array of numbers made from their places, in a plain loop: `Float64Array.from` with a function takes up to twenty times
 * as long, since it walks an iterator or looks up properties of an object.
 *
 * @param of called once for each place, from 0 on
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(float64(3, (i) => i / 2), Float64Array.of(0, 0.5, 1));
 * ```
 */
export function float64(length: number, of: (i: number) => number): Float64Array<ArrayBuffer> {
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = of(i);
  return values;
}

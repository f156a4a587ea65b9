/**
 * Numbers of 16 bits: IEEE half precision and bfloat16.
 *
 * @module
 */

/**
 * Value of every half-precision number by its bits: a table is faster than the arithmetic.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([0x3c00, 0xc000, 0x0001].map((bits) => HALF[bits]), [1, -2, 2 ** -24]);
 * ```
 */
export const HALF: Float32Array = Float32Array.from(
  new Float16Array(Uint16Array.from({ length: 0x10000 }, (_, bits) => bits).buffer),
);

/**
 * Widens numbers of 16 bits that lie in the second half of an array to float32, in place.
 *
 * Number `i` is read at 16-bit word `n + i` and written to words `2i` and `2i + 1`, which by then have been read.
 *
 * @param floats `[n]`, whose last `2n` bytes are the numbers
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const floats = new Float32Array(2);
 * new Uint16Array(floats.buffer).set([0x3f80, 0xc040], 2);
 * widen(floats, "BF16");
 * assert.deepEqual([...floats], [1, -3]);
 * ```
 */
export function widen(floats: Float32Array, type: "F16" | "BF16"): void {
  const n = floats.length, words = new Uint16Array(floats.buffer, floats.byteOffset, 2 * n);
  if (type === "F16") {
    for (let i = 0; i < n; i++) floats[i] = HALF[words[n + i]];
  } else {
    const bits = new Uint32Array(floats.buffer, floats.byteOffset, n);
    for (let i = 0; i < n; i++) bits[i] = words[n + i] << 16;
  }
}

/**
 * Bits of the nearest bfloat16, ties to even, as PyTorch rounds; NaN stays NaN.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...toBfloat16(Float32Array.of(1, 1 + 2 ** -8, 1 + 3 * 2 ** -8))], [0x3f80, 0x3f80, 0x3f82]);
 * ```
 */
export function toBfloat16(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length), out = new Uint16Array(floats.length);
  for (let i = 0; i < out.length; i++) {
    const word = bits[i];
    out[i] = floats[i] === floats[i] ? (word + 0x7fff + ((word >>> 16) & 1)) >>> 16 : 0x7fc0;
  }
  return out;
}

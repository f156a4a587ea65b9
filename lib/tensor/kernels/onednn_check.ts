/**
 * Whether a library's products of bfloat16 are right, and each row of them what it is alone.
 *
 * @module
 */
import { addressOf } from "./native_address.ts";

/** A matrix W of bfloat16 as a library orders it, for products x·W. */
export interface OrderedMatrix {
  /** Rows of W. */
  readonly inner: number;
  /** Columns of W. */
  readonly outputs: number;
  /** Frees it. */
  dispose(): void;
}

/** Products of bfloat16 numbers. */
export interface Bfloat16Products {
  /**
   * Rounds a matrix to bfloat16, to nearest and ties to even, and puts it into the library's order.
   *
   * @param numbers row-major `[outputs, inner]` where `isTransposed`, else `[inner, outputs]`
   */
  order(numbers: Float32Array, inner: number, outputs: number, isTransposed: boolean): OrderedMatrix;
  /**
   * y = x·W with x rounded to bfloat16 and sums in float32, in the order of the inner index, whatever the number of rows.
   *
   * @param rows of x, >= 1
   * @param x native address of float32, row-major `[rows, inner]`
   * @param y native address of float32, row-major `[rows, outputs]`, is written
   */
  multiply(matrix: OrderedMatrix, rows: number, x: bigint, y: bigint): void;
}

/** Rows, inner and outer sizes: on and off the widths of tiles, odd ones among them. */
const WHOLE = [[1, 1, 1], [2, 17, 3], [5, 31, 33], [8, 64, 64], [33, 130, 65], [70, 700, 37]] as const;
/** The same for rows by themselves: the widths of small models, and past the blocks in which a sum may be cut. */
const ALONE = [[2, 64, 48], [19, 576, 192], [37, 1536, 80], [130, 2048, 33]] as const;

/**
 * Multiplies whole numbers of at most eight binary digits, whose sums stay within 2²⁴ and are exact in any order; then
 * numbers of all sizes, several rows at a time and each alone, which must be the same to the bit: that a text's log-probs do
 * not depend on the texts beside it rests on it.
 *
 * @throws Error with the first size that is wrong
 * @example
 * ```ts ignore
 * checkBfloat16(openOneDnn());
 * ```
 */
export function checkBfloat16(by: Bfloat16Products): void {
  for (const [rows, inner, outputs] of WHOLE) {
    for (const isTransposed of [true, false]) {
      const x = numbers(rows * inner, 1, wholeOf(255)), w = numbers(inner * outputs, 2, wholeOf(3));
      const y = product(by, x, w, [rows, inner, outputs], isTransposed);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < outputs; j++) {
          let sum = 0;
          for (let k = 0; k < inner; k++) sum += x[i * inner + k] * w[isTransposed ? j * inner + k : k * outputs + j];
          if (y[i * outputs + j] !== sum) {
            throw new Error(`multiplies wrongly: ${rows} x ${inner} by ${inner} x ${outputs}`);
          }
        }
      }
    }
  }
  for (const [rows, inner, outputs] of ALONE) {
    const x = numbers(rows * inner, 3, unevenly), w = numbers(inner * outputs, 4, unevenly);
    const y = product(by, x, w, [rows, inner, outputs], true);
    for (const i of [0, rows >> 1, rows - 1]) {
      const alone = product(by, x.slice(i * inner, (i + 1) * inner), w, [1, inner, outputs], true);
      if (alone.some((value, j) => !Object.is(value, y[i * outputs + j]))) {
        throw new Error(`rounds a row by how many there are: ${rows} x ${inner} by ${inner} x ${outputs}`);
      }
    }
  }
}

function product(
  by: Bfloat16Products,
  x: Float32Array,
  w: Float32Array,
  [rows, inner, outputs]: readonly [number, number, number],
  isTransposed: boolean,
): Float32Array {
  const matrix = by.order(w, inner, outputs, isTransposed), y = new Float32Array(rows * outputs).fill(NaN);
  by.multiply(matrix, rows, addressOf(x), addressOf(y));
  matrix.dispose();
  return y;
}

/** Numbers in an order without a pattern of the sizes here. */
function numbers(count: number, seed: number, of: (state: number) => number): Float32Array {
  const out = new Float32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    out[i] = of(state);
  }
  return out;
}

/** Whole numbers from 1 to a limit, of either sign. */
const wholeOf = (limit: number) => (state: number): number =>
  Math.sign(state || 1) * (1 + ((state >>> 8) * limit) / 2 ** 24 | 0);

/** Numbers between -1 and 1 times one of sixteen powers of two. */
const unevenly = (state: number): number => state / 2 ** 31 * 2 ** ((state >>> 9 & 15) - 8);

/**
 * Whether a product of a system library is right, for every way in which our kernels ask for one.
 *
 * Entries are whole numbers, up to 4095 in one operand and up to 3 in the other: k ≤ 1364 products and what they are
 * added to stay within 2²⁴ = 16,777,216, so every partial sum is a float32, in any order, fused or not. Rounding allows
 * no difference at all, and none is tolerated. 4095 has twelve binary digits, which the short formats of fast
 * approximate products (bfloat16, TF32, half) do not hold.
 *
 * An entry each would cost as much as the product. C·x against A·(B·x), in float64 and exact as well, sees every entry:
 * x has no zero and, up to 4093 columns, no number twice, so neither one wrong entry of a row nor two in each other's
 * place keep its sum.
 *
 * @module
 */
import { addressOf } from "./native_address.ts";

/** C (m x n) = alpha · A' (m x k) · B' (k x n) + beta · C; the constants of cblas.h, sizes, native addresses. */
export type Sgemm = (
  order: number,
  transA: number,
  transB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: bigint,
  lda: number,
  b: bigint,
  ldb: number,
  beta: number,
  c: bigint,
  ldc: number,
) => void;

const ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112;

/** Numbers between the end of a row and the next row: attention multiplies columns of wider rows where they lie. */
const GAP = 3;

/** How rows lie, and whether the product is added to what is there: dense products; heads; heads that share keys. */
const LAYOUTS = [
  { gap: 0, adds: false },
  { gap: GAP, adds: false },
  { gap: GAP, adds: true },
] as const;

/** m, n, k on and off the widths of registers and tiles: every transposition in every layout. */
const SMALL = [[2, 2, 1], [3, 3, 2], [8, 8, 8], [5, 31, 9], [33, 17, 64], [65, 67, 130]] as const;

/**
 * m, n, k past the blocks in which libraries cut products (OpenBLAS: at most 768 rows, 640 terms, 13,824 columns), one way
 * at a time: every transposition in a layout each. The last, of half a gigaflop, is past two at once, in one of them.
 */
const LARGE = [[37, 70, 700], [801, 34, 40], [6, 16500, 9], [800, 400, 700]] as const;

/** Numbers of the largest operand, with its gaps, from an odd address on. */
const LONGEST = 1 + 800 * (700 + GAP);

/**
 * Multiplies whole numbers at the sizes, transpositions and strides that kernels use, up to the largest.
 *
 * @throws Error "multiplies wrongly", with the first size and form that is not exact
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkProducts(() => {}), { message: "multiplies wrongly: 2 x 1 by 1 x 2" });
 * ```
 */
export function checkProducts(sgemm: Sgemm): void {
  const operands = { wide: wholeNumbers(4095, 1), narrow: wholeNumbers(3, 2) };
  for (const [i, size] of SMALL.entries()) {
    for (let turn = 0; turn < 4; turn++) {
      for (const layout of LAYOUTS) checkProduct(sgemm, operands, size, turn, layout, i % 2 === 0);
    }
  }
  for (const [i, size] of LARGE.entries()) {
    for (let turn = i === LARGE.length - 1 ? 3 : 0; turn < 4; turn++) {
      checkProduct(sgemm, operands, size, turn, LAYOUTS[(i + turn) % 3], turn % 2 === 0);
    }
  }
}

/** Whole numbers between -limit and limit, in an order without a pattern of the sizes here; none is 0. */
function wholeNumbers(limit: number, seed: number): Float32Array {
  const numbers = new Float32Array(LONGEST);
  let state = seed;
  for (let i = 0; i < LONGEST; i++) { // half a million: a callback each would take most of the start
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const size = 1 + (((state >>> 8) * limit) / 2 ** 24 | 0);
    numbers[i] = state < 0 ? -size : size;
  }
  return numbers;
}

/** One product: `turn` has a bit for each transposed operand. */
function checkProduct(
  sgemm: Sgemm,
  { wide, narrow }: { readonly wide: Float32Array; readonly narrow: Float32Array },
  [m, n, k]: readonly [number, number, number],
  turn: number,
  { gap, adds }: (typeof LAYOUTS)[number],
  isWideLeft: boolean,
): void {
  const transposeA = (turn & 1) !== 0, transposeB = (turn & 2) !== 0;
  const skipped = gap === 0 ? 0 : 1; // an address that is no multiple of a vector's length
  const a = (isWideLeft ? wide : narrow).subarray(skipped), b = (isWideLeft ? narrow : wide).subarray(skipped);
  const aStep = (transposeA ? m : k) + gap, bStep = (transposeB ? k : n) + gap, cStep = n + gap;
  const before = adds ? 2 : NaN; // a product that is not added must not read what was there
  const c = new Float32Array(skipped + m * cStep).fill(before).subarray(skipped);
  sgemm(
    ROW_MAJOR,
    transposeA ? TRANSPOSED : PLAIN,
    transposeB ? TRANSPOSED : PLAIN,
    m,
    n,
    k,
    1,
    addressOf(a),
    aStep,
    addressOf(b),
    bStep,
    adds ? 1 : 0,
    addressOf(c),
    cStep,
  );
  const x = Float64Array.from({ length: n }, (_, j) => 1 + (1103 * j) % 4093);
  const bx = timesVector(b, bStep, transposeB, k, n, x), abx = timesVector(a, aStep, transposeA, m, k, bx);
  const added = adds ? x.reduce((sum, v) => sum + before * v, 0) : 0;
  const cx = timesVector(c, cStep, false, m, n, x);
  const isKept = (row: number) => {
    const between = c.subarray(row * cStep + n, (row + 1) * cStep);
    return between.every((v) => Object.is(v, before)); // the next head's numbers
  };
  for (let row = 0; row < m; row++) {
    if (cx[row] === abx[row] + added && isKept(row)) continue;
    const form = `${m} x ${k}${transposeA ? " transposed" : ""} by ${k} x ${n}${transposeB ? " transposed" : ""}`;
    throw new Error(`multiplies wrongly: ${form}${gap ? ", in wider rows" : ""}${adds ? ", added" : ""}`);
  }
}

/** A matrix of so many rows and columns, perhaps stored transposed, times a vector. */
function timesVector(
  matrix: Float32Array,
  step: number,
  isTransposed: boolean,
  rows: number,
  columns: number,
  vector: Float64Array,
): Float64Array {
  const out = new Float64Array(rows);
  if (isTransposed) {
    for (let j = 0; j < columns; j++) {
      for (let i = 0; i < rows; i++) out[i] += matrix[j * step + i] * vector[j];
    }
  } else {
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += matrix[i * step + j] * vector[j];
      out[i] = sum;
    }
  }
  return out;
}

/**
 * Products of attention within a sequence, where a row sees what is not behind it: what is 0 for that reason is neither
 * computed nor read. Sizes are those of a head and of a text, too small for both operands to be worth packing: the right one
 * is, and the left one is read where it lies.
 */
import { copyCorner, packB, put } from "./products";
import { madd } from "./vector";

const ROWS = 4;
const PANEL: usize = 32;

/** What is left out: entries right of the diagonal; terms right of it in A's rows; terms left of it in those of a transpose. */
export const SCORES = 0, SEEN = 1, SEEING = 2;

/** Bytes of scratch that {@link causalProduct} needs for k x n numbers. */
export function causalScratch(n: i32, k: i32): i32 {
  return (k * ((n + 7) & ~7) << 2) + ROWS * <i32>PANEL;
}

/** C (m x n) = A (m x k) · B (k x n), added to C if `adds`; steps in bytes as for `gemm`. */
export function causalProduct(
  kind: i32, m: i32, n: i32, k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize,
  c: usize, cRow: usize, adds: bool, scratch: usize,
): void {
  let packed = scratch + <usize>ROWS * PANEL;
  packB(k, n, b, bRow, bColumn, packed);
  for (let j = 0; j < n; j += 8) {
    const isWhole = n - j >= 8;
    for (let i = kind == SCORES ? j & ~(ROWS - 1) : 0; i < m; i += ROWS) {
      const from = kind == SEEING ? i : 0, to = kind == SEEN ? min(k, i + ROWS) : k, rows = min(ROWS, m - i);
      const left = a + <usize>i * aRow + <usize>from * aColumn, right = packed + <usize>from * PANEL;
      const out = c + <usize>i * cRow + (<usize>j << 2), terms = to - from;
      const target = isWhole ? out : scratch, step = isWhole ? cRow : PANEL, sums = isWhole && adds;
      if (rows == 4) tile4(terms, left, aRow, aColumn, right, target, step, sums);
      else {
        for (let r: usize = 0; r < <usize>rows; r++) {
          tile1(terms, left + r * aRow, aRow, aColumn, right, target + r * step, step, sums);
        }
      }
      if (!isWhole) copyCorner(rows, n - j, scratch, out, cRow, adds);
    }
    packed += <usize>k * PANEL;
  }
}

function tile4(
  k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, c: usize, cRow: usize, adds: bool,
): void { tile(4, k, a, aRow, aColumn, b, c, cRow, adds); }

function tile1(
  k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, c: usize, cRow: usize, adds: bool,
): void { tile(1, k, a, aRow, aColumn, b, c, cRow, adds); }

/** `rows` (a constant where it is inlined) x 8 sums in registers. */
// @ts-ignore: decorator
@inline
function tile(
  rows: i32, k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, c: usize, cRow: usize, adds: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  const end = b + <usize>k * PANEL;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    a += aColumn;
    if (rows > 1) {
      x = v128.load_splat<f32>(a1);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
      a1 += aColumn;
      x = v128.load_splat<f32>(a2);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
      a2 += aColumn;
      x = v128.load_splat<f32>(a3);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
      a3 += aColumn;
    }
    b += PANEL;
  }
  put(c, c00, c01, adds);
  if (rows > 1) {
    put(c + cRow, c10, c11, adds);
    put(c + 2 * cRow, c20, c21, adds);
    put(c + 3 * cRow, c30, c31, adds);
  }
}

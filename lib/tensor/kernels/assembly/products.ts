/**
 * Matrix products: C = A·B in register tiles of 6 x 8 over packed panels, and products with a vector.
 *
 * Element (i, p) of A lies at a + i·aRow + p·aColumn (steps in bytes), so a transposed matrix is one with its steps
 * exchanged; one of the two steps is 4. A panel of A holds 6 rows column after column, one of B 8 columns row after row:
 * the inner loop reads both from the first byte to the last.
 */
import { transpose4 } from "./movement";
import { laneSum, madd } from "./vector";

const ROWS = 6;
/** Columns of B in a panel, in bytes. */
const PANEL: usize = 32;
/** Depth of a pass: a panel of B (8 KiB) and one of A (6 KiB) stay in the first cache. */
const DEPTH = 256;
/** Rows of A in a pass: 120 KiB packed, which stay in the second cache. */
const HEIGHT = 120;
/** Columns of B in a pass: 1 MiB packed. */
const WIDTH = 1024;

/** Bytes of scratch that {@link gemm} needs. */
export function gemmScratch(m: i32, n: i32, k: i32): i32 {
  const depth = min(k, DEPTH);
  return (depth * (min(m, HEIGHT) + ((min(n, WIDTH) + 7) & ~7)) << 2) + ROWS * <i32>PANEL;
}

/**
 * C (m x n, rows of cRow bytes) = A (m x k) · B (k x n), added to C if `adds`; `scratch` as {@link gemmScratch} says,
 * 16-byte aligned.
 */
export function gemm(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize,
  c: usize, cRow: usize, adds: bool, scratch: usize,
): void {
  const packedB = scratch + <usize>ROWS * PANEL;
  for (let j = 0; j < n; j += WIDTH) {
    const width = min(n - j, WIDTH);
    for (let p = 0; p < k; p += DEPTH) {
      const depth = min(k - p, DEPTH);
      packB(depth, width, b + <usize>p * bRow + <usize>j * bColumn, bRow, bColumn, packedB);
      const packedA = packedB + <usize>(depth * ((width + 7) & ~7)) * 4;
      for (let i = 0; i < m; i += HEIGHT) {
        const height = min(m - i, HEIGHT);
        packA(height, depth, a + <usize>i * aRow + <usize>p * aColumn, aRow, aColumn, packedA);
        block(height, width, depth, packedA, packedB, c + <usize>i * cRow + <usize>j * 4, cRow, adds || p > 0, scratch);
      }
    }
  }
}

/** All tiles of a packed block. */
function block(
  m: i32, n: i32, k: i32, packedA: usize, packedB: usize, c: usize, cRow: usize, adds: bool, corner: usize,
): void {
  const panelA = <usize>(k * ROWS) << 2, panelB = <usize>k * PANEL;
  for (let j = 0; j < n; j += 8) {
    const isWhole = n - j >= 8;
    let rows = m, a = packedA, out = c + (<usize>j << 2);
    for (; rows >= ROWS; rows -= ROWS) {
      if (isWhole) tile6(k, a, packedB, out, cRow, adds);
      else {
        tile6(k, a, packedB, corner, PANEL, false);
        copyCorner(ROWS, n - j, corner, out, cRow, adds);
      }
      a += panelA;
      out += cRow * <usize>ROWS;
    }
    if (rows > 0) {
      const target = isWhole ? out : corner, step = isWhole ? cRow : PANEL, sums = isWhole && adds;
      if (rows == 5) tile5(k, a, packedB, target, step, sums);
      else if (rows == 4) tile4(k, a, packedB, target, step, sums);
      else if (rows == 3) tile3(k, a, packedB, target, step, sums);
      else if (rows == 2) tile2(k, a, packedB, target, step, sums);
      else tile1(k, a, packedB, target, step, sums);
      if (!isWhole) copyCorner(rows, n - j, corner, out, cRow, adds);
    }
    packedB += panelB;
  }
}

/** The first columns of a tile that hangs over the edge. */
export function copyCorner(rows: i32, columns: i32, corner: usize, c: usize, cRow: usize, adds: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns << 2; j += 4) {
      const value = load<f32>(corner + j);
      store<f32>(c + j, adds ? load<f32>(c + j) + value : value);
    }
    corner += PANEL;
    c += cRow;
  }
}

function tile6(k: i32, a: usize, b: usize, c: usize, cRow: usize, adds: bool): void { tile(6, k, a, b, c, cRow, adds); }
function tile5(k: i32, a: usize, b: usize, c: usize, cRow: usize, adds: bool): void { tile(5, k, a, b, c, cRow, adds); }
function tile4(k: i32, a: usize, b: usize, c: usize, cRow: usize, adds: bool): void { tile(4, k, a, b, c, cRow, adds); }
function tile3(k: i32, a: usize, b: usize, c: usize, cRow: usize, adds: bool): void { tile(3, k, a, b, c, cRow, adds); }
function tile2(k: i32, a: usize, b: usize, c: usize, cRow: usize, adds: bool): void { tile(2, k, a, b, c, cRow, adds); }
function tile1(k: i32, a: usize, b: usize, c: usize, cRow: usize, adds: bool): void { tile(1, k, a, b, c, cRow, adds); }

/** `rows` (a constant where it is inlined) x 8 sums in registers. */
// @ts-ignore: decorator
@inline
function tile(rows: i32, k: i32, a: usize, b: usize, c: usize, cRow: usize, adds: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  const end = a + <usize>(k * rows) * 4;
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    if (rows > 1) {
      x = v128.load_splat<f32>(a, 4);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
    }
    if (rows > 2) {
      x = v128.load_splat<f32>(a, 8);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
    }
    if (rows > 3) {
      x = v128.load_splat<f32>(a, 12);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
    }
    if (rows > 4) {
      x = v128.load_splat<f32>(a, 16);
      c40 = madd(x, b0, c40);
      c41 = madd(x, b1, c41);
    }
    if (rows > 5) {
      x = v128.load_splat<f32>(a, 20);
      c50 = madd(x, b0, c50);
      c51 = madd(x, b1, c51);
    }
    a += rows * 4;
    b += PANEL;
  }
  put(c, c00, c01, adds);
  if (rows > 1) put(c + cRow, c10, c11, adds);
  if (rows > 2) put(c + 2 * cRow, c20, c21, adds);
  if (rows > 3) put(c + 3 * cRow, c30, c31, adds);
  if (rows > 4) put(c + 4 * cRow, c40, c41, adds);
  if (rows > 5) put(c + 5 * cRow, c50, c51, adds);
}

// @ts-ignore: decorator
@inline
export function put(c: usize, left: v128, right: v128, adds: bool): void {
  v128.store(c, adds ? f32x4.add(v128.load(c), left) : left);
  v128.store(c, adds ? f32x4.add(v128.load(c, 16), right) : right, 16);
}

/** Panels of 6 rows, the last of what remains. */
function packA(rows: i32, columns: i32, a: usize, aRow: usize, aColumn: usize, out: usize): void {
  for (; rows > 0; rows -= ROWS) {
    if (rows >= ROWS) {
      let p = 0;
      let from = a;
      if (aColumn == 4) {
        for (; p + 4 <= columns; p += 4) {
          transpose4(from, aRow, out, 24);
          const r4 = v128.load(from + 4 * aRow), r5 = v128.load(from + 5 * aRow);
          const low = v128.shuffle<f32>(r4, r5, 0, 4, 1, 5), high = v128.shuffle<f32>(r4, r5, 2, 6, 3, 7);
          v128.store_lane<u64>(out, low, 0, 16);
          v128.store_lane<u64>(out, low, 1, 40);
          v128.store_lane<u64>(out, high, 0, 64);
          v128.store_lane<u64>(out, high, 1, 88);
          from += 16;
          out += 96;
        }
      } else {
        for (; p < columns; p++) {
          v128.store(out, v128.load(from));
          store<u64>(out, load<u64>(from, 16), 16);
          from += aColumn;
          out += 24;
        }
      }
      for (; p < columns; p++) {
        for (let i: usize = 0; i < <usize>ROWS; i++) store<f32>(out + 4 * i, load<f32>(from + i * aRow));
        from += aColumn;
        out += 24;
      }
    } else {
      for (let p = 0; p < columns; p++) {
        for (let i: usize = 0; i < <usize>rows; i++) {
          store<f32>(out, load<f32>(a + i * aRow + <usize>p * aColumn));
          out += 4;
        }
      }
    }
    a += aRow * <usize>ROWS;
  }
}

/** Panels of 8 columns, the last filled up with zeros. */
export function packB(rows: i32, columns: i32, b: usize, bRow: usize, bColumn: usize, out: usize): void {
  for (; columns > 0; columns -= 8) {
    if (columns >= 8) {
      let p = 0;
      let from = b;
      if (bColumn == 4) {
        for (; p < rows; p++) {
          v128.store(out, v128.load(from));
          v128.store(out, v128.load(from, 16), 16);
          from += bRow;
          out += PANEL;
        }
      } else {
        for (; p + 4 <= rows; p += 4) {
          transpose4(from, bColumn, out, PANEL);
          transpose4(from + 4 * bColumn, bColumn, out + 16, PANEL);
          from += 16;
          out += 4 * PANEL;
        }
        for (; p < rows; p++) {
          for (let j: usize = 0; j < 8; j++) store<f32>(out + 4 * j, load<f32>(from + j * bColumn));
          from += bRow;
          out += PANEL;
        }
      }
    } else {
      for (let p = 0; p < rows; p++) {
        for (let j: usize = 0; j < 8; j++) {
          store<f32>(out + 4 * j, j < <usize>columns ? load<f32>(b + <usize>p * bRow + j * bColumn) : 0);
        }
        out += PANEL;
      }
    }
    b += bColumn * 8;
  }
}

/** y[r] = row r of a matrix · x: `rows` dot products of `columns` numbers. */
export function rowsTimesVector(rows: i32, columns: i32, matrix: usize, x: usize, y: usize): void {
  const bytes = <usize>columns << 2, pairs = bytes & ~31;
  for (let r = 0; r < rows; r++) {
    let even = f32x4.splat(0), odd = f32x4.splat(0);
    let k: usize = 0;
    for (; k < pairs; k += 32) {
      even = madd(v128.load(matrix + k), v128.load(x + k), even);
      odd = madd(v128.load(matrix + k, 16), v128.load(x + k, 16), odd);
    }
    let total = laneSum(f32x4.add(even, odd));
    for (; k < bytes; k += 4) total += load<f32>(matrix + k) * load<f32>(x + k);
    store<f32>(y, total);
    matrix += bytes;
    y += 4;
  }
}

/** y = Σ_r x[r] · row r of a matrix, rows added in order. */
export function vectorTimesRows(rows: i32, columns: i32, x: usize, matrix: usize, y: usize): void {
  const bytes = <usize>columns << 2, vectors = bytes & ~15;
  memory.fill(y, 0, bytes);
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const x0 = v128.load_splat<f32>(x), x1 = v128.load_splat<f32>(x, 4);
    const x2 = v128.load_splat<f32>(x, 8), x3 = v128.load_splat<f32>(x, 12);
    const m1 = matrix + bytes, m2 = m1 + bytes, m3 = m2 + bytes;
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      let sum = madd(x0, v128.load(matrix + k), v128.load(y + k));
      sum = madd(x1, v128.load(m1 + k), sum);
      sum = madd(x2, v128.load(m2 + k), sum);
      v128.store(y + k, madd(x3, v128.load(m3 + k), sum));
    }
    for (; k < bytes; k += 4) {
      let sum = load<f32>(y + k) + load<f32>(x) * load<f32>(matrix + k);
      sum += load<f32>(x, 4) * load<f32>(m1 + k);
      sum += load<f32>(x, 8) * load<f32>(m2 + k);
      store<f32>(y + k, sum + load<f32>(x, 12) * load<f32>(m3 + k));
    }
    matrix = m3 + bytes;
    x += 16;
  }
  for (; r < rows; r++) {
    const xv = v128.load_splat<f32>(x);
    let k: usize = 0;
    for (; k < vectors; k += 16) v128.store(y + k, madd(xv, v128.load(matrix + k), v128.load(y + k)));
    for (; k < bytes; k += 4) store<f32>(y + k, load<f32>(y + k) + load<f32>(x) * load<f32>(matrix + k));
    matrix += bytes;
    x += 4;
  }
}

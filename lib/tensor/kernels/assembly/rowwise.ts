/**
 * Y = X·Wᵀ for few rows of X: each weight is read once, and a row's sums do not depend on how many rows there are.
 *
 * A product of a row with a row is four sums, one for each place modulo four, which are added up at the end, whatever tile
 * it is in: 3 rows of W with 4 of X fill the sixteen registers.
 */
import { laneSum, madd } from "./vector";

/** y[i, j] = row i of x · row j of w: `rows` x `outputs` products of `columns` numbers. */
export function rowwise(rows: i32, outputs: i32, columns: i32, x: usize, w: usize, y: usize): void {
  const bytes = <usize>columns << 2, step = <usize>outputs << 2;
  for (; outputs >= 3; outputs -= 3) {
    three(rows, bytes, x, w, y, step);
    w += 3 * bytes;
    y += 12;
  }
  for (; outputs > 0; outputs--) {
    one(rows, bytes, x, w, y, step);
    w += bytes;
    y += 4;
  }
}

/** Three rows of W with all of X. */
function three(rows: i32, bytes: usize, x: usize, w: usize, y: usize, step: usize): void {
  for (; rows >= 4; rows -= 4) {
    tile(4, 3, bytes, x, w, y, step);
    x += 4 * bytes;
    y += 4 * step;
  }
  if (rows == 3) tile(3, 3, bytes, x, w, y, step);
  else if (rows == 2) tile(2, 3, bytes, x, w, y, step);
  else if (rows == 1) tile(1, 3, bytes, x, w, y, step);
}

/** One row of W with all of X. */
function one(rows: i32, bytes: usize, x: usize, w: usize, y: usize, step: usize): void {
  for (; rows >= 4; rows -= 4) {
    tile(4, 1, bytes, x, w, y, step);
    x += 4 * bytes;
    y += 4 * step;
  }
  for (; rows > 0; rows--) {
    tile(1, 1, bytes, x, w, y, step);
    x += bytes;
    y += step;
  }
}

/** `m` rows of X with `n` of W, constants where it is inlined. */
// @ts-ignore: decorator
@inline
function tile(m: i32, n: i32, bytes: usize, x: usize, w: usize, y: usize, step: usize): void {
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00;
  let s20 = s00, s21 = s00, s22 = s00, s30 = s00, s31 = s00, s32 = s00;
  const whole = bytes & ~15;
  const x1 = x + bytes, x2 = x1 + bytes, x3 = x2 + bytes, w1 = w + bytes, w2 = w1 + bytes;
  for (let k: usize = 0; k < whole; k += 16) {
    const v0 = v128.load(w + k), v1 = n > 1 ? v128.load(w1 + k) : v0, v2 = n > 1 ? v128.load(w2 + k) : v0;
    let u = v128.load(x + k);
    s00 = madd(u, v0, s00);
    if (n > 1) {
      s01 = madd(u, v1, s01);
      s02 = madd(u, v2, s02);
    }
    if (m > 1) {
      u = v128.load(x1 + k);
      s10 = madd(u, v0, s10);
      if (n > 1) {
        s11 = madd(u, v1, s11);
        s12 = madd(u, v2, s12);
      }
    }
    if (m > 2) {
      u = v128.load(x2 + k);
      s20 = madd(u, v0, s20);
      if (n > 1) {
        s21 = madd(u, v1, s21);
        s22 = madd(u, v2, s22);
      }
    }
    if (m > 3) {
      u = v128.load(x3 + k);
      s30 = madd(u, v0, s30);
      if (n > 1) {
        s31 = madd(u, v1, s31);
        s32 = madd(u, v2, s32);
      }
    }
  }
  const left = bytes - whole;
  put(n, y, s00, s01, s02, left, x + whole, w + whole, bytes);
  if (m > 1) put(n, y + step, s10, s11, s12, left, x1 + whole, w + whole, bytes);
  if (m > 2) put(n, y + 2 * step, s20, s21, s22, left, x2 + whole, w + whole, bytes);
  if (m > 3) put(n, y + 3 * step, s30, s31, s32, left, x3 + whole, w + whole, bytes);
}

/** Sums with what is `left` of the rows of X and W, from `x` and `w` on. */
// @ts-ignore: decorator
@inline
function put(n: i32, y: usize, a: v128, b: v128, c: v128, left: usize, x: usize, w: usize, bytes: usize): void {
  store<f32>(y, laneSum(a) + rest(left, x, w));
  if (n > 1) {
    store<f32>(y, laneSum(b) + rest(left, x, w + bytes), 4);
    store<f32>(y, laneSum(c) + rest(left, x, w + 2 * bytes), 8);
  }
}

/** The product of at most three numbers with as many. */
function rest(bytes: usize, x: usize, w: usize): f32 {
  let sum: f32 = 0;
  for (let k: usize = 0; k < bytes; k += 4) sum += load<f32>(x + k) * load<f32>(w + k);
  return sum;
}

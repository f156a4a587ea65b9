/**
 * Y = X·Wᵀ for few rows of X: weights are read once, and a row's sums do not depend on how many rows there are.
 *
 * A product of two rows is four sums, one for each column modulo four, which are added up at the end, whichever tile it is
 * in. A tile is 6 rows of W by 2 of X: all sums fit into registers. While it is computed, the next 6 rows of W are touched in
 * the order in which they lie, which the processor fetches faster than six rows side by side.
 */
import { laneSum, loadSome, madd } from "./vector";

const TALL = 6;

/**
 * y[i, j] = row i of x · row j of w: `rows` x `outputs` products of `columns` numbers.
 *
 * What it returns depends on all that was touched: without a use, the compiler would leave these loads out.
 */
export function rowwise(rows: i32, outputs: i32, columns: i32, x: usize, w: usize, y: usize): i32 {
  if (rows == 0) return 0;
  const bytes = <usize>columns << 2, step = <usize>outputs << 2;
  let seen: i32 = 0;
  for (; outputs >= TALL; outputs -= TALL) {
    const skip = TALL * bytes;
    // A tile touches a line for each 32 bytes of a row: three of them touch 6 rows.
    const next = outputs >= 2 * TALL ? w + skip : w, beyond = next + (bytes >> 5) * 192;
    let from = x, to = y, ahead = next, r = rows;
    for (; r > 1; r -= 2) {
      seen = tile(TALL, 2, bytes, from, w, to, step, ahead, seen);
      ahead = ahead + (bytes >> 5) * 64 < beyond ? ahead + (bytes >> 5) * 64 : w;
      from += 2 * bytes;
      to += 2 * step;
    }
    if (r > 0) seen = tile(TALL, 1, bytes, from, w, to, step, ahead, seen);
    w += skip;
    y += TALL << 2;
  }
  for (; outputs > 0; outputs--) {
    for (let r: usize = 0; r < <usize>rows; r++) tile(1, 1, bytes, x + r * bytes, w, y + r * step, step, w, 0);
    w += bytes;
    y += 4;
  }
  return seen;
}

/** `tall` rows of W by `wide` of X, constants where it is inlined; at every turn a line from `ahead` on is touched. */
// @ts-ignore: decorator
@inline
function tile(
  tall: i32, wide: i32, bytes: usize, x: usize, w: usize, y: usize, step: usize, ahead: usize, touched: i32,
): i32 {
  let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0;
  let d0 = a0, d1 = a0, e0 = a0, e1 = a0, f0 = a0, f1 = a0;
  let a = w, b = a + bytes, c = b + bytes, d = c + bytes, e = d + bytes, f = e + bytes, z = x + bytes;
  const end = w + (bytes & ~31);
  while (a < end) {
    let u = v128.load(x);
    let t = wide > 1 ? v128.load(z) : u;
    let v = v128.load(a);
    a0 = madd(v, u, a0);
    if (wide > 1) a1 = madd(v, t, a1);
    if (tall > 1) {
      v = v128.load(b);
      b0 = madd(v, u, b0);
      if (wide > 1) b1 = madd(v, t, b1);
      v = v128.load(c);
      c0 = madd(v, u, c0);
      if (wide > 1) c1 = madd(v, t, c1);
      v = v128.load(d);
      d0 = madd(v, u, d0);
      if (wide > 1) d1 = madd(v, t, d1);
      v = v128.load(e);
      e0 = madd(v, u, e0);
      if (wide > 1) e1 = madd(v, t, e1);
      v = v128.load(f);
      f0 = madd(v, u, f0);
      if (wide > 1) f1 = madd(v, t, f1);
    }
    u = v128.load(x, 16);
    t = wide > 1 ? v128.load(z, 16) : u;
    v = v128.load(a, 16);
    a0 = madd(v, u, a0);
    if (wide > 1) a1 = madd(v, t, a1);
    if (tall > 1) {
      v = v128.load(b, 16);
      b0 = madd(v, u, b0);
      if (wide > 1) b1 = madd(v, t, b1);
      v = v128.load(c, 16);
      c0 = madd(v, u, c0);
      if (wide > 1) c1 = madd(v, t, c1);
      v = v128.load(d, 16);
      d0 = madd(v, u, d0);
      if (wide > 1) d1 = madd(v, t, d1);
      v = v128.load(e, 16);
      e0 = madd(v, u, e0);
      if (wide > 1) e1 = madd(v, t, e1);
      v = v128.load(f, 16);
      f0 = madd(v, u, f0);
      if (wide > 1) f1 = madd(v, t, f1);
    }
    x += 32;
    a += 32;
    if (wide > 1) z += 32;
    if (tall > 1) {
      b += 32;
      c += 32;
      d += 32;
      e += 32;
      f += 32;
      touched |= load<i32>(ahead);
      ahead += 64;
    }
  }
  if (bytes & 16) {
    let u = v128.load(x);
    let t = wide > 1 ? v128.load(z) : u;
    let v = v128.load(a);
    a0 = madd(v, u, a0);
    if (wide > 1) a1 = madd(v, t, a1);
    if (tall > 1) {
      v = v128.load(b);
      b0 = madd(v, u, b0);
      if (wide > 1) b1 = madd(v, t, b1);
      v = v128.load(c);
      c0 = madd(v, u, c0);
      if (wide > 1) c1 = madd(v, t, c1);
      v = v128.load(d);
      d0 = madd(v, u, d0);
      if (wide > 1) d1 = madd(v, t, d1);
      v = v128.load(e);
      e0 = madd(v, u, e0);
      if (wide > 1) e1 = madd(v, t, e1);
      v = v128.load(f);
      f0 = madd(v, u, f0);
      if (wide > 1) f1 = madd(v, t, f1);
    }
    x += 16;
    a += 16;
    if (wide > 1) z += 16;
    if (tall > 1) {
      b += 16;
      c += 16;
      d += 16;
      e += 16;
      f += 16;
    }
  }
  // No call from here: what is in registers would be kept in memory all the while.
  const left = bytes & 15;
  if (left > 0) {
    const u = loadSome(x, left), t = wide > 1 ? loadSome(z, left) : u;
    let v = loadSome(a, left);
    a0 = madd(v, u, a0);
    if (wide > 1) a1 = madd(v, t, a1);
    if (tall > 1) {
      v = loadSome(b, left);
      b0 = madd(v, u, b0);
      if (wide > 1) b1 = madd(v, t, b1);
      v = loadSome(c, left);
      c0 = madd(v, u, c0);
      if (wide > 1) c1 = madd(v, t, c1);
      v = loadSome(d, left);
      d0 = madd(v, u, d0);
      if (wide > 1) d1 = madd(v, t, d1);
      v = loadSome(e, left);
      e0 = madd(v, u, e0);
      if (wide > 1) e1 = madd(v, t, e1);
      v = loadSome(f, left);
      f0 = madd(v, u, f0);
      if (wide > 1) f1 = madd(v, t, f1);
    }
  }
  store<f32>(y, laneSum(a0));
  if (wide > 1) store<f32>(y + step, laneSum(a1));
  if (tall > 1) {
    store<f32>(y, laneSum(b0), 4);
    if (wide > 1) store<f32>(y + step, laneSum(b1), 4);
    store<f32>(y, laneSum(c0), 8);
    if (wide > 1) store<f32>(y + step, laneSum(c1), 8);
    store<f32>(y, laneSum(d0), 12);
    if (wide > 1) store<f32>(y + step, laneSum(d1), 12);
    store<f32>(y, laneSum(e0), 16);
    if (wide > 1) store<f32>(y + step, laneSum(e1), 16);
    store<f32>(y, laneSum(f0), 20);
    if (wide > 1) store<f32>(y + step, laneSum(f1), 20);
  }
  return touched;
}

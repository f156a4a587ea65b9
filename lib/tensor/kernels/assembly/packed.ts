/**
 * Products with weights that stay packed, 4 or 8 bits each, in blocks of 32 with a scale `d` and a minimum `m`: `d·q + m`.
 *
 * A row of a packed matrix is the bits of its blocks, then the scales of all blocks, then, with 4 bits, the minima, both in
 * float32 and filled up to a multiple of four by zeros. Bits lie as in GGUF files: bytes of 8 bits in order; of 4 bits the
 * low halves of 16 bytes, then the high ones.
 *
 * Rounded rows are whole numbers of 16 bits with a scale for each block. They lie in groups of 8 side by side, the last of
 * which need not be full: for each block the numbers of each row, places 0, 2, .. 14, then 16, 18, .. 30, then 1, 3, .. 15,
 * then 17, 19, .. 31, behind them the 8 scales in float32; behind all blocks the sums of the rounded numbers of four blocks at
 * a time, row after row.
 */
import { laneSum, madd } from "./vector";

/** Blocks, filled up to a multiple of four. */
// @ts-ignore: decorator
@inline
function filled(blocks: usize): usize {
  return (blocks + 3) & ~3;
}

/** Bytes of a row of a packed matrix. */
export function packedBytes(bits: i32, columns: i32): usize {
  const blocks = <usize>columns >> 5;
  return bits == 4 ? (blocks << 4) + (filled(blocks) << 3) : (blocks << 5) + (filled(blocks) << 2);
}

/** Writes rows of a packed matrix as float32. */
export function unpackRows(bits: i32, rows: i32, columns: i32, from: usize, to: usize): void {
  const blocks = <usize>columns >> 5, step = packedBytes(bits, columns);
  for (; rows > 0; rows--) {
    let scales = from + (blocks << (bits == 4 ? 4 : 5));
    for (let b: usize = 0; b < blocks; b++) {
      const d = v128.load32_splat(scales);
      if (bits == 4) {
        const m = v128.load32_splat(scales + (filled(blocks) << 2));
        const v = v128.load(from + (b << 4)), low = v128.and(v, i8x16.splat(15));
        widen(i16x8.extend_low_i8x16_u(low), d, m, to);
        widen(i16x8.extend_high_i8x16_u(low), d, m, to + 32);
        const high = v128.and(i16x8.shr_u(v, 4), i8x16.splat(15));
        widen(i16x8.extend_low_i8x16_u(high), d, m, to + 64);
        widen(i16x8.extend_high_i8x16_u(high), d, m, to + 96);
      } else {
        const m = f32x4.splat(0), u = v128.load(from + (b << 5)), v = v128.load(from + (b << 5), 16);
        widen(i16x8.extend_low_i8x16_s(u), d, m, to);
        widen(i16x8.extend_high_i8x16_s(u), d, m, to + 32);
        widen(i16x8.extend_low_i8x16_s(v), d, m, to + 64);
        widen(i16x8.extend_high_i8x16_s(v), d, m, to + 96);
      }
      scales += 4;
      to += 128;
    }
    from += step;
  }
}

/** d·q + m of eight numbers: the product is exact, so that the sum is rounded once, with or without fused multiply-add. */
// @ts-ignore: decorator
@inline
function widen(q: v128, d: v128, m: v128, to: usize): void {
  v128.store(to, madd(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(q)), d, m));
  v128.store(to, madd(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(q)), d, m), 16);
}

/** Rows of a group. */
const GROUP = 8;
/** Bytes of a block of a group. */
const BLOCK = 544;

/** Bytes of rounded rows. */
export function roundedBytes(rows: i32, columns: i32): usize {
  return <usize>((rows + GROUP - 1) / GROUP) * groupBytes(<usize>columns >> 5);
}

// @ts-ignore: decorator
@inline
function groupBytes(blocks: usize): usize {
  return blocks * BLOCK + (filled(blocks) << 5);
}

/** Rounds rows of float32: the largest of a block becomes 32767. A block with a number that is not finite becomes NaN. */
export function roundRows(rows: i32, columns: i32, x: usize, to: usize): void {
  const blocks = <usize>columns >> 5;
  for (let r = 0; r < rows; r++) {
    const place = <usize>(r & (GROUP - 1)), sums = to + blocks * BLOCK;
    if (place == 0) memory.fill(sums, 0, filled(blocks) << 5);
    for (let b: usize = 0; b < blocks; b++) {
      const at = to + b * BLOCK, sum = roundBlock(x, at + (place << 6), at + 512 + (place << 2));
      store<f32>(sums + ((b >> 2) << 7) + (place << 4) + ((b & 3) << 2), sum);
      x += 128;
    }
    if (place == GROUP - 1) to += groupBytes(blocks);
  }
}

/** Rounds 32 numbers. Returns the sum of what they became. */
// @ts-ignore: decorator
@inline
function roundBlock(x: usize, to: usize, scale: usize): f32 {
  let top = f32x4.splat(0);
  for (let k: usize = 0; k < 128; k += 16) top = f32x4.max(top, f32x4.abs(v128.load(x + k)));
  const most = max<f32>(
    max<f32>(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max<f32>(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
  const s: f32 = most / 32767, inverse = f32x4.splat(<f32>32767 / most);
  let sum = i32x4.splat(0);
  for (let half: usize = 0; half < 2; half++) {
    const a = nearest(x, inverse), b = nearest(x + 16, inverse);
    const c = nearest(x + 32, inverse), d = nearest(x + 48, inverse);
    sum = i32x4.add(sum, i32x4.add(i32x4.add(a, b), i32x4.add(c, d)));
    const first = i16x8.narrow_i32x4_s(a, b), last = i16x8.narrow_i32x4_s(c, d);
    v128.store(to, v128.shuffle<i16>(first, last, 0, 2, 4, 6, 8, 10, 12, 14));
    v128.store(to, v128.shuffle<i16>(first, last, 1, 3, 5, 7, 9, 11, 13, 15), 32);
    x += 64;
    to += 16;
  }
  store<f32>(scale, s);
  const pair = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  return s * <f32>(i32x4.extract_lane(pair, 0) + i32x4.extract_lane(pair, 1));
}

/** Whole numbers nearest to four products; 0 in place of one that is none, in a block whose numbers are all 0 or denormal. */
// @ts-ignore: decorator
@inline
function nearest(x: usize, factor: v128): v128 {
  const limit = f32x4.splat(32767), v = f32x4.nearest(f32x4.mul(v128.load(x), factor));
  return i32x4.trunc_sat_f32x4_s(f32x4.pmax(f32x4.neg(limit), f32x4.pmin(limit, v)));
}

/** y[i, j] = rounded row i · row j of a packed matrix w: `rows` x `outputs` products of `columns` numbers. */
export function roundedProduct(
  bits: i32, rows: i32, outputs: i32, columns: i32, x: usize, w: usize, y: usize,
): void {
  const blocks = <usize>columns >> 5, step = <usize>outputs << 2, bytes = packedBytes(bits, columns);
  for (; rows > 0; rows -= GROUP) {
    let from = w, to = y;
    for (let o = 0; o < outputs; o++) {
      if (bits == 4) {
        if (rows > 4) tile(4, 8, blocks, x, from, to, step, rows);
        else if (rows > 2) tile(4, 4, blocks, x, from, to, step, rows);
        else tile(4, 2, blocks, x, from, to, step, rows);
      } else {
        if (rows > 4) tile(8, 8, blocks, x, from, to, step, rows);
        else if (rows > 2) tile(8, 4, blocks, x, from, to, step, rows);
        else tile(8, 2, blocks, x, from, to, step, rows);
      }
      from += bytes;
      to += 4;
    }
    x += groupBytes(blocks);
    y += GROUP * step;
  }
}

/**
 * One row of W by `wide` rows of a group, of which `rows` are there and stored; bits and `wide` are constants where it is
 * inlined. What lies in the places of others is multiplied as well: a number of 16 bits, whatever it is.
 */
// @ts-ignore: decorator
@inline
function tile(bits: i32, wide: i32, blocks: usize, x: usize, w: usize, y: usize, step: usize, rows: i32): void {
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  let scales = w + (blocks << (bits == 4 ? 4 : 5));
  const minima = scales + (filled(blocks) << 2), end = scales;
  while (w < end) {
    const v = v128.load(w), scale = v128.load32_splat(scales);
    let w0: v128, w1: v128, w2: v128, w3: v128;
    if (bits == 4) {
      const half = i16x8.splat(15);
      w0 = v128.and(v, half);
      w1 = v128.and(i16x8.shr_u(v, 4), half);
      w2 = v128.and(i16x8.shr_u(v, 8), half);
      w3 = i16x8.shr_u(v, 12);
      w += 16;
    } else {
      const u = v128.load(w, 16);
      w0 = i16x8.shr_s(i16x8.shl(v, 8), 8);
      w1 = i16x8.shr_s(i16x8.shl(u, 8), 8);
      w2 = i16x8.shr_s(v, 8);
      w3 = i16x8.shr_s(u, 8);
      w += 32;
    }
    let s = f32x4.mul(scale, v128.load(x, 512)), t: v128, r = x;
    t = dot(v128.load(r), v128.load(r, 16), v128.load(r, 32), v128.load(r, 48), w0, w1, w2, w3);
    a = madd(t, v128.shuffle<i32>(s, s, 0, 0, 0, 0), a);
    r += 64;
    t = dot(v128.load(r), v128.load(r, 16), v128.load(r, 32), v128.load(r, 48), w0, w1, w2, w3);
    b = madd(t, v128.shuffle<i32>(s, s, 1, 1, 1, 1), b);
    if (wide > 2) {
      r += 64;
      t = dot(v128.load(r), v128.load(r, 16), v128.load(r, 32), v128.load(r, 48), w0, w1, w2, w3);
      c = madd(t, v128.shuffle<i32>(s, s, 2, 2, 2, 2), c);
      r += 64;
      t = dot(v128.load(r), v128.load(r, 16), v128.load(r, 32), v128.load(r, 48), w0, w1, w2, w3);
      d = madd(t, v128.shuffle<i32>(s, s, 3, 3, 3, 3), d);
    }
    if (wide > 4) {
      s = f32x4.mul(v128.load32_splat(scales), v128.load(x, 528));
      r += 64;
      t = dot(v128.load(r), v128.load(r, 16), v128.load(r, 32), v128.load(r, 48), w0, w1, w2, w3);
      e = madd(t, v128.shuffle<i32>(s, s, 0, 0, 0, 0), e);
      r += 64;
      t = dot(v128.load(r), v128.load(r, 16), v128.load(r, 32), v128.load(r, 48), w0, w1, w2, w3);
      f = madd(t, v128.shuffle<i32>(s, s, 1, 1, 1, 1), f);
      r += 64;
      t = dot(v128.load(r), v128.load(r, 16), v128.load(r, 32), v128.load(r, 48), w0, w1, w2, w3);
      g = madd(t, v128.shuffle<i32>(s, s, 2, 2, 2, 2), g);
      r += 64;
      t = dot(v128.load(r), v128.load(r, 16), v128.load(r, 32), v128.load(r, 48), w0, w1, w2, w3);
      h = madd(t, v128.shuffle<i32>(s, s, 3, 3, 3, 3), h);
    }
    scales += 4;
    x += BLOCK;
  }
  if (bits == 4) {
    const last = minima + (filled(blocks) << 2);
    for (let at = minima; at < last; at += 16) {
      const m = v128.load(at);
      a = madd(m, v128.load(x), a);
      b = madd(m, v128.load(x, 16), b);
      if (wide > 2) {
        c = madd(m, v128.load(x, 32), c);
        d = madd(m, v128.load(x, 48), d);
      }
      if (wide > 4) {
        e = madd(m, v128.load(x, 64), e);
        f = madd(m, v128.load(x, 80), f);
        g = madd(m, v128.load(x, 96), g);
        h = madd(m, v128.load(x, 112), h);
      }
      x += GROUP << 4;
    }
  }
  store<f32>(y, laneSum(a));
  if (rows > 1) store<f32>(y += step, laneSum(b));
  if (wide > 2) {
    store<f32>(y += step, laneSum(c));
    if (rows > 3) store<f32>(y += step, laneSum(d));
  }
  if (wide > 4) {
    store<f32>(y += step, laneSum(e));
    if (rows > 5) store<f32>(y += step, laneSum(f));
    if (rows > 6) store<f32>(y += step, laneSum(g));
    if (rows > 7) store<f32>(y += step, laneSum(h));
  }
}

/** Four partial sums of the products of 32 whole numbers, which float32 rounds once. */
// @ts-ignore: decorator
@inline
function dot(x0: v128, x1: v128, x2: v128, x3: v128, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  const even = i32x4.add(i32x4.dot_i16x8_s(x0, w0), i32x4.dot_i16x8_s(x1, w1));
  const odd = i32x4.add(i32x4.dot_i16x8_s(x2, w2), i32x4.dot_i16x8_s(x3, w3));
  return f32x4.convert_i32x4_s(i32x4.add(even, odd));
}

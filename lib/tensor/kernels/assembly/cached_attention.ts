/** Attention of single rows to the keys and values of a cache. */
import { expMinus, expShifted } from "./exp_row";
import { rowMax } from "./log_softmax";
import { laneSum, loadSome, madd, storeSome } from "./vector";

/**
 * y[r] = attention of row r of x, at `positions[r]` of sequence `slots[r]`, to the last `window` places up to its own.
 *
 * A place of the cache, `length` of which are a sequence, holds the keys of all heads, then the values; `scores` has room
 * for `length` numbers. A `cap` above 0 bounds the scores.
 */
export function cachedAttention(
  rows: i32, heads: i32, keyHeads: i32, head: i32, length: i32, window: i32, scale: f32, cap: f32,
  x: usize, cache: usize, slots: usize, positions: usize, scores: usize, y: usize,
): void {
  const size = <usize>head << 2, step = 2 * <usize>keyHeads * size, group = heads / keyHeads;
  const rest = <usize>(2 * keyHeads) * size;
  for (let r = 0; r < rows; r++) {
    const position = load<i32>(positions + (<usize>r << 2)), from = max(0, position + 1 - window);
    const count = position + 1 - from, bytes = <usize>count << 2;
    const keys = cache + (<usize>load<u32>(slots + (<usize>r << 2)) * <usize>length + <usize>from) * step;
    for (let h = 0; h < heads; h++) {
      const key = keys + <usize>(h / group) * size, value = key + <usize>keyHeads * size;
      for (let t = 0; t < count; t++) {
        store<f32>(scores + (<usize>t << 2), dot(size, x, key + <usize>t * step));
      }
      let factor = scale;
      if (cap > 0) {
        bound(bytes, scale / cap, cap, scores);
        factor = 1;
      }
      const share: f32 = 1 / expShifted(bytes, factor, rowMax(scores, bytes), scores, scores);
      mix(count, size, step, share, scores, value, y);
      x += size;
      y += size;
    }
    x += rest;
  }
}

/** Product of two rows of `bytes` bytes. */
// @ts-ignore: decorator
@inline
function dot(bytes: usize, a: usize, b: usize): f32 {
  let even = f32x4.splat(0), odd = even;
  const pairs = bytes & ~31;
  let k: usize = 0;
  for (; k < pairs; k += 32) {
    even = madd(v128.load(a + k), v128.load(b + k), even);
    odd = madd(v128.load(a + k, 16), v128.load(b + k, 16), odd);
  }
  if (k + 16 <= bytes) {
    even = madd(v128.load(a + k), v128.load(b + k), even);
    k += 16;
  }
  if (k < bytes) odd = madd(loadSome(a + k, bytes - k), loadSome(b + k, bytes - k), odd);
  return laneSum(f32x4.add(even, odd));
}

/** s = c·tanh(ratio·s), by way of the logistic function. */
function bound(bytes: usize, ratio: f32, cap: f32, s: usize): void {
  for (let k: usize = 0; k < bytes; k += 4) store<f32>(s + k, 2 * ratio * load<f32>(s + k));
  expMinus(bytes, s, s);
  for (let k: usize = 0; k < bytes; k += 4) store<f32>(s + k, cap * (2 / (1 + load<f32>(s + k)) - 1));
}

/** y = share·Σ weights[t]·row t, over rows of `bytes` bytes that begin `step` bytes apart. */
function mix(count: i32, bytes: usize, step: usize, share: f32, weights: usize, rows: usize, y: usize): void {
  const scale = f32x4.splat(share), end = weights + (<usize>count << 2), wide = bytes & ~63;
  let k: usize = 0;
  for (; k < wide; k += 64) {
    let a = f32x4.splat(0), b = a, c = a, d = a, row = rows + k;
    for (let w = weights; w < end; w += 4) {
      const v = v128.load_splat<f32>(w);
      a = madd(v, v128.load(row), a);
      b = madd(v, v128.load(row, 16), b);
      c = madd(v, v128.load(row, 32), c);
      d = madd(v, v128.load(row, 48), d);
      row += step;
    }
    v128.store(y + k, f32x4.mul(a, scale));
    v128.store(y + k, f32x4.mul(b, scale), 16);
    v128.store(y + k, f32x4.mul(c, scale), 32);
    v128.store(y + k, f32x4.mul(d, scale), 48);
  }
  for (; k < bytes; k += 16) {
    const left = bytes - k, isWhole = left >= 16;
    let a = f32x4.splat(0), row = rows + k;
    for (let w = weights; w < end; w += 4) {
      a = madd(v128.load_splat<f32>(w), isWhole ? v128.load(row) : loadSome(row, left), a);
      row += step;
    }
    a = f32x4.mul(a, scale);
    if (isWhole) v128.store(y + k, a);
    else storeSome(y + k, a, left);
  }
}

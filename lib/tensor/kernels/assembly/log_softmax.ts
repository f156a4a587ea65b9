/** Log-probabilities of rows of logits, and of single picks from them. */
import { expNormalised, expSum, expWeights } from "./exp_row";
import { logDouble } from "./math";
import { doubleSum, promoteHigh } from "./vector";

/** Largest of some numbers; any of them where one is NaN, which shows in their sum. */
// @ts-ignore: decorator
@inline
export function rowMax(x: usize, bytes: usize): f32 {
  const vectors = bytes & ~15;
  let top = f32x4.splat(-Infinity);
  let k: usize = 0;
  for (; k < vectors; k += 16) top = f32x4.pmax(top, v128.load(x + k));
  for (; k < bytes; k += 4) top = f32x4.pmax(top, v128.load32_splat(x + k));
  return max<f32>(
    max<f32>(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max<f32>(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
}

/** y = x − log Σ e^x over rows of `width`, the maximum taken out first. */
export function logSoftmax(rows: i32, width: i32, x: usize, y: usize): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    const top = rowMax(x, bytes);
    const rest = <f32>logDouble(expSum(bytes, top, x));
    const topv = f32x4.splat(top), restv = f32x4.splat(rest);
    let k: usize = 0;
    for (; k < vectors; k += 16) v128.store(y + k, f32x4.sub(f32x4.sub(v128.load(x + k), topv), restv));
    for (; k < bytes; k += 4) store<f32>(y + k, load<f32>(x + k) - top - rest);
    x += bytes;
    y += bytes;
  }
}

/** weights = e^{x − top} of rows of `width`; a row of `norms` is top, then Σ weights in two numbers that add up to it. */
export function softmaxWeights(rows: i32, width: i32, x: usize, weights: usize, norms: usize): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < rows; r++) {
    const top = rowMax(x, bytes), sum = expWeights(bytes, top, x, weights), large = <f32>sum;
    store<f32>(norms, top);
    store<f32>(norms, large, 4);
    store<f32>(norms, <f32>(sum - <f64>large), 8);
    x += bytes;
    weights += bytes;
    norms += 12;
  }
}

/** dx = dy − e^y·Σ dy. */
export function logSoftmaxGrad(rows: i32, width: i32, y: usize, dy: usize, dx: usize): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    let low = f64x2.splat(0), high = f64x2.splat(0);
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      const v = v128.load(dy + k);
      low = f64x2.add(low, f64x2.promote_low_f32x4(v));
      high = f64x2.add(high, promoteHigh(v));
    }
    let sum = doubleSum(f64x2.add(low, high));
    for (; k < bytes; k += 4) sum += <f64>load<f32>(dy + k);
    const total = f32x4.splat(<f32>sum);
    expNormalised(bytes, 0, 0, y, dx);
    for (k = 0; k < vectors; k += 16) {
      v128.store(dx + k, f32x4.sub(v128.load(dy + k), f32x4.mul(v128.load(dx + k), total)));
    }
    for (; k < bytes; k += 4) store<f32>(dx + k, load<f32>(dy + k) - load<f32>(dx + k) * <f32>sum);
    y += bytes;
    dy += bytes;
    dx += bytes;
  }
}

/**
 * sums[targets[i]] += weights[i]·log softmax(x[rows[i]])[ids[i]] over `picks` picks; `sums` starts at zero; it and `weights` are float64.
 *
 * `tops` and `rests` (one number a row each) get the maximum and the logarithm of the rest of every row that is picked
 * from, once; rows that nothing picks from are not looked at. `rests` starts at NaN, which no finished row has unless
 * its numbers are NaN too.
 */
export function pickLogProbs(
  picks: i32, width: i32, x: usize, rows: usize, ids: usize, weights: usize, targets: usize,
  tops: usize, rests: usize, sums: usize,
): void {
  const bytes = <usize>width << 2;
  for (let i: usize = 0; i < <usize>picks << 2; i += 4) {
    const row = <usize>load<u32>(rows + i) << 2;
    const start = x + <usize>load<u32>(rows + i) * bytes;
    let rest = load<f32>(rests + row);
    if (rest != rest) {
      const top = rowMax(start, bytes);
      rest = <f32>logDouble(expSum(bytes, top, start));
      store<f32>(tops + row, top);
      store<f32>(rests + row, rest);
    }
    const logp = <f64>load<f32>(start + (<usize>load<u32>(ids + i) << 2)) - <f64>load<f32>(tops + row) - <f64>rest;
    const sum = sums + (<usize>load<u32>(targets + i) << 3);
    store<f64>(sum, load<f64>(sum) + load<f64>(weights + (i << 1)) * logp);
  }
}

/**
 * dx[rows[i]] += s·(onehot(ids[i]) − softmax(x[rows[i]])) with s = weights[i]·dy[targets[i]]; `slopes` (one float64
 * a row) starts at zero. Every number of `dx` is written, zeros for rows that nothing picks from.
 */
export function pickLogProbsGrad(
  picks: i32, all: i32, width: i32, x: usize, rows: usize, ids: usize, weights: usize, targets: usize,
  tops: usize, rests: usize, slopes: usize, dy: usize, dx: usize,
): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let i: usize = 0; i < <usize>picks << 2; i += 4) {
    const slope = slopes + (<usize>load<u32>(rows + i) << 3);
    const slopeOf = load<f64>(weights + (i << 1)) * <f64>load<f32>(dy + (<usize>load<u32>(targets + i) << 2));
    store<f64>(slope, load<f64>(slope) + slopeOf);
  }
  for (let r: usize = 0; r < <usize>all << 2; r += 4) {
    const start = x + (r >> 2) * bytes, out = dx + (r >> 2) * bytes;
    const slope = <f32>load<f64>(slopes + (r << 1));
    if (slope == 0) {
      memory.fill(out, 0, bytes);
      continue;
    }
    expNormalised(bytes, load<f32>(tops + r), load<f32>(rests + r), start, out);
    const minus = f32x4.splat(-slope);
    let k: usize = 0;
    for (; k < vectors; k += 16) v128.store(out + k, f32x4.mul(minus, v128.load(out + k)));
    for (; k < bytes; k += 4) store<f32>(out + k, -slope * load<f32>(out + k));
  }
  for (let i: usize = 0; i < <usize>picks << 2; i += 4) {
    const at = dx + <usize>load<u32>(rows + i) * bytes + (<usize>load<u32>(ids + i) << 2);
    const slope = load<f64>(weights + (i << 1)) * <f64>load<f32>(dy + (<usize>load<u32>(targets + i) << 2));
    store<f32>(at, <f32>(<f64>load<f32>(at) + slope));
  }
}

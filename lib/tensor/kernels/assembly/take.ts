/** Picks along rows, and means of rows. */
import { doubleSum, promoteHigh } from "./vector";

/** out[r, i] = x[r, index[r, i]] for rows of `width` numbers and `n` picks from each. */
export function take(rows: i32, width: i32, n: i32, x: usize, index: usize, out: usize): void {
  for (let r = 0; r < rows; r++) {
    for (let i: usize = 0; i < <usize>n << 2; i += 4) {
      store<f32>(out + i, load<f32>(x + (<usize>load<u32>(index + i) << 2)));
    }
    x += <usize>width << 2;
    index += <usize>n << 2;
    out += <usize>n << 2;
  }
}

/** dx[r, index[r, i]] += dy[r, i], in order; `dx` is zeroed by the caller. */
export function takeGrad(rows: i32, width: i32, n: i32, index: usize, dy: usize, dx: usize): void {
  for (let r = 0; r < rows; r++) {
    for (let i: usize = 0; i < <usize>n << 2; i += 4) {
      const at = dx + (<usize>load<u32>(index + i) << 2);
      store<f32>(at, load<f32>(at) + load<f32>(dy + i));
    }
    dx += <usize>width << 2;
    index += <usize>n << 2;
    dy += <usize>n << 2;
  }
}

/** y[r] = mean of row r, added up in float64. */
export function meanRows(rows: i32, width: i32, x: usize, y: usize): void {
  const bytes = <usize>width << 2, vectors = bytes & ~15;
  for (let r: usize = 0; r < <usize>rows << 2; r += 4) {
    let low = f64x2.splat(0), high = f64x2.splat(0);
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      const v = v128.load(x + k);
      low = f64x2.add(low, f64x2.promote_low_f32x4(v));
      high = f64x2.add(high, promoteHigh(v));
    }
    let total = doubleSum(f64x2.add(low, high));
    for (; k < bytes; k += 4) total += <f64>load<f32>(x + k);
    store<f32>(y + r, <f32>(total / <f64>width));
    x += bytes;
  }
}

/** dx[r, i] = dy[r] / width. */
export function meanRowsGrad(rows: i32, width: i32, dy: usize, dx: usize): void {
  const bytes = <usize>width << 2, vectors = bytes & ~15;
  for (let r: usize = 0; r < <usize>rows << 2; r += 4) {
    const slope = load<f32>(dy + r) / <f32>width;
    let k: usize = 0;
    for (; k < vectors; k += 16) v128.store(dx + k, f32x4.splat(slope));
    for (; k < bytes; k += 4) store<f32>(dx + k, slope);
    dx += bytes;
  }
}

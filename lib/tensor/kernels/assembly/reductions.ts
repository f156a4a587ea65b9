/** Sums and extremes of float32 along an axis. */
import { laneSum } from "./vector";

/** y[r] = Σ row r / divisor; 16 sums side by side, so the rounding error grows with a sixteenth of the length. */
export function sumRows(rows: i32, width: i32, divisor: f32, x: usize, y: usize): void {
  const bytes = <usize>width << 2, blocks = bytes & ~63, vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let k: usize = 0;
    for (; k < blocks; k += 64) {
      s0 = f32x4.add(s0, v128.load(x + k));
      s1 = f32x4.add(s1, v128.load(x + k, 16));
      s2 = f32x4.add(s2, v128.load(x + k, 32));
      s3 = f32x4.add(s3, v128.load(x + k, 48));
    }
    for (; k < vectors; k += 16) s0 = f32x4.add(s0, v128.load(x + k));
    let total = laneSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    for (; k < bytes; k += 4) total += load<f32>(x + k);
    store<f32>(y, total / divisor);
    x += bytes;
    y += 4;
  }
}

/** Rows added up in pairs of pairs: y = Σ_r row r / divisor in each of `outer` blocks. */
export function sumColumns(outer: i32, rows: i32, width: i32, divisor: f32, x: usize, y: usize): void {
  const bytes = <usize>width << 2, vectors = bytes & ~15;
  const divisors = f32x4.splat(divisor);
  for (let o = 0; o < outer; o++) {
    memory.fill(y, 0, bytes);
    let r = 0;
    for (; r + 4 <= rows; r += 4) {
      const x1 = x + bytes, x2 = x1 + bytes, x3 = x2 + bytes;
      let k: usize = 0;
      for (; k < vectors; k += 16) {
        const low = f32x4.add(v128.load(x + k), v128.load(x1 + k));
        const high = f32x4.add(v128.load(x2 + k), v128.load(x3 + k));
        v128.store(y + k, f32x4.add(v128.load(y + k), f32x4.add(low, high)));
      }
      for (; k < bytes; k += 4) {
        const low = load<f32>(x + k) + load<f32>(x1 + k), high = load<f32>(x2 + k) + load<f32>(x3 + k);
        store<f32>(y + k, load<f32>(y + k) + (low + high));
      }
      x = x3 + bytes;
    }
    for (; r < rows; r++) {
      let k: usize = 0;
      for (; k < vectors; k += 16) v128.store(y + k, f32x4.add(v128.load(y + k), v128.load(x + k)));
      for (; k < bytes; k += 4) store<f32>(y + k, load<f32>(y + k) + load<f32>(x + k));
      x += bytes;
    }
    let k: usize = 0;
    for (; k < vectors; k += 16) v128.store(y + k, f32x4.div(v128.load(y + k), divisors));
    for (; k < bytes; k += 4) store<f32>(y + k, load<f32>(y + k) / divisor);
    y += bytes;
  }
}

/** Largest (or smallest) of each column of `rows` >= 1 rows, for each of `outer` blocks; NaN wins. */
export function extremeColumns(outer: i32, rows: i32, width: i32, isLargest: bool, x: usize, y: usize): void {
  const bytes = <usize>width << 2, vectors = bytes & ~15;
  for (let o = 0; o < outer; o++) {
    memory.copy(y, x, bytes);
    x += bytes;
    for (let r = 1; r < rows; r++) {
      let k: usize = 0;
      for (; k < vectors; k += 16) {
        const a = v128.load(y + k), b = v128.load(x + k);
        v128.store(y + k, isLargest ? f32x4.max(a, b) : f32x4.min(a, b));
      }
      for (; k < bytes; k += 4) {
        const a = load<f32>(y + k), b = load<f32>(x + k);
        store<f32>(y + k, isLargest ? max<f32>(a, b) : min<f32>(a, b));
      }
      x += bytes;
    }
    y += bytes;
  }
}

/** Largest (or smallest) number of each row of `width` >= 1 numbers; NaN wins. */
export function extremeRows(rows: i32, width: i32, isLargest: bool, x: usize, y: usize): void {
  const bytes = <usize>width << 2, vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    let best = v128.load_splat<f32>(x);
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      const b = v128.load(x + k);
      best = isLargest ? f32x4.max(best, b) : f32x4.min(best, b);
    }
    const b0 = f32x4.extract_lane(best, 0), b1 = f32x4.extract_lane(best, 1);
    const b2 = f32x4.extract_lane(best, 2), b3 = f32x4.extract_lane(best, 3);
    let value = isLargest
      ? max<f32>(max<f32>(b0, b1), max<f32>(b2, b3))
      : min<f32>(min<f32>(b0, b1), min<f32>(b2, b3));
    for (; k < bytes; k += 4) {
      const b = load<f32>(x + k);
      value = isLargest ? max<f32>(value, b) : min<f32>(value, b);
    }
    store<f32>(y, value);
    x += bytes;
    y += 4;
  }
}

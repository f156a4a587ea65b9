/** Slopes of what is minimised in each log-prob. */
import { expRow } from "./exponentials";
import { laneSum } from "./vector";

/**
 * Adds those of Σ π (cost + price·(log π − base)), up to the same number times π for all texts of a group.
 *
 * @param n texts, an even number
 * @param p π, and logp its log `[n]`
 * @param cost and base `[n]`
 * @param slopes added to `[n]`
 */
export function tilt(n: i32, price: f64, p: usize, logp: usize, cost: usize, base: usize, slopes: usize): void {
  const bytes = <usize>n << 3, prices = f64x2.splat(price);
  for (let k: usize = 0; k < bytes; k += 16) {
    const spent = f64x2.mul(prices, f64x2.sub(v128.load(logp + k), v128.load(base + k)));
    const each = f64x2.mul(v128.load(p + k), f64x2.add(v128.load(cost + k), spent));
    v128.store(slopes + k, f64x2.add(v128.load(slopes + k), each));
  }
}

/**
 * Adds those of Σ_i weight_i [softplus(−m_i) + against_i m_i], m_i = scale·(log π_first − log π_second) − shift_i.
 *
 * @param n pairs, an even number; a pair of weight 0 adds nothing
 * @param index places of the first and the second text of each pair, int32 `[n, 2]`
 * @param logp `[X]`
 * @param weight, against and shift `[n]`
 * @param room `[n]`
 * @param slopes added to `[X]`
 */
export function logisticSlopes(
  n: i32,
  scale: f64,
  index: usize,
  logp: usize,
  weight: usize,
  against: usize,
  shift: usize,
  room: usize,
  slopes: usize,
): void {
  const bytes = <usize>n << 3, unit = f64x2.splat(1), scales = f64x2.splat(scale);
  for (let k: usize = 0; k < bytes; k += 8) {
    const first = <usize>i32.load(index + k) << 3, second = <usize>i32.load(index + k, 4) << 3;
    f64.store(room + k, scale * (f64.load(logp + first) - f64.load(logp + second)) - f64.load(shift + k));
  }
  expRow(n, 1, room, room);
  for (let k: usize = 0; k < bytes; k += 16) {
    // σ(−m), which is 0 in the end where e^m is infinite.
    const wrong = f64x2.div(unit, f64x2.add(unit, v128.load(room + k)));
    const slope = f64x2.mul(f64x2.sub(v128.load(against + k), wrong), f64x2.mul(v128.load(weight + k), scales));
    v128.store(room + k, slope);
  }
  for (let k: usize = 0; k < bytes; k += 8) {
    const first = slopes + (<usize>i32.load(index + k) << 3), second = slopes + (<usize>i32.load(index + k, 4) << 3);
    const slope = f64.load(room + k);
    f64.store(first, f64.load(first) + slope);
    f64.store(second, f64.load(second) - slope);
  }
}

/**
 * From slopes in log-probs, as if these were free, to slopes in logits: each less π times the sum over its group.
 *
 * @param p π `[groups · size]`
 * @param slopes changed in place
 */
export function centre(groups: i32, size: i32, p: usize, slopes: usize): void {
  const bytes = <usize>size << 3, vectors = bytes & ~15;
  for (let g = 0; g < groups; g++, p += bytes, slopes += bytes) {
    let sums = f64x2.splat(0);
    for (let k: usize = 0; k < vectors; k += 16) sums = f64x2.add(sums, v128.load(slopes + k));
    let total = laneSum(sums);
    if (vectors < bytes) total += f64.load(slopes + vectors);
    const totals = f64x2.splat(total);
    for (let k: usize = 0; k < vectors; k += 16) {
      v128.store(slopes + k, f64x2.sub(v128.load(slopes + k), f64x2.mul(v128.load(p + k), totals)));
    }
    if (vectors < bytes) f64.store(slopes + vectors, f64.load(slopes + vectors) - f64.load(p + vectors) * total);
  }
}

/** Adam with decoupled weight decay, and the pass over the gradients before it. */
import { doubleSum, promoteHigh } from "./vector";

/** Σ g² in float64: not finite exactly where a gradient is not. */
export function squares(n: i32, g: usize): f64 {
  const end = g + (<usize>n << 2), vectors = g + ((<usize>n << 2) & ~15);
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (; g < vectors; g += 16) {
    const v = v128.load(g);
    const a = f64x2.promote_low_f32x4(v), b = promoteHigh(v);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  let total = doubleSum(f64x2.add(low, high));
  for (; g < end; g += 4) total += <f64>load<f32>(g) * <f64>load<f32>(g);
  return total;
}

/**
 * m ← β1·m + fresh1·c·g, v ← β2·v + fresh2·(c·g)², p ← keep·p − rate·m / (√(v·unbias) + ε), in place.
 *
 * `fresh1` is 1 − β1, rounded once; `scale` is c, what clipping leaves of the gradient; `rate` holds the bias correction of m, `unbias` that of v, and
 * `keep` what weight decay leaves of a parameter.
 */
export function adamw(
  n: i32, p: usize, m: usize, v: usize, g: usize,
  beta1: f32, fresh1: f32, beta2: f32, fresh2: f32, scale: f32, rate: f32, unbias: f32, epsilon: f32, keep: f32,
): void {
  const end = p + (<usize>n << 2), vectors = p + ((<usize>n << 2) & ~15);
  const b1 = f32x4.splat(beta1), b2 = f32x4.splat(beta2), c = f32x4.splat(scale), e = f32x4.splat(epsilon);
  const o1 = f32x4.splat(fresh1), o2 = f32x4.splat(fresh2);
  const a = f32x4.splat(rate), u = f32x4.splat(unbias), k = f32x4.splat(keep);
  while (p < end) {
    const whole = p < vectors;
    const slope = f32x4.mul(c, whole ? v128.load(g) : v128.load32_splat(g));
    const first = f32x4.add(
      f32x4.mul(b1, whole ? v128.load(m) : v128.load32_splat(m)),
      f32x4.mul(o1, slope),
    );
    const second = f32x4.add(
      f32x4.mul(b2, whole ? v128.load(v) : v128.load32_splat(v)),
      f32x4.mul(o2, f32x4.mul(slope, slope)),
    );
    const step = f32x4.div(f32x4.mul(a, first), f32x4.add(f32x4.sqrt(f32x4.mul(second, u)), e));
    const moved = f32x4.sub(f32x4.mul(k, whole ? v128.load(p) : v128.load32_splat(p)), step);
    if (whole) {
      v128.store(m, first);
      v128.store(v, second);
      v128.store(p, moved);
    } else {
      v128.store_lane<f32>(m, first, 0);
      v128.store_lane<f32>(v, second, 0);
      v128.store_lane<f32>(p, moved, 0);
    }
    const by: usize = whole ? 16 : 4;
    p += by;
    m += by;
    v += by;
    g += by;
  }
}

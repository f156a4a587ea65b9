/** Functions of single numbers over arrays of `n`. */
import { expDoubles, expFloats, log1pDoubles, logDoubles } from "./math";
import { demote, promoteHigh } from "./vector";

/** y = e^x. */
export function exp(n: i32, x: usize, y: usize): void {
  const end = x + (<usize>n << 2), vectors = x + ((<usize>n << 2) & ~15);
  for (; x < vectors; x += 16, y += 16) v128.store(y, expFloats(v128.load(x)));
  for (; x < end; x += 4, y += 4) v128.store_lane<f32>(y, expFloats(v128.load32_splat(x)), 0);
}

/** y = log x. */
export function log(n: i32, x: usize, y: usize): void {
  const end = x + (<usize>n << 2), vectors = x + ((<usize>n << 2) & ~15);
  for (; x < vectors; x += 16, y += 16) v128.store(y, logFloats(v128.load(x)));
  for (; x < end; x += 4, y += 4) v128.store_lane<f32>(y, logFloats(v128.load32_splat(x)), 0);
}

// @ts-ignore: decorator
@inline
function logFloats(v: v128): v128 {
  return demote(logDoubles(f64x2.promote_low_f32x4(v)), logDoubles(promoteHigh(v)));
}

/** y = sign·log(1 + e^{sign·x}): softplus for sign = 1, log σ for sign = −1. */
export function softplus(n: i32, sign: f64, x: usize, y: usize): void {
  const end = x + (<usize>n << 2), vectors = x + ((<usize>n << 2) & ~15);
  const s = f64x2.splat(sign);
  for (; x < vectors; x += 16, y += 16) v128.store(y, softplusFloats(v128.load(x), s));
  for (; x < end; x += 4, y += 4) v128.store_lane<f32>(y, softplusFloats(v128.load32_splat(x), s), 0);
}

// @ts-ignore: decorator
@inline
function softplusFloats(x: v128, sign: v128): v128 {
  return demote(
    f64x2.mul(sign, softplusDoubles(f64x2.mul(sign, f64x2.promote_low_f32x4(x)))),
    f64x2.mul(sign, softplusDoubles(f64x2.mul(sign, promoteHigh(x)))),
  );
}

/** max(x, 0) + log(1 + e^{−|x|}). */
// @ts-ignore: decorator
@inline
export function softplusDoubles(x: v128): v128 {
  return f64x2.add(f64x2.pmax(x, f64x2.splat(0)), log1pDoubles(expDoubles(f64x2.neg(f64x2.abs(x)))));
}

/** dx = dy·σ(sign·x), the gradient of `softplus`. */
export function softplusGrad(n: i32, sign: f64, x: usize, dy: usize, dx: usize): void {
  const end = x + (<usize>n << 2), vectors = x + ((<usize>n << 2) & ~15);
  const s = f64x2.splat(sign);
  for (; x < vectors; x += 16, dy += 16, dx += 16) {
    v128.store(dx, f32x4.mul(v128.load(dy), sigmoidFloats(v128.load(x), s)));
  }
  for (; x < end; x += 4, dy += 4, dx += 4) {
    v128.store_lane<f32>(dx, f32x4.mul(v128.load32_splat(dy), sigmoidFloats(v128.load32_splat(x), s)), 0);
  }
}

// @ts-ignore: decorator
@inline
function sigmoidFloats(x: v128, sign: v128): v128 {
  return demote(
    sigmoidDoubles(f64x2.mul(sign, f64x2.promote_low_f32x4(x))),
    sigmoidDoubles(f64x2.mul(sign, promoteHigh(x))),
  );
}

/** σ(x): 1 / (1 + e^{−|x|}) from 0 on, and that times e^{−|x|} below. */
// @ts-ignore: decorator
@inline
export function sigmoidDoubles(x: v128): v128 {
  const e = expDoubles(f64x2.neg(f64x2.abs(x))), one = f64x2.splat(1.0);
  return f64x2.div(v128.bitselect(e, one, f64x2.lt(x, f64x2.splat(0))), f64x2.add(one, e));
}

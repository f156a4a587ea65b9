/**
 * Exponentials and logarithms in vector lanes: polynomials (minimax fits) after the usual range reductions, without tables,
 * which would be static data. NaN stays NaN; ±∞ and denormals are as in C's libm. Float64 lanes are for results that
 * are rounded to float32: a hundred thousand times as accurate, not to their own last place.
 */
import { madd } from "./vector";

/** e^x in four float32 lanes, within 1.5 ulp; denormal results too. */
// @ts-ignore: decorator
@inline
export function expFloats(x: v128): v128 {
  // Beyond these bounds the result is 0 or ∞ already, and 2^n below stays in range. (The argument comes first: NaN stays.)
  const v = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104.0)), f32x4.splat(89.0));
  // n, the nearest integer to v/ln 2, in the low bits of a float whose last place is 1.
  const magic = f32x4.splat(12582912.0);
  const shifted = madd(v, f32x4.splat(1.44269504088896340736), magic);
  const n = f32x4.sub(shifted, magic);
  // r = v − n·ln 2, with ln 2 in two parts of which the first has few bits: n times it is exact.
  let r = madd(n, f32x4.splat(-0.693359375), v);
  r = madd(n, f32x4.splat(2.12194440054690583e-4), r);
  let q = f32x4.splat(0.0013814596459269524);
  q = madd(q, r, f32x4.splat(0.0083687175065279));
  q = madd(q, r, f32x4.splat(0.04166838899254799));
  q = madd(q, r, f32x4.splat(0.1666652113199234));
  q = madd(q, r, f32x4.splat(0.4999999403953552));
  const p = f32x4.add(f32x4.splat(1.0), madd(f32x4.mul(r, r), q, r));
  // 2^n in two factors: the second one rounds a denormal result once and overflows to ∞ by itself.
  const whole = i32x4.sub(shifted, magic);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerFloats(half)), powerFloats(i32x4.sub(whole, half)));
}

/** 2^n for n in −126 .. 127. */
// @ts-ignore: decorator
@inline
function powerFloats(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^x in two float64 lanes for x <= 0, within 2e-12 of itself, and no more than 1e-307 where it is less. */
// @ts-ignore: decorator
@inline
export function expDoubles(x: v128): v128 {
  const v = f64x2.pmax(x, f64x2.splat(-708.0));
  const magic = f64x2.splat(6755399441055744.0);
  const shifted = f64x2.add(f64x2.mul(v, f64x2.splat(1.4426950408889634)), magic);
  const n = f64x2.sub(shifted, magic);
  let r = f64x2.sub(v, f64x2.mul(n, f64x2.splat(6.93147180369123816490e-1)));
  r = f64x2.sub(r, f64x2.mul(n, f64x2.splat(1.90821492927058770002e-10)));
  let q = f64x2.splat(2.4708268570400668e-05);
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(0.00019908952992760736));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(0.0013889197259914748));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(0.008333281786642012));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(0.0416666644036573));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(0.16666666784515644));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(0.5000000000427168));
  const p = f64x2.add(f64x2.splat(1.0), f64x2.add(r, f64x2.mul(f64x2.mul(r, r), q)));
  return f64x2.mul(p, i64x2.shl(i64x2.add(i64x2.sub(shifted, magic), i64x2.splat(1023)), 52));
}

/** log x in two float64 lanes for x >= 0 that are no denormals, within 1e-11; log 0 = −∞, log ∞ = ∞, below 0 NaN. */
// @ts-ignore: decorator
@inline
export function logDoubles(x: v128): v128 {
  // x = 2^e·m with m in [√½, √2): then log m = 2 artanh s, s = (m − 1)/(m + 1).
  const shifted = i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd));
  const whole = i64x2.shr_s(shifted, 52);
  const m = i64x2.sub(x, i64x2.shl(whole, 52));
  const one = f64x2.splat(1.0);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  // Lanes hold small integers: their low halves, side by side, convert to float64.
  const e = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(whole, whole, 0, 2, 0, 2));
  const log = f64x2.add(
    f64x2.mul(e, f64x2.splat(6.93147180369123816490e-1)),
    f64x2.add(twiceArtanh(s), f64x2.mul(e, f64x2.splat(1.90821492927058770002e-10))),
  );
  const top = v128.bitselect(x, log, f64x2.eq(x, f64x2.splat(Infinity)));
  const bottom = v128.bitselect(f64x2.splat(-Infinity), top, f64x2.eq(x, f64x2.splat(0)));
  return v128.bitselect(f64x2.splat(NaN), bottom, v128.not(f64x2.ge(x, f64x2.splat(0))));
}

/** 2 artanh s = 2s + 2s³(1/3 + s²/5 + ...) for |s| <= 0.1716. */
// @ts-ignore: decorator
@inline
function twiceArtanh(s: v128): v128 {
  const z = f64x2.mul(s, s);
  let r = f64x2.splat(0.11791498692053719);
  r = f64x2.add(f64x2.mul(r, z), f64x2.splat(0.14268633311154946));
  r = f64x2.add(f64x2.mul(r, z), f64x2.splat(0.20000167902563198));
  r = f64x2.add(f64x2.mul(r, z), f64x2.splat(0.33333332821483475));
  const twice = f64x2.add(s, s);
  return f64x2.add(twice, f64x2.mul(f64x2.mul(twice, z), r));
}

/** log(1 + y) = 2 artanh(y/(2 + y)) in two float64 lanes for y in 0 .. 1, within 4e-12 of itself. */
// @ts-ignore: decorator
@inline
export function log1pDoubles(y: v128): v128 {
  const s = f64x2.div(y, f64x2.add(y, f64x2.splat(2.0)));
  const z = f64x2.mul(s, s);
  let r = f64x2.splat(0.10896601457197226);
  r = f64x2.add(f64x2.mul(r, z), f64x2.splat(0.08573803580993283));
  r = f64x2.add(f64x2.mul(r, z), f64x2.splat(0.11150763634583244));
  r = f64x2.add(f64x2.mul(r, z), f64x2.splat(0.14284197367545806));
  r = f64x2.add(f64x2.mul(r, z), f64x2.splat(0.20000026514797323));
  r = f64x2.add(f64x2.mul(r, z), f64x2.splat(0.333333331794637));
  const twice = f64x2.add(s, s);
  return f64x2.add(twice, f64x2.mul(f64x2.mul(twice, z), r));
}

/** The logarithm of one float64. */
// @ts-ignore: decorator
@inline
export function logDouble(x: f64): f64 {
  return f64x2.extract_lane(logDoubles(f64x2.splat(x)), 0);
}

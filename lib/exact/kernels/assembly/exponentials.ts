/**
 * e^x and log x of many numbers, of our own: the same bits on every processor, and two at a time.
 *
 * e^x = 2^k e^r with k the integer nearest to x/ln 2 and |r| <= ln 2 / 2, where 1 + r + r² q(r) is within 2e-17 of e^r: q
 * has degree 9 and is the Chebyshev fit there, by mpmath 1.4's `chebyfit` of (e^r − 1 − r)/r². What would be below 2^-1022 is 2^-1022 or so; NaN stays NaN.
 */
import { lanes, madd } from "./vector";

/** Of ln 2, the part with 32 zeros at its end, so that k times it is exact, and the rest. */
const LN2_HIGH: f64 = 6.93147180369123816490e-1, LN2_LOW: f64 = 1.90821492927058770002e-10;

/** y = e^(sign·x) over n numbers, n even; y may be x. */
// @ts-ignore: decorator
@inline
export function expRow(n: i32, sign: f64, x: usize, y: usize): void {
  const log2e = lanes(1.4426950408889634), magic = lanes(6755399441055744), unit = lanes(1);
  const lowest = lanes(-708), highest = lanes(709), high = lanes(-LN2_HIGH), low = lanes(-LN2_LOW);
  const c2 = lanes(0.5000000000000001), c3 = lanes(0.16666666666666669), c4 = lanes(0.04166666666662413);
  const c5 = lanes(0.008333333333330062), c6 = lanes(0.0013888888917213717), c7 = lanes(0.00019841269863053618);
  const c8 = lanes(2.4801521295954376e-5), c9 = lanes(2.7557268459997064e-6), c10 = lanes(2.7620088445409746e-7);
  const c11 = lanes(2.510038549551032e-8);
  const signs = lanes(sign), end = x + (<usize>n << 3);
  for (; x < end; x += 16, y += 16) {
    let v = v128.load(x);
    if (sign != 1) v = f64x2.mul(v, signs);
    v = f64x2.pmin(f64x2.pmax(v, lowest), highest);
    // The integer nearest to v/ln 2, in the low bits of a float64 whose last place is 1.
    const shifted = madd(v, log2e, magic), k = f64x2.sub(shifted, magic);
    const r = madd(k, low, madd(k, high, v)), r2 = f64x2.mul(r, r), r4 = f64x2.mul(r2, r2);
    // The polynomial in pairs of terms, which do not wait for each other.
    const p0 = madd(c3, r, c2), p1 = madd(c5, r, c4), p2 = madd(c7, r, c6), p3 = madd(c9, r, c8);
    const p4 = madd(c11, r, c10), q0 = madd(p1, r2, p0), q1 = madd(p3, r2, p2);
    const series = madd(r2, madd(madd(p4, r4, q1), r4, q0), r);
    // 1 last, for the least rounding; then k is added to the exponent, and the bits of `magic` leave by the upper end.
    v128.store(y, i64x2.add(f64x2.add(series, unit), i64x2.shl(shifted, 52)));
  }
}

/** y = e^x over n numbers, n even; y may be x. */
export function exps(n: i32, x: usize, y: usize): void {
  expRow(n, 1, x, y);
}

/**
 * log x of n numbers in place, n even, each normal and above 0: x = 2^k m with m from √½ to √2, and log m by the series of
 * 2 artanh((m − 1)/(m + 1)), whose terms after the eleventh are below 1e-19.
 */
// @ts-ignore: decorator
@inline
export function logRow(n: i32, x: usize): void {
  const half = lanes(0.5), unit = lanes(1), two = lanes(2), root = lanes(1.4142135623730951);
  const high = lanes(LN2_HIGH), low = lanes(LN2_LOW), end = x + (<usize>n << 3);
  const mantissa = i64x2.splat(0x000f_ffff_ffff_ffff), exponent = i64x2.splat(0x3ff0_0000_0000_0000);
  // An integer below 2^51 in the low bits of a float64 whose last place is 1, less that float64.
  const magic = i64x2.splat(0x4330_0000_0000_0000), bias = lanes(4503599627370496 + 1023);
  for (; x < end; x += 16) {
    const v = v128.load(x), whole = v128.or(v128.and(v, mantissa), exponent);
    let k = f64x2.sub(v128.or(i64x2.shr_u(v, 52), magic), bias);
    const large = f64x2.gt(whole, root);
    const m = v128.bitselect(f64x2.mul(whole, half), whole, large);
    k = f64x2.add(k, v128.and(large, unit));
    const f = f64x2.sub(m, unit), s = f64x2.div(f, f64x2.add(m, unit)), z = f64x2.mul(s, s);
    let series = lanes(1 / 23.);
    series = madd(series, z, lanes(1 / 21.));
    series = madd(series, z, lanes(1 / 19.));
    series = madd(series, z, lanes(1 / 17.));
    series = madd(series, z, lanes(1 / 15.));
    series = madd(series, z, lanes(1 / 13.));
    series = madd(series, z, lanes(1 / 11.));
    series = madd(series, z, lanes(1 / 9.));
    series = madd(series, z, lanes(1 / 7.));
    series = madd(series, z, lanes(1 / 5.));
    series = madd(series, z, lanes(1 / 3.));
    const two_s = f64x2.mul(two, s);
    const logM = madd(f64x2.mul(two_s, z), series, two_s);
    v128.store(x, madd(k, high, madd(k, low, logM)));
  }
}

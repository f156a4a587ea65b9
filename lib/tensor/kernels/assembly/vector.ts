/** Four lanes of float32: what every kernel is written with. */

/** a·b + c in each lane: one rounding where the engine has fused multiply-add, two where it has not. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the four lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function laneSum(v: v128): f32 {
  return (
    (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** Sum of two lanes of float64. */
// @ts-ignore: decorator
@inline
export function doubleSum(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** The upper two of four float32 lanes, as float64; the lower two are `f64x2.promote_low_f32x4`. */
// @ts-ignore: decorator
@inline
export function promoteHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
}

/** Four float32 lanes from two pairs of float64 lanes, each rounded once. */
// @ts-ignore: decorator
@inline
export function demote(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** 1, which the compiler does not know: a host could change it. */
export let one: f32 = 1;

/**
 * A constant in four lanes, to be made before a loop. One that the compiler sees through would be put together anew at
 * every turn, from general registers: exponentials would take twice as long.
 */
// @ts-ignore: decorator
@inline
export function lanes(value: f32): v128 {
  return f32x4.splat(value * one);
}

/** The first 4, 8 or 12 bytes of a vector, zeros behind. */
// @ts-ignore: decorator
@inline
export function loadSome(at: usize, bytes: usize): v128 {
  if (bytes == 4) return v128.load32_zero(at);
  const pair = v128.load64_zero(at);
  return bytes == 8 ? pair : v128.load_lane<u32>(at, pair, 2, 8);
}

/** Stores what {@link loadSome} loads. */
// @ts-ignore: decorator
@inline
export function storeSome(at: usize, v: v128, bytes: usize): void {
  if (bytes == 4) v128.store_lane<u32>(at, v, 0);
  else {
    v128.store_lane<u64>(at, v, 0);
    if (bytes == 12) v128.store_lane<u32>(at, v, 2, 8);
  }
}

/** Ones in all bits of the first 4, 8 or 12 bytes. */
// @ts-ignore: decorator
@inline
export function firstLanes(bytes: usize): v128 {
  return i32x4.lt_s(i32x4(0, 4, 8, 12), i32x4.splat(<i32>bytes));
}

/** Zeros over a few numbers: filling memory by a call to the engine takes longer. */
// @ts-ignore: decorator
@inline
export function clear(at: usize, bytes: usize): void {
  const vectors = bytes & ~15;
  let k: usize = 0;
  for (; k < vectors; k += 16) v128.store(at + k, f32x4.splat(0));
  if (k < bytes) storeSome(at + k, f32x4.splat(0), bytes - k);
}

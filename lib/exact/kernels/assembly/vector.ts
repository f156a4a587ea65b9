/** Two lanes of float64: what every kernel is written with. No fused multiply-add, which some processors round otherwise. */

/** 1, which the compiler does not know: a host could change it. */
export let one: f64 = 1;

/** A constant in both lanes, to be made before a loop: one that the compiler sees through is put together anew at every turn. */
// @ts-ignore: decorator
@inline
export function lanes(value: f64): v128 {
  return f64x2.splat(value * one);
}

/** Sum of both lanes. */
// @ts-ignore: decorator
@inline
export function laneSum(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** a·b + c in each lane, rounded twice. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

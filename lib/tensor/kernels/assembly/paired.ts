/** The logistic loss of pairs of responses, from log-probabilities. */
import { sigmoidDoubles, softplusDoubles } from "./elementwise";

/** Two float32 numbers as float64; one of them where only one is left. */
// @ts-ignore: decorator
@inline
function load2(at: usize, whole: bool): v128 {
  return f64x2.promote_low_f32x4(whole ? v128.load64_zero(at) : v128.load32_zero(at));
}

// @ts-ignore: decorator
@inline
function store2(at: usize, value: v128, whole: bool): void {
  const floats = f32x4.demote_f64x2_zero(value);
  if (whole) v128.store64_lane(at, floats, 0);
  else v128.store32_lane(at, floats, 0);
}

/** −x = β((b − rb) − (a − ra)) of two pairs. */
// @ts-ignore: decorator
@inline
function minusMargin(beta: f64, a: v128, b: v128, ra: v128, rb: v128): v128 {
  return f64x2.mul(f64x2.splat(beta), f64x2.sub(f64x2.sub(b, rb), f64x2.sub(a, ra)));
}

/** loss = log(1 + e^{−x}) + ε·x. */
export function pairedLogistic(
  n: i32, beta: f64, smoothing: f64, a: usize, b: usize, ra: usize, rb: usize, loss: usize,
): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 8) {
    const whole = k + 4 < <usize>n << 2;
    const minus = minusMargin(
      beta, load2(a + k, whole), load2(b + k, whole), load2(ra + k, whole), load2(rb + k, whole),
    );
    store2(loss + k, f64x2.sub(softplusDoubles(minus), f64x2.mul(f64x2.splat(smoothing), minus)), whole);
  }
}

/** da = dy·β·(ε − σ(−x)), db = −da. */
export function pairedLogisticGrad(
  n: i32, beta: f64, smoothing: f64, a: usize, b: usize, ra: usize, rb: usize, dy: usize, da: usize, db: usize,
): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 8) {
    const whole = k + 4 < <usize>n << 2;
    const minus = minusMargin(
      beta, load2(a + k, whole), load2(b + k, whole), load2(ra + k, whole), load2(rb + k, whole),
    );
    const share = f64x2.sub(f64x2.splat(smoothing), sigmoidDoubles(minus));
    const slope = f64x2.mul(f64x2.mul(load2(dy + k, whole), f64x2.splat(beta)), share);
    store2(da + k, slope, whole);
    store2(db + k, f64x2.neg(slope), whole);
  }
}

/**
 * Exponentials of a row: where softmax, its gradient and the logistic function spend their time.
 *
 * e^v is 2^w with w = v·log2 e, rounded to float32 before its fraction is taken: that moves it by |v|·2⁻²⁴ of itself, no
 * more than the rounding of a float32 v has done already. Results stay within 2⁻¹²⁶ .. 2¹²⁷; NaN stays NaN.
 */
import { doubleSum, firstLanes, laneSum, lanes, loadSome, madd, promoteHigh, storeSome } from "./vector";

const LOG2E: f32 = 1.44269504088896340736;

/** y = e^{scale·(x − top)} for exponents <= 0, over `bytes` bytes; y may be x. Returns the sum. */
export function expShifted(bytes: usize, scale: f32, top: f32, x: usize, y: usize): f32 {
  return <f32>expRow(SHIFTED, bytes, scale * LOG2E, top, 0, x, y);
}

/** Σ e^{x − top} for exponents <= 0, added up in float64. */
export function expSum(bytes: usize, top: f32, x: usize): f64 {
  return expRow(SUM, bytes, LOG2E, top, 0, x, x);
}

/** y = e^{x − top} for exponents <= 0. Returns the sum, added up in float64. */
export function expWeights(bytes: usize, top: f32, x: usize, y: usize): f64 {
  return expRow(WEIGHTS, bytes, LOG2E, top, 0, x, y);
}

/** y = e^{(x − top) − rest} for exponents <= 1. */
export function expNormalised(bytes: usize, top: f32, rest: f32, x: usize, y: usize): void {
  expRow(NORMALISED, bytes, LOG2E, top, rest, x, y);
}

/** y = e^{−x}. */
export function expMinus(bytes: usize, x: usize, y: usize): void {
  expRow(MINUS, bytes, -LOG2E, 0, 0, x, y);
}

const SHIFTED = 0, SUM = 1, NORMALISED = 2, MINUS = 3, WEIGHTS = 4;

// @ts-ignore: decorator
@inline
function expRow(kind: i32, bytes: usize, scale: f32, top: f32, rest: f32, x: usize, y: usize): f64 {
  const scales = f32x4.splat(scale), tops = f32x4.splat(top), rests = f32x4.splat(rest);
  const lowest = lanes(-126), highest = lanes(127), magic = lanes(12582912), unit = lanes(1);
  const c1 = lanes(0.6931471824645996), c2 = lanes(0.24022650718688965), c3 = lanes(0.055503569543361664);
  const c4 = lanes(0.009618083015084267), c5 = lanes(0.0013390863314270973), c6 = lanes(0.00015453163359779865);
  const vectors = bytes & ~15;
  let sum = f32x4.splat(0), low = sum, high = sum;
  for (let k: usize = 0; k < bytes; k += 16) {
    const left = bytes - k, isWhole = k < vectors;
    let w = isWhole ? v128.load(x + k) : loadSome(x + k, left);
    if (kind != MINUS) w = f32x4.sub(w, tops);
    if (kind == NORMALISED) w = f32x4.sub(w, rests);
    w = f32x4.pmax(f32x4.mul(w, scales), lowest);
    if (kind == MINUS) w = f32x4.pmin(w, highest);
    // The integer nearest to w, in the low bits of a float whose last place is 1.
    const shifted = f32x4.add(w, magic);
    const f = f32x4.sub(w, f32x4.sub(shifted, magic));
    const q = madd(madd(madd(madd(madd(c6, f, c5), f, c4), f, c3), f, c2), f, c1);
    // The bits of `magic` leave by the upper end.
    let e = f32x4.mul(madd(q, f, unit), i32x4.add(i32x4.shl(shifted, 23), unit));
    if (!isWhole) e = v128.and(e, firstLanes(left));
    if (kind == SHIFTED) sum = f32x4.add(sum, e);
    if (kind == SUM || kind == WEIGHTS) {
      low = f64x2.add(low, f64x2.promote_low_f32x4(e));
      high = f64x2.add(high, promoteHigh(e));
    }
    if (kind != SUM) {
      if (isWhole) v128.store(y + k, e);
      else storeSome(y + k, e, left);
    }
  }
  return kind == SUM || kind == WEIGHTS ? doubleSum(f64x2.add(low, high)) : <f64>laneSum(sum);
}

/** The logistic loss of pairs of responses, from log-probabilities. */
import { sigmoidDoubles, softplusDoubles } from "./elementwise";

/** x = β((a − ra) − (b − rb)) of pair at byte k, in float64. */
// @ts-ignore: decorator
@inline
function margin(beta: f64, a: usize, b: usize, ra: usize, rb: usize): f64 {
  return beta * ((<f64>load<f32>(a) - <f64>load<f32>(ra)) - (<f64>load<f32>(b) - <f64>load<f32>(rb)));
}

/** loss = log(1 + e^{−x}) + ε·x. */
export function pairedLogistic(
  n: i32, beta: f64, smoothing: f64, a: usize, b: usize, ra: usize, rb: usize, loss: usize,
): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    const x = margin(beta, a + k, b + k, ra + k, rb + k);
    const value = f64x2.extract_lane(softplusDoubles(f64x2.splat(-x)), 0) + smoothing * x;
    store<f32>(loss + k, <f32>value);
  }
}

/** da = dy·β·(ε − σ(−x)), db = −da. */
export function pairedLogisticGrad(
  n: i32, beta: f64, smoothing: f64, a: usize, b: usize, ra: usize, rb: usize, dy: usize, da: usize, db: usize,
): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    const x = margin(beta, a + k, b + k, ra + k, rb + k);
    const slope = <f64>load<f32>(dy + k) * beta * (smoothing - f64x2.extract_lane(sigmoidDoubles(f64x2.splat(-x)), 0));
    store<f32>(da + k, <f32>slope);
    store<f32>(db + k, -<f32>slope);
  }
}

/**
 * The parts of causal attention between its matrix products, on one head's scores at a time: `length` rows of
 * `before` + `length`, of which row t sees the first `before` + t + 1.
 */
import { expShifted } from "./exp_row";
import { rowMax } from "./log_softmax";
import { clear, laneSum, loadSome, madd, storeSome } from "./vector";

/** Row t becomes the softmax of scale times what it sees, and 0 behind, in place. */
export function causalSoftmax(length: i32, before: i32, scale: f32, p: usize): void {
  const stride = <usize>(before + length) << 2;
  for (let bytes = <usize>(before + 1) << 2; bytes <= stride; bytes += 4) {
    const vectors = bytes & ~15;
    const shares = f32x4.splat(1 / expShifted(bytes, scale, rowMax(p, bytes), p, p));
    let k: usize = 0;
    for (; k < vectors; k += 16) v128.store(p + k, f32x4.mul(v128.load(p + k), shares));
    if (k < bytes) storeSome(p + k, f32x4.mul(loadSome(p + k, bytes - k), shares), bytes - k);
    clear(p + bytes, stride - bytes);
    p += stride;
  }
}

/** ds = scale·p·(dp − Σ p·dp) in what row t sees and 0 behind, in place of dp. */
export function causalSoftmaxGrad(length: i32, before: i32, scale: f32, p: usize, dp: usize): void {
  const stride = <usize>(before + length) << 2;
  const scales = f32x4.splat(scale);
  for (let bytes = <usize>(before + 1) << 2; bytes <= stride; bytes += 4) {
    const vectors = bytes & ~15;
    let dots = f32x4.splat(0);
    let k: usize = 0;
    for (; k < vectors; k += 16) dots = madd(v128.load(p + k), v128.load(dp + k), dots);
    const left = bytes - k;
    if (left > 0) dots = madd(loadSome(p + k, left), loadSome(dp + k, left), dots);
    const dot = f32x4.splat(laneSum(dots));
    for (k = 0; k < vectors; k += 16) {
      v128.store(dp + k, f32x4.mul(f32x4.mul(scales, v128.load(p + k)), f32x4.sub(v128.load(dp + k), dot)));
    }
    if (left > 0) {
      const share = f32x4.mul(scales, loadSome(p + k, left));
      storeSome(dp + k, f32x4.mul(share, f32x4.sub(loadSome(dp + k, left), dot)), left);
    }
    clear(dp + bytes, stride - bytes);
    p += stride;
    dp += stride;
  }
}

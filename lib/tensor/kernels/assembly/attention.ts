/** The parts of causal attention between its matrix products, on one head's `length` x `length` scores at a time. */
import { rowMax } from "./log_softmax";
import { expFloats } from "./math";
import { laneSum } from "./vector";

/** Row t becomes the softmax of scale times its first t + 1 numbers, and 0 behind, in place. */
export function causalSoftmax(length: i32, scale: f32, p: usize): void {
  const stride = <usize>length << 2;
  const scales = f32x4.splat(scale);
  for (let bytes: usize = 4; bytes <= stride; bytes += 4) {
    const vectors = bytes & ~15;
    const top = f32x4.splat(rowMax(p, bytes));
    let sums = f32x4.splat(0);
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      const e = expFloats(f32x4.mul(scales, f32x4.sub(v128.load(p + k), top)));
      v128.store(p + k, e);
      sums = f32x4.add(sums, e);
    }
    let total = laneSum(sums);
    for (; k < bytes; k += 4) {
      const e = expFloats(f32x4.mul(scales, f32x4.sub(v128.load32_splat(p + k), top)));
      v128.store_lane<f32>(p + k, e, 0);
      total += f32x4.extract_lane(e, 0);
    }
    const share: f32 = 1 / total;
    const shares = f32x4.splat(share);
    for (k = 0; k < vectors; k += 16) v128.store(p + k, f32x4.mul(v128.load(p + k), shares));
    for (; k < bytes; k += 4) store<f32>(p + k, load<f32>(p + k) * share);
    memory.fill(p + bytes, 0, stride - bytes);
    p += stride;
  }
}

/** ds = scale·p·(dp − Σ p·dp) in the first t + 1 numbers of row t and 0 behind, in place of dp. */
export function causalSoftmaxGrad(length: i32, scale: f32, p: usize, dp: usize): void {
  const stride = <usize>length << 2;
  const scales = f32x4.splat(scale);
  for (let bytes: usize = 4; bytes <= stride; bytes += 4) {
    const vectors = bytes & ~15;
    let dots = f32x4.splat(0);
    let k: usize = 0;
    for (; k < vectors; k += 16) dots = f32x4.add(dots, f32x4.mul(v128.load(p + k), v128.load(dp + k)));
    let dot = laneSum(dots);
    for (; k < bytes; k += 4) dot += load<f32>(p + k) * load<f32>(dp + k);
    const minus = f32x4.splat(dot);
    for (k = 0; k < vectors; k += 16) {
      v128.store(dp + k, f32x4.mul(f32x4.mul(scales, v128.load(p + k)), f32x4.sub(v128.load(dp + k), minus)));
    }
    for (; k < bytes; k += 4) store<f32>(dp + k, scale * load<f32>(p + k) * (load<f32>(dp + k) - dot));
    memory.fill(dp + bytes, 0, stride - bytes);
    p += stride;
    dp += stride;
  }
}
